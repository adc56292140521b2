"""What the platform does not refuse, but has gone wrong for others: files, kept data, libraries, secrets."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from posixpath import normpath
from typing import Any

from tests.bundle.documents import Bundle, Fault, KeyPath, strings

_KEPT = ("schemas", "volumes", "registered_models", "experiments")
_GRANTED = ("schemas", "volumes", "registered_models")


def file_faults(bundle: Bundle) -> Iterator[Fault]:
    """Files that are named and not there; a wheel is there once it is built, so its folder is judged."""
    for place, pattern in enumerate(bundle.tree.get("include") or []):
        if not any(PurePosixPath(name).match(str(pattern)) for name in bundle.files):
            yield Fault(bundle.place("include", place), f"nothing matches {pattern}", "Name the files' folder.")
    artifacts = [bundle.section("artifacts", name) for name in bundle.section("artifacts")]
    built = {normpath(f"{artifact.get('path', '.')}/dist") for artifact in artifacts}
    for path, text in strings(bundle.tree):
        folder = PurePosixPath(bundle.file_of(*path)).parent
        if path[-1] == "whl" and normpath(folder / PurePosixPath(text).parent) not in built:
            mend = "Paths start at the file that they stand in: ../../dist/*.whl from conf/bundle."
            yield Fault(bundle.place(*path), f"no artifact is built into the folder of {text}", mend)
        is_file = path[-1] in ("notebook_path", "python_file", "requirements") and text.startswith(".")
        if is_file and not (bundle.root / folder / text).is_file():
            yield Fault(bundle.place(*path), f"there is no file {text}", "Paths start at the file they stand in.")


def kept_faults(bundle: Bundle) -> Iterator[Fault]:
    """Data and models that a deployment could destroy, and endpoints that would spoil one."""
    for kind in _KEPT:
        for path, _ in bundle.resources(kind):
            if bundle.section(*path, "lifecycle").get("prevent_destroy") is not True:
                what = "a deployment could destroy it"
                yield Fault(bundle.place(*path), what, "Set lifecycle.prevent_destroy: true.")
    for path, _ in bundle.resources("model_serving_endpoints"):
        what = "a serving endpoint fails the first deployment, and may not run as another identity"
        yield Fault(bundle.place(*path), what, "Leave it out of the bundle; what promotes a model makes it.")


def grant_faults(bundle: Bundle) -> Iterator[Fault]:
    """Grants that give nothing, or to nobody."""
    for kind in _GRANTED:
        for path, resource in bundle.resources(kind):
            for place, grant in enumerate(resource.get("grants") or []):
                if isinstance(grant, dict) and not (grant.get("principal") and grant.get("privileges")):
                    what = "the grant lacks its principal or its privileges"
                    yield Fault(bundle.place(*path, "grants", place), what, "Name both.")


def library_faults(bundle: Bundle, lock: str) -> Iterator[Fault]:
    """Libraries without one version, or with another one than requirements.lock."""
    locked = dict(re.findall(r"^([a-z0-9-]+)(?:\[[\w,]+\])?==(\S+)", lock, re.M))
    for path, text in strings(bundle.tree):
        if path[-1] != "package" or "libraries" not in path:
            continue
        name, _, version = re.sub(r"\[.*?\]", "", text).partition("==")
        if not version:
            yield Fault(bundle.place(*path), f"{text} has no version", "Pin it with ==, as in requirements.lock.")
        elif locked.get(name, version) != version:
            what = f"{name} is {version}, in requirements.lock {locked[name]}"
            yield Fault(bundle.place(*path), what, "Name the version of the lock.")


def secret_faults(bundle: Bundle) -> Iterator[Fault]:
    """Passwords and tokens that stand in a file."""
    for path, text in strings(bundle.tree):
        if re.search(r"://[^/@\s{]*:[^/@\s{]+@", text) or (_is_secret(path) and "{{secrets/" not in text):
            yield Fault(bundle.place(*path), "a secret stands in the bundle", "Refer to it: {{secrets/<scope>/<key>}}.")


def _is_secret(path: KeyPath) -> Any:
    return "spark_env_vars" in path and re.search("PASSWORD|TOKEN|SECRET", str(path[-1]))
