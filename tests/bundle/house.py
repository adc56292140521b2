"""What the platform does not refuse, but has gone wrong for others: files, kept data, libraries, secrets."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import PurePosixPath
from posixpath import normpath

from tests.bundle.documents import Bundle, Fault, KeyPath, strings
from tests.bundle.wheel import Wheel

_SECRET = re.compile(r"://[^/@\s{]*:[^/@\s{]+@|(?i:password|token)=[^\s{$]")
_SECRET_NAME = re.compile("PASSWORD|TOKEN|SECRET")
_SECRET_VARIABLE = re.compile("password|token|_key$")
_KEPT = ("schemas", "volumes", "registered_models", "experiments")


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


def model_faults(bundle: Bundle, wheel: Wheel) -> Iterator[Fault]:
    """Models of the code that are not declared, and declared ones that no code knows."""
    declared = {str(model.get("name")): path for path, model in bundle.resources("registered_models")}
    for name in wheel.models:
        if name not in declared:
            what = f"the code registers {name!r}, which is not declared"
            yield Fault(bundle.place("resources", "registered_models"), what, "Declare it.")
    for name, path in declared.items():
        if name not in wheel.models:
            yield Fault(
                bundle.place(*path, "name"), f"no code registers {name!r}", f"Known: {', '.join(wheel.models)}."
            )


def library_faults(bundle: Bundle, wheel: Wheel, lock: str) -> Iterator[Fault]:
    """Libraries that a task lacks, without one version, or with another one than requirements.lock."""
    for path, job in bundle.resources("jobs"):
        for place, task in enumerate(job.get("tasks") or []):
            if isinstance(task, dict) and "python_wheel_task" in task:
                named = {_name_of(text) for kind, text in strings(task.get("libraries")) if kind[-1] == "package"}
                lacking = ", ".join(sorted({*wheel.requirements} - named))
                if lacking:
                    here = bundle.place(*path, "tasks", place, "libraries")
                    yield Fault(here, f"the cluster lacks {lacking}", "Add it to the libraries.")
    locked = dict(re.findall(r"^([a-z0-9-]+)(?:\[[\w,]+\])?==(\S+)", lock, re.M))
    for path, text in strings(bundle.tree):
        if path[-1] == "package" and "libraries" in path:
            yield from _pin_faults(bundle.place(*path), text, locked)


def _pin_faults(place: str, text: str, locked: Mapping[str, str]) -> Iterator[Fault]:
    name, version = _name_of(text), text.partition("==")[2]
    if not version:
        yield Fault(place, f"{text} has no version", "Pin it with ==, as in requirements.lock.")
    elif name not in locked:
        yield Fault(place, f"{name} is not in requirements.lock", "Add it to setup.py, or take it away here.")
    elif locked[name] != version:
        yield Fault(place, f"{name} is {version}, in requirements.lock {locked[name]}", "Name the version of the lock.")


def _name_of(requirement: str) -> str:
    return re.split(r"[\[=]", requirement)[0]


def secret_faults(bundle: Bundle) -> Iterator[Fault]:
    """Passwords and tokens that stand in a file."""
    for path, text in strings(bundle.tree):
        if _SECRET.search(text) or (_is_secret(path) and "{{secrets/" not in text):
            yield Fault(bundle.place(*path), "a secret stands in the bundle", "Refer to it: {{secrets/<scope>/<key>}}.")


def _is_secret(path: KeyPath) -> bool:
    """Whether a value is one that nobody but a secret scope may hold, by the name that it has."""
    if "spark_env_vars" in path:
        return bool(_SECRET_NAME.search(str(path[-1])))
    names = [str(part) for before, part in pairwise(path) if before == "variables"]
    return path[-1] != "description" and any(_SECRET_VARIABLE.search(name) for name in names)
