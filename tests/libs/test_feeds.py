"""Feed contracts: the two that ship, and what is said of one that contradicts itself."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from libs.errors import ContractError
from libs.feeds import load_contracts
from libs.pathways.canonical import CODES, SECTIONS
from libs.settings import conf_folder

Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def fault_of(tmp_path: Path) -> Callable[[Change], ContractError]:
    """The error of the SCR contract after one change to it."""
    shipped = yaml.safe_load((conf_folder() / "feeds" / "scr.yml").read_text(encoding="utf-8"))

    def load(change: Change) -> ContractError:
        changed = copy.deepcopy(shipped)
        change(changed)
        (tmp_path / "feeds").mkdir()
        (tmp_path / "feeds" / "scr.yml").write_text(yaml.safe_dump(changed), encoding="utf-8")
        with pytest.raises(ContractError) as raised:
            load_contracts(tmp_path)
        return raised.value

    return load


def test_both_registers_have_a_contract_that_loads() -> None:
    contracts = load_contracts(conf_folder())
    assert sorted(contracts) == ["infoflex", "scr"]
    assert {system: len(contract.columns) for system, contract in contracts.items()} == {"infoflex": 63, "scr": 63}
    assert {contract.closed_days for contract in contracts.values()} == {90}


def test_the_two_dialects_are_those_of_the_registers() -> None:
    contracts = load_contracts(conf_folder())
    dialects = {name: (c.dialect.delimiter, c.dialect.encoding) for name, c in contracts.items()}
    assert dialects == {"scr": (",", "utf-8"), "infoflex": ("|", "windows-1252")}


def test_the_row_keys_are_pathway_and_treatment() -> None:
    contracts = load_contracts(conf_folder())
    assert contracts["scr"].row_key == ("CARE_ID", "TREAT_NO")
    assert contracts["infoflex"].row_key == ("Pathway No", "Tx Seq")


def test_words_are_compared_trimmed_and_in_capitals() -> None:
    assert load_contracts(conf_folder())["infoflex"].words("urgency") == {"2WW": "3", "URGENT": "2", "ROUTINE": "1"}


def test_every_code_list_belongs_to_a_canonical_column() -> None:
    assert set(CODES) <= {name for schema in SECTIONS.values() for name in schema.names}


def test_a_folder_without_contracts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="no feed contract found"):
        load_contracts(tmp_path)


def test_a_contract_that_is_not_yaml_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "feeds").mkdir()
    (tmp_path / "feeds" / "scr.yml").write_text("system: scr\nmaps: {\n", encoding="utf-8")
    with pytest.raises(ContractError, match=r"not valid YAML \(file=feeds/scr.yml, line=3\)"):
        load_contracts(tmp_path)


def test_a_file_must_be_named_after_its_system(fault_of: Callable[[Change], ContractError]) -> None:
    fault = fault_of(lambda contract: contract.update(system="somerset"))
    assert "the file isn't named after its system" in str(fault)


def _set(path: str, value: Any) -> Change:
    """A change that puts a value at a dotted path; None removes the entry."""
    *parents, last = path.split(".")

    def change(contract: dict[str, Any]) -> None:
        section = contract
        for parent in parents:
            section = section[parent]
        if value is None:
            del section[last]
        else:
            section[last] = value

    return change


FAULTS = [
    ("fields.patient.sex.from", "GENDER", "patient.sex", "'GENDER' is no source column"),
    ("fields.patient.sex.map", "sexes", "patient.sex", "there is no map 'sexes'"),
    ("fields.patient.sex", None, "columns.SEX", "a source column is not used"),
    ("fields.patient.shoe_size", {"from": "SEX", "as": "text"}, "patient.shoe_size", "maps no such canonical column"),
    ("fields.referral", {}, "fields.referral", "there is no such section"),
    ("fields.patient.born_on.as", "text", "patient.born_on", "it can't be read as text"),
    ("fields.patient.phone.as", "date", "patient.phone", "it can't be read as date"),
    ("fields.patient.phone.as", "number", "fields.patient.phone.0.as", "Input should be 'text', 'code'"),
    ("fields.patient.phone.pad", 2, "fields.patient.phone.0", "'map' and 'pad' need 'as: code'"),
    ("fields.patient.sex.pattern", "(.)", "fields.patient.sex.0", "'pattern' needs 'as: text'"),
    ("fields.patient.sex.pivot", 20, "fields.patient.sex.0", "'pivot' needs 'as: date' or 'as: timestamp'"),
    ("fields.patient.sex.value", "1", "fields.patient.sex.0", "give either 'from' with 'as', or 'value'"),
    ("fields.patient.sex.as", None, "fields.patient.sex.0", "say with 'as' how the column is read"),
    ("fields.patient.sex.when", {"column": "WARD"}, "patient.sex", "'WARD' is no source column"),
    ("maps.priority.01", 1, "maps.priority.01", "Input should be a valid string"),
    ("maps.priority.01", "7", "pathway.priority_type", "'7' is not a code of this column"),
    ("maps.site.BREAST", "breast", "maps.site", "a word stands there twice"),
    ("maps.spare", {"a": "b"}, "maps.spare", "no field uses this map"),
    ("absent", ["sex"], "patient.sex", "a canonical column is mapped and yet absent"),
    ("absent", ["shoe_size"], "absent.shoe_size", "there is no such canonical column"),
    ("unmapped", ["SEX"], "columns.SEX", "a source column is used and yet unmapped"),
    ("unmapped", ["WARD"], "unmapped", "'WARD' is no source column"),
    ("mandatory", ["CARE_ID", "PATIENT_ID"], "row_key", "the key 'TREAT_NO' may be missing"),
    ("closed_days", 0, "closed_days", "Input should be greater than 0"),
    ("colour", "blue", "colour", "Extra inputs are not permitted"),
]


@pytest.mark.parametrize(("path", "value", "field", "what"), FAULTS, ids=[f"{f[0]}-{f[3]}" for f in FAULTS])
def test_a_contract_that_contradicts_itself_is_refused_by_field(
    fault_of: Callable[[Change], ContractError], path: str, value: Any, field: str, what: str
) -> None:
    fault = fault_of(_set(path, value))
    assert what in fault.what
    assert fault.fields == {"file": "feeds/scr.yml", "field": field}
    assert fault.do


def test_a_source_column_listed_twice_is_refused(fault_of: Callable[[Change], ContractError]) -> None:
    fault = fault_of(lambda contract: contract["columns"].append("SEX"))
    assert str(fault).startswith("a source column is listed twice (file=feeds/scr.yml, field=columns.SEX)")


def test_a_canonical_column_left_out_must_be_called_absent(fault_of: Callable[[Change], ContractError]) -> None:
    def leave_out(contract: dict[str, Any]) -> None:
        del contract["fields"]["patient"]["sex"]
        contract["unmapped"] = ["SEX"]

    fault = fault_of(leave_out)
    assert str(fault) == (
        "a canonical column is not mapped (file=feeds/scr.yml, field=patient.sex). "
        "Map each in 'fields' or list it in 'absent'."
    )


def test_all_canonical_columns_left_out_are_told_at_once(fault_of: Callable[[Change], ContractError]) -> None:
    def leave_out(contract: dict[str, Any]) -> None:
        del contract["fields"]["patient"]["sex"], contract["fields"]["patient"]["phone"]
        contract["unmapped"] = ["SEX", "PHONE"]

    assert "canonical columns are not mapped (file=feeds/scr.yml, field=patient.sex, patient.phone)" in str(
        fault_of(leave_out)
    )


def test_first_of_stands_alone(fault_of: Callable[[Change], ContractError]) -> None:
    fault = fault_of(_set("fields.pathway.tumour_site.from", "L_CANCER_SITE"))
    assert fault.what == "'first_of' stands alone"
