"""Typed settings: `conf/base.yml`, then `conf/<env>.yml`, then `--set key=value`, validated once."""

import difflib
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from libs.errors import SettingsError
from libs.yaml_text import read_yaml, read_yaml_file


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SecretRef(_Section):
    """Where a secret lies: a scope and a key in it. Never the secret itself."""

    scope: str
    key: str


class Paths(_Section):
    """Folders; `{root}` in each stands for `root`."""

    root: Path
    landing: Path
    archive: Path
    quarantine: Path
    outbox: Path
    checkpoints: Path
    lake: Path
    secrets: Path


class Keys(_Section):
    """The two key rings, as references."""

    platform: SecretRef
    trusts: SecretRef


class Trust(_Section):
    """A trust that sends extracts; `system` names a contract in `conf/feeds`, `cadence_minutes` its rhythm."""

    name: str
    system: str
    cadence_minutes: int = Field(gt=0)


class Intake(_Section):
    """Limits in MiB, so that nothing is expanded beyond what the machine can hold; and what counts as suspicious.

    `pass_mib`: how much is taken in one pass. `smallest_full_share`: a full extract with less than
    this share of the last one's rows is held. `ahead_minutes`: how far an extract's time may lie after its arrival.
    `key_grace_hours`: how long after a key's end what it signed may arrive. `answer_rows`: refused rows named in one
    answer; `has_plain_row_keys`: also in one that is not sealed, since its trust has given no key to seal it to.
    """

    max_sealed_mib: int = Field(gt=0)
    max_extract_mib: int = Field(gt=0)
    pass_mib: int = Field(gt=0)
    smallest_full_share: float = Field(ge=0, le=1)
    ahead_minutes: int = Field(ge=0)
    key_grace_hours: int = Field(ge=0)
    answer_rows: int = Field(ge=0)
    has_plain_row_keys: bool


class Cleansing(_Section):
    """When two entries of one register are one referral; the gap is in days."""

    duplicate_gap_days: int = Field(ge=0)


class Linkage(_Section):
    """When two records are one person, as probabilities; and when two trusts' rows are one pathway, in days.

    `least_precision`: the share of pairs that a model must get right, with NHS numbers blanked, to link people.
    `most_records_in_duckdb`: up to so many records of patients are compared in this process, more by Spark.
    `referral_gap_days`: how far their referral dates may differ. `continuation_days`: how long after a transfer the row
    of the trust that received it may begin.
    """

    accept_probability: float = Field(gt=0.5, lt=1)
    review_probability: float = Field(ge=0.01, lt=1)
    least_precision: float = Field(gt=0, le=1)
    most_records_in_duckdb: int = Field(ge=0)
    referral_gap_days: int = Field(ge=0)
    continuation_days: int = Field(ge=0)


class Freshness(_Section):
    """How far back the freshness of feeds is shown, in days; and how long after its time an extract arrives late."""

    days: int = Field(gt=0)
    late_after_minutes: int = Field(ge=0)


class Retention(_Section):
    """How long what identifies patients is kept, in days; `conf/base.yml` says why, the controller says how long.

    `bronze_days` counts from when a raw row was superseded or its pathway ended, `history_days` from when a version of
    an ended pathway was superseded, those of the originals from their arrival. An extract that comes up to `late_days`
    late must find what it needs (`libs.pathways.retention.check_days` holds them against the feeds too).
    """

    late_days: int = Field(gt=0)
    bronze_days: int = Field(gt=0)
    archive_days: int = Field(gt=0)
    quarantine_days: int = Field(gt=0)
    history_days: int = Field(gt=0)
    vacuum_hours: int = Field(ge=168)

    @model_validator(mode="after")
    def _keeps_what_is_needed(self) -> Self:
        # A late extract, and a refused one that is taken after all, is read together with those that follow it.
        if self.archive_days <= self.late_days:
            raise ValueError("archive_days must be more than late_days")
        if self.archive_days < self.quarantine_days:
            raise ValueError("archive_days must not be less than quarantine_days")
        return self


class Gate(_Section):
    """When a list counts as broken: it holds less than this share of the rows that were last published."""

    smallest_list_share: float = Field(ge=0, le=1)


class Warehouse(_Section):
    """The SQL database of the publication, as an SQLAlchemy URL without a password."""

    url: str


class Spark(_Section):
    """The session that we start ourselves (a Databricks cluster brings its own); `jars` is the cache of Delta's."""

    master: str
    driver_memory: str
    shuffle_partitions: int = Field(gt=0)
    jars: Path


class Settings(_Section):
    """Everything that an environment may configure."""

    env: str
    platform: str
    is_synthetic: bool
    alliance: str
    timezone: str
    catalog: str | None
    paths: Paths
    keys: Keys
    trusts: dict[str, Trust]
    intake: Intake
    cleansing: Cleansing
    linkage: Linkage
    freshness: Freshness
    retention: Retention
    gate: Gate
    warehouse: Warehouse
    spark: Spark

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("no such time zone") from None
        return name


def load_settings(env: str = "local", overrides: Sequence[str] = (), conf: Path | None = None) -> Settings:
    """Read the settings of an environment; `overrides` are `dotted.key=value`, the value in YAML.

    Raises SettingsError for an unknown environment, an unknown key (naming the nearest known one), a missing
    key or a value of the wrong form.
    """
    folder = conf if conf is not None else conf_folder()
    values = _read_yaml(folder / "base.yml")
    overlay = folder / f"{env}.yml"
    if env == "base" or not overlay.is_file():
        known = sorted(path.stem for path in folder.glob("*.yml") if path.stem != "base")
        raise SettingsError(f"no environment {env!r}", do=f"Use one of: {', '.join(known)}.")
    values = _merge(values, _read_yaml(overlay))
    for override in overrides:
        values = _merge(values, _parse_override(override))
    values["env"] = env
    _refuse_unknown_keys(values, Settings, "", source=f"conf/{env}.yml")
    try:
        return Settings.model_validate(_fill_root(values))
    except ValidationError as fault:
        first = fault.errors(include_input=False, include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            f"setting {key!r} is not usable: {first['msg']}", do=f"Set it in conf/{env}.yml or conf/base.yml."
        ) from None


def conf_folder() -> Path:
    """The folder of configuration that ships with the code."""
    return Path(__file__).parents[1] / "conf"


def moment_of(text: str | None, settings: Settings, *, option: str = "--as-at") -> datetime:
    """The moment that an option of the command names, in the platform's zone unless it says another; now without one.

    Raises SettingsError for what is not an ISO timestamp.
    """
    zone = ZoneInfo(settings.timezone)
    if text is None:
        return datetime.now(zone)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"{option} is not an ISO timestamp", do="Write for example 2025-06-02T09:00.") from None
    # The date of the list is the platform's: half past eleven at night in UTC is the next day in a London summer.
    return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        read = read_yaml_file(path) or {}
    except (yaml.YAMLError, ValueError) as fault:  # a date that no calendar has is a ValueError
        mark = getattr(fault, "problem_mark", None)
        line = mark.line + 1 if mark else 0
        raise SettingsError("not valid YAML", do="Mend the line named.", file=path.name, line=line) from None
    if not isinstance(read, dict):
        raise SettingsError("not settings by name", do="Write key: value lines, as in base.yml.", file=path.name)
    return read


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        both_are_sections = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _merge(merged[key], value) if both_are_sections else value
    return merged


def _parse_override(override: str) -> dict[str, Any]:
    key, separator, text = override.partition("=")
    if not separator or not key.strip():
        raise SettingsError("--set takes key=value", do="Write for example --set paths.root=build/mine.")
    try:
        value: Any = read_yaml(text)
    except (yaml.YAMLError, ValueError):
        raise SettingsError("--set: the value is not YAML", do="Quote it.", setting=key) from None
    for part in reversed(key.strip().split(".")):
        value = {part: value}
    return dict(value)


def _fill_root(values: dict[str, Any]) -> dict[str, Any]:
    """Put `paths.root` where a path or the warehouse URL says `{root}`."""
    paths = values.get("paths")
    root = str(paths.get("root", "")) if isinstance(paths, Mapping) else ""

    def fill(value: Any) -> Any:
        return value.replace("{root}", root) if isinstance(value, str) else value

    filled = dict(values)
    for section in ("paths", "warehouse"):
        if isinstance(filled.get(section), Mapping):
            filled[section] = {key: fill(value) for key, value in filled[section].items()}
    return filled


def _refuse_unknown_keys(values: Mapping[str, Any], model: type[BaseModel], prefix: str, *, source: str) -> None:
    for key, value in ((str(name), value) for name, value in values.items()):
        if key not in model.model_fields:
            near = difflib.get_close_matches(key, model.model_fields, n=1, cutoff=0.0)
            raise SettingsError(
                f"unknown setting {prefix + key!r}", do=f"Did you mean {prefix + near[0]!r}?", source=source
            )
        section, is_mapping = _section_model(model.model_fields[key].annotation)
        if section is None or not isinstance(value, Mapping):
            continue
        entries = value.items() if is_mapping else [("", value)]
        for name, entry in entries:
            if isinstance(entry, Mapping):
                inner = f"{prefix}{key}.{name}." if is_mapping else f"{prefix}{key}."
                _refuse_unknown_keys(entry, section, inner, source=source)


def _section_model(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The section behind a field, and whether the field maps names to such sections."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    arguments = typing.get_args(annotation)
    if typing.get_origin(annotation) is dict and isinstance(arguments[1], type):
        return (arguments[1], True) if issubclass(arguments[1], BaseModel) else (None, False)
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return next((found for found in map(_section_model, arguments) if found[0]), (None, False))
    return None, False
