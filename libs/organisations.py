"""Organisations (`conf/vocabulary/organisations.yml`): trusts, closed codes and what became of them, people's words."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from libs.errors import ContractError
from libs.yaml_text import compose_yaml, read_yaml

_FILE = "organisations.yml"
Code = Annotated[str, Field(pattern="^[A-Z0-9]{3,9}$")]
# A code of another form is rolled up to its first three characters or is none, so it can't stand for a whole provider.
ProviderCode = Annotated[
    str, Field(min_length=3, max_length=9, pattern="^([A-Z0-9]{3}|[A-QS-Z][A-Z0-9]*[0-9][A-Z0-9]*|[0-9][A-Z0-9]+)$")
]
# Words in ASCII with single blanks: the form to which a register's text is brought before it is looked up.
Name = Annotated[str, Field(pattern="^[!-~]+( [!-~]+)*$")]


class Organisations(BaseModel):
    """Providers by code, closed codes with the code that followed, and what people call a trust or one of its sites.

    A code in `succeeded_by` is of a trust, or of one site that went elsewhere than the rest of its trust.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trusts: Annotated[dict[ProviderCode, Name], Field(min_length=1)]
    succeeded_by: dict[Code, Code]
    names: dict[Name, ProviderCode]

    def today(self, code: str) -> str:
        """The code of today of a closed code, through any number of mergers; another code stands as it is."""
        return self.lineage(code)[-1]

    def lineage(self, code: str) -> tuple[str, ...]:
        """A code and, in their order, those that followed it; in a circle, up to the first that comes again."""
        codes = [code]
        while codes[-1] in self.succeeded_by:
            follower = self.succeeded_by[codes[-1]]
            codes.append(follower)
            if follower in codes[:-1]:
                break
        return tuple(codes)

    def rolled_up(self) -> dict[str, str]:
        """Every closed code, and every name in capitals, with its trust: what `trust_of` in `libs.nhs` is handed.

        Providers whose codes are of letters only, as some beside the NHS's own are, stand for themselves.
        """
        codes = {code: code for code in self.trusts if code.isalpha()}
        codes |= {code: self.today(code) for code in self.succeeded_by}
        return codes | {spelling: trust for _, name, trust in self.named() for spelling in spellings(name)}

    def named(self) -> Iterator[tuple[str, str, str]]:
        """Every (entry of the file, name, trust)."""
        yield from ((f"trusts.{code}", name, code) for code, name in self.trusts.items())
        yield from ((f"names.{name}", name, trust) for name, trust in self.names.items())


def spellings(name: str) -> set[str]:
    """How a name is written, in capitals: with and without the kind of trust, `The`, `and` as `&`, apostrophes."""
    whole = name.upper()
    forms = {whole, whole.replace(" NHS FT", " NHS FOUNDATION TRUST"), re.sub(",? NHS (FT|TRUST)$", "", whole)}
    forms |= {form.removeprefix("THE ") for form in forms}
    forms |= {form.replace(" AND ", " & ") for form in forms}
    return forms | {form.replace("'", "") for form in forms}


def load_organisations(conf: Path) -> Organisations:
    """Read `organisations.yml` of a folder of configuration.

    Raises ContractError, with the entry, for a file that is missing or isn't readable, for an entry that stands twice,
    a merger that runs in a circle, and a closed code or a name that comes to no trust of the file.
    """
    text = _text(conf / _FILE)
    try:
        organisations = Organisations.model_validate(read_yaml(text))
    except ValidationError as fault:
        first = fault.errors(include_input=False, include_url=False, include_context=False)[0]
        raise ContractError(
            first["msg"],
            do="Codes are in capitals, names in ASCII with single blanks; what looks like a number needs quotes.",
            file=_FILE,
            entry=".".join(str(part) for part in first["loc"]),
        ) from None
    for found in _faults(organisations):
        raise ContractError(found.what, do=found.do, file=_FILE, entry=found.entry)
    return organisations


def _text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
        root = compose_yaml(text)
    except OSError:
        raise ContractError("the file of organisations is missing", do="Restore it from conf.", file=_FILE) from None
    except (yaml.YAMLError, ValueError) as fault:
        mark = getattr(fault, "problem_mark", None)
        raise ContractError(
            "not valid YAML", do="Mend the line named.", file=_FILE, line=mark.line + 1 if mark else 0
        ) from None
    for entry in _repeated(root):
        raise ContractError("an entry stands there twice", do="Remove one of them.", file=_FILE, entry=entry)
    return text


def _repeated(node: yaml.Node | None, *above: str) -> Iterator[str]:
    """Keys that stand twice in one mapping, of which YAML would silently keep the last."""
    if not isinstance(node, yaml.MappingNode):
        return
    seen: set[str] = set()
    for key, value in node.value:
        name = str(key.value)
        if name in seen:
            yield ".".join((*above, name))
        seen.add(name)
        yield from _repeated(value, *above, name)


class _Fault(NamedTuple):
    entry: str
    what: str
    do: str


def _faults(organisations: Organisations) -> Iterator[_Fault]:
    yield from _merger_faults(organisations)
    yield from _name_faults(organisations)


def _merger_faults(organisations: Organisations) -> Iterator[_Fault]:
    for code in organisations.succeeded_by:
        entry, codes = f"succeeded_by.{code}", organisations.lineage(code)
        if code in organisations.trusts:
            yield _Fault(entry, "a trust of today is called closed", "Take it off 'trusts' or off 'succeeded_by'.")
        elif codes[-1] in codes[:-1]:
            yield _Fault(entry, "mergers run in a circle", "Name the code that stands today.")
        elif codes[-1] not in organisations.trusts:
            yield _Fault(entry, f"{codes[-1]!r} is no trust of today", "Name one that is listed in 'trusts'.")


def _name_faults(organisations: Organisations) -> Iterator[_Fault]:
    taken: dict[str, str] = {code: f"trusts.{code}" for code in organisations.trusts}
    taken |= {code: f"succeeded_by.{code}" for code in organisations.succeeded_by}
    for entry, name, trust in organisations.named():
        if trust not in organisations.trusts:
            yield _Fault(entry, f"{trust!r} is no trust of today", "Name one that is listed in 'trusts'.")
        for spelling in sorted(spellings(name)):
            if spelling in taken:
                yield _Fault(entry, f"the name stands there twice, also in {taken[spelling]}", "Remove one of them.")
            taken[spelling] = entry
