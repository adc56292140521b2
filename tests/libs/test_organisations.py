"""The file of organisations: what it says of trusts, mergers and names, and what is refused of one that can't be."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from libs.errors import ContractError
from libs.organisations import Organisations, load_organisations, spellings
from libs.settings import conf_folder

Change = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def shipped() -> Organisations:
    return load_organisations(conf_folder() / "vocabulary")


@pytest.fixture
def fault_of(tmp_path: Path) -> Callable[[Change], ContractError]:
    """The error of a small file after one change to it."""
    sound: dict[str, Any] = {
        "trusts": {"R0A": "Manchester University NHS FT", "RVW": "North Tees and Hartlepool NHS FT"},
        "succeeded_by": {"RM4": "RW3", "RW3": "R0A"},
        "names": {"Hartlepool": "RVW"},
    }

    def load(change: Change) -> ContractError:
        changed = copy.deepcopy(sound)
        change(changed)
        (tmp_path / "organisations.yml").write_text(yaml.safe_dump(changed), encoding="utf-8")
        with pytest.raises(ContractError) as raised:
            load_organisations(tmp_path)
        return raised.value

    return load


def test_every_provider_of_the_published_figures_is_there_by_its_name(shipped: Organisations) -> None:
    published = yaml.safe_load((conf_folder() / "synthetic" / "providers.yml").read_text(encoding="utf-8"))["providers"]
    assert len(published) == 143
    assert {code: shipped.trusts.get(code) for code in published} == {
        code: each["name"] for code, each in published.items()
    }


def test_every_code_of_today_is_its_own_and_every_closed_one_comes_to_such_a_code(shipped: Organisations) -> None:
    assert [code for code in shipped.trusts if shipped.today(code) != code] == []
    assert len(shipped.succeeded_by) == 40
    assert {shipped.today(code) for code in shipped.succeeded_by} <= set(shipped.trusts)


def test_a_chain_of_mergers_ends_at_the_trust_of_today(shipped: Organisations) -> None:
    assert shipped.succeeded_by["RM4"] == "RW3"
    assert shipped.today("RM4") == "R0A"
    assert shipped.rolled_up()["RM4"] == "R0A"


def test_one_site_may_have_gone_elsewhere_than_the_rest_of_its_trust(shipped: Organisations) -> None:
    assert (shipped.today("RW6"), shipped.today("RW602")) == ("RM3", "R0A")


def test_the_roll_up_holds_names_in_capitals_and_their_trusts(shipped: Organisations) -> None:
    said = {"JAMES COOK": "RTR", "NORTH TEES": "RVW", "QE GATESHEAD": "RR7", "RVI": "RTD", "ROB": "R0B"}
    assert said.items() <= shipped.rolled_up().items()
    assert set(shipped.rolled_up().values()) == set(shipped.trusts)


def test_a_name_counts_in_its_usual_spellings() -> None:
    said = spellings("The Robert Jones and Agnes Hunt NHS FT")
    assert {
        "THE ROBERT JONES AND AGNES HUNT NHS FT",
        "THE ROBERT JONES AND AGNES HUNT NHS FOUNDATION TRUST",
        "ROBERT JONES AND AGNES HUNT",
        "ROBERT JONES & AGNES HUNT",
    } <= said
    assert "KINGS LYNN" in spellings("King's Lynn, NHS FT")
    assert spellings("Medway") == {"MEDWAY"}


@given(st.text(alphabet="abAB '&,TheandNHSFTrust", min_size=1, max_size=40))
def test_every_spelling_of_a_name_is_in_capitals_and_its_own_is_among_them(name: str) -> None:
    said = spellings(name)
    assert name.upper() in said
    assert all(spelling == spelling.upper() for spelling in said)


def _set(path: str, value: Any) -> Change:
    *parents, last = path.split(".")

    def change(organisations: dict[str, Any]) -> None:
        section = organisations
        for parent in parents:
            section = section[parent]
        section[last] = value

    return change


FAULTS: list[tuple[str, Any, str, str]] = [
    ("succeeded_by.R0A", "RM4", "succeeded_by.R0A", "a trust of today is called closed"),
    ("succeeded_by.RLN", "R0B", "succeeded_by.RLN", "'R0B' is no trust of today"),
    ("succeeded_by.RW3", "RM4", "succeeded_by.RM4", "mergers run in a circle"),
    ("succeeded_by.RLN", "RLN", "succeeded_by.RLN", "mergers run in a circle"),
    ("succeeded_by.rln", "RVW", "succeeded_by.rln.[key]", "String should match pattern"),
    ("names.North Tees", "RXX", "names.North Tees", "'RXX' is no trust of today"),
    ("names.North Tees", "RM4", "names.North Tees", "'RM4' is no trust of today"),
    ("names.HARTLEPOOL", "R0A", "names.Hartlepool", "the name stands there twice, also in names.HARTLEPOOL"),
    ("names.North Tees & Hartlepool", "R0A", "names.North Tees & Hartlepool", "the name stands there twice"),
    ("names.Rvw", "RVW", "names.Rvw", "the name stands there twice, also in trusts.RVW"),
    ("names.RM4", "RVW", "names.RM4", "the name stands there twice, also in succeeded_by.RM4"),
    ("names.North  Tees", "RVW", "names.North  Tees.[key]", "String should match pattern"),
    ("names.St George\u2019s", "RVW", "names.St George\u2019s.[key]", "String should match pattern"),
    ("trusts.RVWAE", "North Tees", "trusts.RVWAE.[key]", "String should match pattern"),
    ("trusts.HARTLEPOOL", "Hartlepool", "trusts.HARTLEPOOL.[key]", "String should"),
    ("trusts.RTR", 7, "trusts.RTR", "Input should be a valid string"),
    ("trusts", {}, "trusts", "Dictionary should have at least 1 item"),
    ("colour", "blue", "colour", "Extra inputs are not permitted"),
]


@pytest.mark.parametrize(("path", "value", "entry", "what"), FAULTS, ids=[f"{f[2]}-{f[3]}" for f in FAULTS])
def test_a_file_that_contradicts_itself_is_refused_by_entry(
    fault_of: Callable[[Change], ContractError], path: str, value: Any, entry: str, what: str
) -> None:
    fault = fault_of(_set(path, value))
    assert what in fault.what
    assert fault.fields == {"file": "organisations.yml", "entry": entry}
    assert fault.do


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("trusts: {RVW: Tees}\nnames:\n  Tees: RVW\n  Tees: RTR\n", "twice (file=organisations.yml, entry=names.Tees)"),
        ("trusts: {RVW: North Tees, RVW: Hartlepool}\n", "twice (file=organisations.yml, entry=trusts.RVW)"),
        ("trusts: {\n", "not valid YAML (file=organisations.yml, line=2)"),
        ("", "(file=organisations.yml, entry=)"),
        (None, "the file of organisations is missing (file=organisations.yml)"),
    ],
    ids=["a name twice", "a trust twice", "no YAML", "empty", "missing"],
)  # fmt: skip
def test_what_yaml_would_pass_over_or_could_not_read_is_refused(tmp_path: Path, text: str | None, what: str) -> None:
    if text is not None:
        (tmp_path / "organisations.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ContractError) as raised:
        load_organisations(tmp_path)
    assert what in str(raised.value)
