"""Targets: their modes, who they run as, and that every variable has a value in each."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import make_url

from libs.errors import CanCollaborateError
from libs.settings import load_settings
from tests.bundle.documents import Bundle, Fault, KeyPath
from tests.bundle.typed import nearest

_MODES = ("development", "production")
_LEVELS = ("CAN_MANAGE", "CAN_RUN", "CAN_VIEW")
_IDENTITIES = ("user_name", "service_principal_name", "group_name")


def target_faults(bundle: Bundle) -> Iterator[Fault]:
    """Faults of the targets and of the variables that they fill."""
    targets = bundle.section("targets")
    defaults = [name for name in targets if bundle.section("targets", name).get("default") is True]
    if len(defaults) != 1:
        what = f"{len(defaults)} targets are the default"
        yield Fault(bundle.place("targets"), what, "Mark exactly one with default: true.")
    for name in targets:
        path = ("targets", name)
        target = bundle.section(*path)
        if target.get("mode") not in _MODES:
            what = f"there is no mode {target.get('mode')!r}"
            yield Fault(bundle.place(*path, "mode"), what, f"Use one of: {', '.join(_MODES)}.")
        if target.get("mode") == "production":
            yield from _production_faults(bundle, path)
        yield from _variable_faults(bundle, path)
        yield from _conf_faults(bundle, name)
    for name, variable in bundle.section("variables").items():
        if not isinstance(variable, dict) or not variable.get("description"):
            yield Fault(bundle.place("variables", name), "the variable is not described", "Say what it is for.")


def identity_faults(bundle: Bundle) -> Iterator[Fault]:
    """Identities to run as, and permissions, that name nobody or two at once."""
    for path in [*_owners(bundle), *_resources_with_permissions(bundle)]:
        run_as = bundle.section(*path).get("run_as")
        if run_as is not None:
            yield from _one_identity(bundle, (*path, "run_as"), run_as)
        for place, permission in enumerate(_permissions(bundle, path)):
            yield from _one_identity(bundle, (*path, "permissions", place), permission)


def permission_faults(bundle: Bundle) -> Iterator[Fault]:
    """Permissions of the whole that have an unknown level, or an identity that a resource names too."""
    own = [_identity(each) for path in _resources_with_permissions(bundle) for each in _permissions(bundle, path)]
    for path in _owners(bundle):
        for place, permission in enumerate(_permissions(bundle, path)):
            here = bundle.place(*path, "permissions", place)
            level = permission.get("level") if isinstance(permission, dict) else None
            if level not in _LEVELS:
                yield Fault(here, f"there is no level {level!r}", f"Use one of: {', '.join(_LEVELS)}.")
            if _identity(permission) in own:
                yield Fault(here, "a resource names the same identity", "Keep one of the two.")


def _owners(bundle: Bundle) -> list[KeyPath]:
    """The bundle itself and its targets."""
    return [(), *(("targets", name) for name in bundle.section("targets"))]


def _resources_with_permissions(bundle: Bundle) -> list[KeyPath]:
    return [path for kind in ("jobs", "experiments") for path, _ in bundle.resources(kind)]


def _permissions(bundle: Bundle, path: KeyPath) -> list[Any]:
    return bundle.section(*path).get("permissions") or []


def _production_faults(bundle: Bundle, path: KeyPath) -> Iterator[Fault]:
    if not bundle.section(*path, "workspace").get("root_path"):
        what = "production has no workspace.root_path: each deployer would make a copy"
        yield Fault(bundle.place(*path), what, "Set one fixed folder.")
    run_as = bundle.section(*path, "run_as") or bundle.section("run_as")
    if not run_as.get("service_principal_name"):
        what = "production would run as whoever deploys it"
        yield Fault(bundle.place(*path), what, "Set run_as.service_principal_name.")


def _variable_faults(bundle: Bundle, path: KeyPath) -> Iterator[Fault]:
    declared, given = bundle.section("variables"), bundle.section(*path, "variables")
    for name in given:
        if name not in declared:
            hint = nearest(name, list(declared), "Declare it under variables.")
            yield Fault(bundle.place(*path, "variables", name), f"no variable is called {name!r}", hint)
    for name in declared:
        if given.get(name) is None and not {"default", "lookup"} & set(bundle.section("variables", name)):
            what = f"the variable {name!r} has no value"
            yield Fault(bundle.place(*path), what, "Set it in the target, or give it a default.")


def _conf_faults(bundle: Bundle, target: str) -> Iterator[Fault]:
    """The target and conf/<target>.yml name the same catalog and volumes; the publication has a server."""
    try:
        settings = load_settings(target, conf=bundle.root / "conf")
    except CanCollaborateError as fault:
        yield Fault(bundle.place("targets", target), f"conf/{target}.yml is not usable", str(fault))
        return
    catalog = bundle.section("targets", target, "variables").get("catalog")
    if settings.catalog != catalog:
        what = f"the catalog is {catalog!r}, in conf/{target}.yml {settings.catalog!r}"
        yield Fault(bundle.place("targets", target, "variables", "catalog"), what, "Name the same in both.")
    volumes = [folder_of(bundle, volume, settings.catalog) for _, volume in bundle.resources("volumes")]
    for name in ("root", "landing", "archive", "quarantine", "outbox", "secrets"):
        folder = str(getattr(settings.paths, name))
        if not any(f"{folder}/".startswith(f"{volume}/") for volume in volumes):
            what = f"paths.{name} of conf/{target}.yml lies in none of the volumes"
            yield Fault(bundle.place("resources", "volumes"), what, f"Name the volume as in {folder}.")
    wrong = _warehouse_fault(settings.warehouse.url)
    if wrong:
        mend = "Name a server; user and password come from the secret scope."
        yield Fault(bundle.place("targets", target), f"warehouse.url of conf/{target}.yml {wrong}", mend)


def _warehouse_fault(url: str) -> str | None:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return "is a SQLite file, which a volume can't hold"
    return "holds a password" if parsed.password else None


def folder_of(bundle: Bundle, volume: dict[str, Any], catalog: str | None) -> str:
    """Where a volume's files lie, its schema taken from behind the reference."""
    schema = str(volume.get("schema_name"))
    if schema.startswith("${resources.schemas."):
        schema = str(bundle.section("resources", "schemas", schema.split(".")[2]).get("name"))
    return f"/Volumes/{catalog}/{schema}/{volume.get('name')}"


def _identity(entry: Any) -> list[tuple[str, Any]]:
    return [(key, entry[key]) for key in _IDENTITIES if key in entry] if isinstance(entry, dict) else []


def _one_identity(bundle: Bundle, path: KeyPath, entry: Any) -> Iterator[Fault]:
    names = [key for key, _ in _identity(entry)]
    if len(names) != 1:
        what = f"it names {len(names)} identities" + (f" ({' and '.join(names)})" if names else "")
        yield Fault(bundle.place(*path), what, "Name exactly one.")
