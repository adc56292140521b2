"""Who may read and write what: grants that give nothing, and grants that give too much."""

from collections.abc import Iterator
from typing import Any

from libs.errors import CanCollaborateError
from libs.settings import load_settings
from tests.bundle.documents import Bundle, Fault, KeyPath
from tests.bundle.targets import folder_of

_GRANTED = ("schemas", "volumes", "registered_models")
_ANALYSTS, _SENDERS = "${var.analysts}", "${var.senders}"
_OPEN_SCHEMA = "gold"  # bronze and silver hold patients' identifiers
_READING = {"READ_VOLUME", "ALL_PRIVILEGES"}
_WRITING = {"WRITE_VOLUME", "ALL_PRIVILEGES"}


def grant_faults(bundle: Bundle) -> Iterator[Fault]:
    """Grants that give nothing, or to nobody, or what analysts may not have."""
    for path, grant in _grants(bundle, _GRANTED):
        privileges = _privileges(grant)
        if not (grant.get("principal") and privileges):
            yield Fault(bundle.place(*path), "the grant lacks its principal or its privileges", "Name both.")
        if "WRITE_VOLUME" in privileges and "READ_VOLUME" not in privileges:
            what = "who may not read a volume can't write to it either"
            yield Fault(bundle.place(*path), what, "Grant READ_VOLUME too.")
        is_open = path[:2] != ("resources", "volumes") and _OPEN_SCHEMA in (path[2], _schema_of(bundle, path))
        if grant.get("principal") == _ANALYSTS and not is_open:
            what = "analysts would see what identifies patients"
            yield Fault(bundle.place(*path), what, f"Grant them {_OPEN_SCHEMA} only.")


def reach_faults(bundle: Bundle) -> Iterator[Fault]:
    """Volumes that others may write to and in which the platform keeps its own files; keys that others may read.

    What a schema grants holds for its volumes too.
    """
    for target in bundle.section("targets"):
        try:
            settings = load_settings(target, conf=bundle.root / "conf")
        except CanCollaborateError:
            continue  # told with the target
        for path, grant in _grants(bundle, ("schemas", "volumes")):
            granted = bundle.section(*path[:3])
            is_schema = path[1] == "schemas"
            volume = f"/Volumes/{settings.catalog}/{granted.get('name')}"
            volume = volume if is_schema else folder_of(bundle, granted, settings.catalog)
            kept = ("root", "archive", "quarantine", "outbox", "secrets") if _WRITING & _privileges(grant) else ()
            held = {name for name in kept if f"{getattr(settings.paths, name)}/".startswith(f"{volume}/")}
            if held:
                what = f"{grant.get('principal')} may write where conf/{target}.yml keeps paths.{min(held)}"
                yield Fault(bundle.place(*path), what, "Give landing a volume of its own.")
            if _READING & _privileges(grant) and f"{settings.paths.secrets}/".startswith(f"{volume}/"):
                what = f"{grant.get('principal')} may read the keys of conf/{target}.yml"
                yield Fault(bundle.place(*path), what, "Leave their volume to its owner.")


def answer_faults(bundle: Bundle) -> Iterator[Fault]:
    """Answers that their senders can't fetch, or beside which they would read what is not for them."""
    for target in bundle.section("targets"):
        try:
            settings = load_settings(target, conf=bundle.root / "conf")
        except CanCollaborateError:
            continue  # told with the target
        read = {
            folder_of(bundle, bundle.section(*path[:3]), settings.catalog): path
            for path, grant in _grants(bundle, ("volumes",))
            if grant.get("principal") == _SENDERS and _READING & _privileges(grant)
        }
        outbox = f"{settings.paths.outbox}/"
        if not any(outbox.startswith(f"{volume}/") for volume in read):
            what = f"senders may not read paths.outbox of conf/{target}.yml: nobody would get an answer"
            yield Fault(bundle.place("resources", "volumes"), what, f"Grant {_SENDERS} READ_VOLUME there.")
        for volume, path in read.items():
            for name in ("archive", "quarantine"):
                if f"{getattr(settings.paths, name)}/".startswith(f"{volume}/"):
                    what = f"senders may read where conf/{target}.yml keeps paths.{name}"
                    yield Fault(bundle.place(*path), what, "Give the outbox a volume of its own.")


def _grants(bundle: Bundle, kinds: tuple[str, ...]) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    for kind in kinds:
        for path, resource in bundle.resources(kind):
            for place, grant in enumerate(resource.get("grants") or []):
                if isinstance(grant, dict):
                    yield (*path, "grants", place), grant


def _privileges(grant: dict[str, Any]) -> set[str]:
    return {str(each) for each in grant.get("privileges") or []}


def _schema_of(bundle: Bundle, path: KeyPath) -> str:
    """The key of the schema that a resource refers to."""
    name = str(bundle.section(*path[:3]).get("schema_name"))
    return name.removeprefix("${resources.schemas.").partition(".")[0]
