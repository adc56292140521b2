"""Feed contracts (`conf/feeds`): what a system's extract looks like and which canonical columns it becomes."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from libs.errors import ContractError
from libs.pathways.canonical import CODES, SECTIONS
from libs.yaml_text import read_yaml_file

Kind = Literal[
    "text", "code", "date", "timestamp", "integer", "boolean", "nhs_number", "phone", "postcode", "organisation"
]  # fmt: skip
# Filled from the contract's `patient_key` and `pathway_key`, so no section maps them.
KEY_FIELDS = frozenset({"source_patient_id", "source_pathway_id"})
_TYPED_KINDS = frozenset({"date", "timestamp", "integer", "boolean"})


def word_key(word: str) -> str:
    """The form in which a register's words are compared: trimmed, in capitals."""
    return word.strip().upper()


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Dialect(_Section):
    """How an extract is written: `encoding` as Python names it."""

    delimiter: str = Field(min_length=1, max_length=1)
    quote: str = Field(min_length=1, max_length=1)
    encoding: Literal["utf-8", "windows-1252"]


class When(_Section):
    """Limits a source to rows whose `column` holds one of `words`, or anything at all without them."""

    column: str
    words: tuple[str, ...] | None = Field(default=None, alias="in", min_length=1)


class Source(_Section):
    """Where a canonical column may come from: a source column read as `kind`, or a fixed `value`."""

    column: str | None = Field(default=None, alias="from")
    kind: Kind = Field(default="code", alias="as")
    value: str | None = None
    map: str | None = None
    pad: int | None = Field(default=None, gt=1)
    pattern: str | None = None
    pivot: int | None = Field(default=None, ge=0, le=99)
    when: When | None = None

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        if (self.column is None) == (self.value is None):
            raise ValueError("give either 'from' with 'as', or 'value'")
        if self.column is not None and "kind" not in self.model_fields_set:
            raise ValueError("say with 'as' how the column is read")
        if (self.map or self.pad) and self.kind != "code":
            raise ValueError("'map' and 'pad' need 'as: code'")
        if self.pattern and self.kind != "text":
            raise ValueError("'pattern' needs 'as: text'")
        if self.pattern and not _is_pattern(self.pattern):
            raise ValueError("'pattern' is no regular expression with one group")
        if self.pivot is not None and self.kind not in {"date", "timestamp"}:
            raise ValueError("'pivot' needs 'as: date' or 'as: timestamp'")
        return self

    def columns(self) -> Iterator[str]:
        """The source columns that it looks at."""
        if self.column is not None:
            yield self.column
        if self.when is not None:
            yield self.when.column


def _as_sources(entry: Any) -> Any:
    if isinstance(entry, Mapping) and "first_of" in entry:
        if set(entry) != {"first_of"}:
            raise ValueError("'first_of' stands alone")
        return entry["first_of"]
    return [entry] if isinstance(entry, Mapping) else entry


Sources = Annotated[tuple[Source, ...], BeforeValidator(_as_sources), Field(min_length=1)]
CodeMap = Annotated[dict[str, str | None], Field(min_length=1)]


class FeedContract(_Section):
    """One source system's extract: header, dialect, keys, and the canonical columns that its columns become.

    `fields` is by section (patient, pathway, transfer, treatment) and canonical column. A `full` extract holds every
    open pathway and those closed in the last `closed_days` days.
    """

    system: str
    version: int = Field(gt=0)
    closed_days: int = Field(gt=0)
    dialect: Dialect
    nulls: tuple[str, ...]
    row_key: tuple[str, ...] = Field(min_length=1)
    pathway_key: str
    patient_key: str
    columns: tuple[str, ...] = Field(min_length=1)
    mandatory: tuple[str, ...] = Field(min_length=1)
    fields: dict[str, dict[str, Sources]]
    maps: dict[str, CodeMap]
    absent: tuple[str, ...]
    unmapped: tuple[str, ...]

    def sources(self) -> Iterator[tuple[str, str, Source]]:
        """Every (section, canonical column, source), in the order of the file."""
        for section, columns in self.fields.items():
            for name, sources in columns.items():
                for source in sources:
                    yield section, name, source

    def words(self, map_name: str) -> dict[str, str | None]:
        """A map with its local words in the form in which they are compared."""
        return {word_key(word): code for word, code in self.maps[map_name].items()}


def _is_pattern(text: str) -> bool:
    try:
        return re.compile(text).groups == 1
    except re.error:
        return False


def load_contracts(conf: Path) -> dict[str, FeedContract]:
    """Read every contract of `conf/feeds`, by system.

    Raises ContractError for a contract that isn't readable or that contradicts itself or the canonical columns.
    """
    paths = sorted((conf / "feeds").glob("*.yml"))
    if not paths:
        raise ContractError("no feed contract found", do="Put one YAML file per source system there.", folder=str(conf))
    contracts = [_load_contract(path) for path in paths]
    return {contract.system: contract for contract in contracts}


def _load_contract(path: Path) -> FeedContract:
    file = f"feeds/{path.name}"
    try:
        contract = FeedContract.model_validate(read_yaml_file(path))
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        line = mark.line + 1 if mark else 0
        raise ContractError("not valid YAML", do="Mend the line named.", file=file, line=line) from None
    except ValidationError as fault:
        first = fault.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ContractError(
            f"{first['msg'].removeprefix('Value error, ')}",
            do="Mend the entry named; a code or word that looks like a number, yes or no needs quotes.",
            file=file,
            field=where,
        ) from None
    if contract.system != path.stem:
        raise ContractError("the file isn't named after its system", do="Rename one of the two.", file=file)
    for found in _faults(contract):
        raise ContractError(found.what, do=found.do, file=file, field=found.field)
    return contract


class _Fault(NamedTuple):
    field: str
    what: str
    do: str


def _faults(contract: FeedContract) -> Iterator[_Fault]:
    """Every fault, misspelt names first: a column that is not used is often one whose name was mistyped."""
    yield from _header_faults(contract)
    yield from _name_faults(contract)
    for section, name, source in contract.sources():
        yield from _source_faults(contract, f"{section}.{name}", source)
    yield from _map_faults(contract)
    yield from _use_faults(contract)
    yield from _gap_faults(contract)


def _header_faults(contract: FeedContract) -> Iterator[_Fault]:
    for column, count in Counter(contract.columns).items():
        if count > 1:
            yield _Fault(f"columns.{column}", "a source column is listed twice", "Remove one of them.")
    keys = {"row_key": contract.row_key, "pathway_key": (contract.pathway_key,), "patient_key": (contract.patient_key,)}
    for setting, columns in {**keys, "mandatory": contract.mandatory, "unmapped": contract.unmapped}.items():
        for column in columns:
            if column not in contract.columns:
                yield _Fault(setting, f"{column!r} is no source column", "Name one that is listed in 'columns'.")
            elif setting in keys and column not in contract.mandatory:
                yield _Fault(setting, f"the key {column!r} may be missing", "List it in 'mandatory' too.")


def _use_faults(contract: FeedContract) -> Iterator[_Fault]:
    keyed = {contract.pathway_key, contract.patient_key}
    used = keyed.union(*(source.columns() for _, _, source in contract.sources()))
    for column in contract.columns:
        field = f"columns.{column}"
        if column in used and column in contract.unmapped:
            yield _Fault(field, "a source column is used and yet unmapped", "Take it off 'unmapped'.")
        if column not in used and column not in contract.unmapped:
            yield _Fault(field, "a source column is not used", "Map it in 'fields', or list it in 'unmapped'.")


def _name_faults(contract: FeedContract) -> Iterator[_Fault]:
    mappable = {section: set(schema.names) - KEY_FIELDS for section, schema in SECTIONS.items()}
    for section, mapped in contract.fields.items():
        if section not in mappable:
            yield _Fault(f"fields.{section}", "there is no such section", f"Use one of: {', '.join(SECTIONS)}.")
            continue
        for name in mapped:
            if name not in mappable[section]:
                yield _Fault(f"{section}.{name}", "this section maps no such canonical column", "Correct or remove it.")
    for name in contract.absent:
        if all(name not in names for names in mappable.values()):
            yield _Fault(f"absent.{name}", "there is no such canonical column", "Take it off 'absent'.")


def _gap_faults(contract: FeedContract) -> Iterator[_Fault]:
    gaps = []
    for section, schema in SECTIONS.items():
        mapped = contract.fields.get(section, {})
        for name in schema.names:
            field, is_absent = f"{section}.{name}", name in contract.absent
            if name in mapped and is_absent:
                yield _Fault(field, "a canonical column is mapped and yet absent", "Take it off 'absent'.")
            if name not in mapped and not is_absent and name not in KEY_FIELDS:
                gaps.append(field)
    if gaps:
        what = "a canonical column is not mapped" if len(gaps) == 1 else "canonical columns are not mapped"
        yield _Fault(", ".join(gaps), what, "Map each in 'fields' or list it in 'absent'.")


def _source_faults(contract: FeedContract, field: str, source: Source) -> Iterator[_Fault]:
    for column in source.columns():
        if column not in contract.columns:
            yield _Fault(field, f"{column!r} is no source column", "Name one that is listed in 'columns'.")
    if source.map is not None and source.map not in contract.maps:
        yield _Fault(field, f"there is no map {source.map!r}", "Write it under 'maps' or correct the name.")
        return
    section, name = field.split(".")
    canonical_type = SECTIONS[section][name].dataType
    needed = {"int": "integer", "string": None}.get(canonical_type.simpleString(), canonical_type.simpleString())
    is_typed = source.value is None and source.kind in _TYPED_KINDS
    if (source.kind if is_typed else None) != needed:
        yield _Fault(field, f"it can't be read as {source.kind}", f"This column holds a {needed or 'text'}.")
    codes = [source.value] if source.value is not None else list(contract.maps.get(source.map or "", {}).values())
    for code in codes:
        if code is not None and name in CODES and code not in CODES[name]:
            yield _Fault(field, f"{code!r} is not a code of this column", "See CODES in libs/pathways/canonical.py.")


def _map_faults(contract: FeedContract) -> Iterator[_Fault]:
    for name in contract.maps:
        if len(contract.words(name)) < len(contract.maps[name]):
            yield _Fault(f"maps.{name}", "a word stands there twice", "Words differ by more than capitals.")
        if all(source.map != name for _, _, source in contract.sources()):
            yield _Fault(f"maps.{name}", "no field uses this map", "Use it or remove it.")
