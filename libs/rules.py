"""The waiting times rules (`conf/rules`): what the clocks read, each rule with the day from which it holds."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError, field_validator, model_validator

from libs.errors import RulesError
from libs.settings import conf_folder
from libs.yaml_text import read_yaml_file

Route = Literal["USC", "BSYM", "SCREEN", "UPGRADE", "OTHER"]
StandardName = Literal["28", "31", "62"]
Share = Annotated[float, Field(ge=0, le=1)]
Days = Annotated[int, Field(ge=0)]
Code = Annotated[str, Field(min_length=1)]
DateColumn = Literal["referral_received_on", "upgraded_on", "decision_to_treat_on", "informed_on", "treatment_on"]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


T = TypeVar("T")


class Version(_Section, Generic[T]):
    """What a rule says from a day on, and where that stands."""

    from_day: date = Field(alias="from")
    value: T
    source: str = Field(min_length=1)


class Rule(RootModel[tuple[Version[T], ...]], Generic[T]):
    """A rule's versions in the order of their first days; the first also holds for all days before."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        if not self.root:
            raise ValueError("a rule has at least one version")
        if any(later.from_day <= earlier.from_day for earlier, later in pairwise(self.root)):
            raise ValueError("versions stand in the order of their first days, each day once")
        return self

    @property
    def versions(self) -> tuple[Version[T], ...]:
        """Every version, the oldest first."""
        return self.root

    def on(self, day: date) -> T:
        """What the rule says on a day."""
        begun = [version.value for version in self.root if version.from_day <= day]
        return begun[-1] if begun else self.root[0].value

    @property
    def newest(self) -> T:
        """What the rule says last."""
        return self.root[-1].value


class Stop(_Section):
    """The date that stops a clock, and one that stops it earlier where it lies between start and stop."""

    column: DateColumn
    or_earlier: DateColumn | None = None


class Standard(_Section):
    """One of the three standards: limits in days, thresholds as parts of 1."""

    name: str
    unit: str
    credited_to: str
    limit_days: Rule[Days]
    threshold: Rule[Share]
    interim_ask: Rule[Share] | None = None
    routes: Rule[tuple[Route, ...]]
    start: Rule[Mapping[str, DateColumn]]
    stop: Rule[Stop]
    month: Rule[DateColumn]

    @model_validator(mode="after")
    def _starts_on_every_route(self) -> Self:
        timed = {route for version in self.routes.versions for route in version.value}
        if any(timed - set(version.value) for version in self.start.versions):
            raise ValueError("'start' names a date for every route of the standard")
        return self


class Condition(_Section):
    """What a route asks of a column."""

    is_in: tuple[Code, ...] | None = Field(default=None, alias="in")
    not_in: tuple[Code, ...] | None = None
    is_recorded: bool | None = None

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Self:
        if sum(part is not None for part in (self.is_in, self.not_in, self.is_recorded)) != 1:
            raise ValueError("a condition is one of 'in', 'not_in' and 'is_recorded'")
        return self


class RouteTest(_Section):
    """A route, and the conditions that all hold for it."""

    route: Route
    conditions: dict[Literal["priority_type", "suspected_cancer_type", "referral_source", "upgraded_on"], Condition] = (
        Field(min_length=1)
    )


class Adjustment(_Section):
    """Days that are taken off: of which standards, and whether an upgrade limits them."""

    column: Literal["first_seen_adjustment_days", "treatment_adjustment_days"]
    reduces: Rule[tuple[StandardName, ...]]
    needs_first_seen_from_upgrade: Rule[bool]


class LateExclusion(_Section):
    """An exclusion that counts once the limit has passed."""

    reason: Code
    exclusion: Code


class Halves(_Section):
    """Parts of one patient for which each side answers."""

    investigating: Share
    treating: Share

    @model_validator(mode="after")
    def _make_one_patient(self) -> Self:
        if self.investigating + self.treating != 1:
            raise ValueError("the two shares make one patient")
        return self


class Scenario(Halves):
    """One of the six scenarios of a transfer."""

    number: int = Field(ge=1)
    is_within: bool
    is_transfer_in_time: bool
    is_prompt: bool


class Allocation(_Section):
    """`allocation.yml`."""

    last_transfer_day: Rule[Days]
    treating_days: Rule[Days]
    transfer_reasons: Rule[tuple[Code, ...]]
    investigating_trust: Rule[Literal["last_sender", "first_sender", "first_seen"]]
    without_transfer: Rule[Halves]
    scenarios: Rule[tuple[Scenario, ...]]

    @model_validator(mode="after")
    def _has_every_scenario(self) -> Self:
        # As the two phases make up the whole wait, two of the eight combinations can't be.
        possible = {(True, True, True), (True, True, False), (True, False, True)}
        possible |= {(not within, not in_time, not prompt) for within, in_time, prompt in possible}
        for version in self.scenarios.versions:
            told = [(one.is_within, one.is_transfer_in_time, one.is_prompt) for one in version.value]
            if sorted(told) != sorted(possible):
                raise ValueError("each of the six possible scenarios stands once")
        return self


class Exclusions(_Section):
    """`exclusions.yml`."""

    fds_counted_reasons: Rule[tuple[Code, ...]]
    fds_counted_when_late: Rule[tuple[LateExclusion, ...]]
    fds_reasons_without_62: Rule[tuple[Code, ...]]
    ends_62_when_closed_untreated: Rule[bool]
    declined_modalities: Rule[tuple[Code, ...]]
    basal_cell_morphologies: Rule[tuple[Code, ...]]


class Diagnoses(_Section):
    """`diagnoses.yml`; a range of codes is written as `C18-C21` and takes in both ends."""

    in_scope: Rule[tuple[Code, ...]]
    groups: Rule[dict[str, tuple[Code, ...]]]
    other_group: Rule[str]
    other_group_suspected_types: Rule[tuple[Code, ...]]
    suspected_types: Rule[dict[str, str]]
    breast_symptomatic_label: Rule[str]
    screening_suspected_types: Rule[tuple[Code, ...]]
    missing_label: Rule[str]


class Treatments(_Section):
    """`treatments.yml`."""

    first_events: Rule[tuple[Code, ...]]
    subsequent_events: Rule[tuple[Code, ...]]
    modality_groups: Rule[dict[str, tuple[Code, ...]]]
    other_modality_group: Rule[str]


class Publication(_Section):
    """`publication.yml`."""

    wait_bands: Rule[dict[StandardName, Annotated[tuple[Days, ...], Field(min_length=1)]]]
    list_bands: Rule[tuple[Days, Days, Days]]
    month_end_weeks: Rule[dict[str, date]]

    @model_validator(mode="after")
    def _bands_hold_every_wait(self) -> Self:
        for version in self.wait_bands.versions:
            if set(version.value) != {"28", "31", "62"}:
                raise ValueError("each standard has its wait bands: '28', '31' and '62'")
            if any(later <= earlier for days in version.value.values() for earlier, later in pairwise(days)):
                raise ValueError("the last days of wait bands stand in their order, each once")
        return self


class Rules(_Section):
    """Every rule that the engine reads. `version` names their content: other rules, another version."""

    version: str
    standards: dict[str, Standard]
    routes: Rule[tuple[RouteTest, ...]]
    first_seen_adjustment: Adjustment
    treatment_adjustment: Adjustment
    exclusions: Exclusions
    diagnoses: Diagnoses
    treatments: Treatments
    allocation: Allocation
    publication: Publication

    @field_validator("standards")
    @classmethod
    def _are_three(cls, standards: dict[str, Standard]) -> dict[str, Standard]:
        if set(standards) != {"28", "31", "62"}:
            raise ValueError("the standards are '28', '31' and '62'")
        return standards

    @model_validator(mode="after")
    def _phases_make_the_wait(self) -> Self:
        transfer, treating, limit = (
            self.allocation.last_transfer_day,
            self.allocation.treating_days,
            self.standards["62"].limit_days,
        )
        days = {version.from_day for rule in (transfer, treating, limit) for version in rule.versions}
        if any(transfer.on(day) + treating.on(day) != limit.on(day) for day in days):
            raise ValueError("the days to transfer and the days to treat make up the 62-day limit, from each day on")
        return self


_FILES = ("standards", "routes", "adjustments", "exclusions", "diagnoses", "treatments", "allocation", "publication")


def load_rules(folder: Path | None = None) -> Rules:
    """Read the rules in a folder, those of `conf/rules` without one.

    Raises RulesError for a file that is missing, isn't readable or says what no rule can say.
    """
    folder = folder if folder is not None else conf_folder() / "rules"
    read = {name: _read(folder / f"{name}.yml") for name in _FILES}
    content = json.dumps(read, sort_keys=True, default=str)
    parts: dict[str, Any] = {
        "version": hashlib.sha256(content.encode()).hexdigest()[:12],
        **{name: read[name] for name in ("standards", "exclusions", "diagnoses", "treatments", "allocation")},
        "publication": read["publication"],
        "routes": read["routes"].get("routes"),
        "first_seen_adjustment": read["adjustments"].get("first_seen"),
        "treatment_adjustment": read["adjustments"].get("treatment"),
    }
    try:
        return Rules.model_validate(parts)
    except ValidationError as fault:
        first = fault.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RulesError(
            f"a rule can't be read: {first['msg'].removeprefix('Value error, ')}",
            do="Mend it; codes and names that look like numbers or dates need quotes.",
            rule=where,
            folder=folder.name,
        ) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        read = read_yaml_file(path)
    except OSError:
        raise RulesError(
            "a file of rules is missing", do="Each folder of rules holds all of its files.", file=path.name
        ) from None
    except (yaml.YAMLError, ValueError) as fault:
        mark = getattr(fault, "problem_mark", None)
        line = mark.line + 1 if mark else 0
        raise RulesError("not valid YAML", do="Mend the line named.", file=path.name, line=line) from None
    if not isinstance(read, dict):
        raise RulesError("not rules by name", do="Write them as the file in conf/rules does.", file=path.name)
    return read
