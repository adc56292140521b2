"""Every `${…}` of the bundle leads somewhere."""

import dataclasses
import re
from collections.abc import Iterator

from tests.bundle.documents import Bundle, Fault, KeyPath, strings
from tests.bundle.typed import TYPES, nearest

_REFERENCE = re.compile(r"\$\{([^}]*)\}")
_COMPUTED = {"id", "url", "full_name"}  # known once the resource is deployed
_BUNDLE = ["bundle.environment", "bundle.git.branch", "bundle.git.commit", "bundle.name", "bundle.target"]
_WORKSPACE = [
    *(f"workspace.{name}" for name in ("artifact_path", "file_path", "host", "root_path", "state_path")),
    *(f"workspace.current_user.{name}" for name in ("domain_friendly_name", "short_name", "userName")),
]


def reference_faults(bundle: Bundle) -> Iterator[Fault]:
    """References to variables, resources, fields or values that do not exist, and names made of a person's."""
    for path, text in strings(bundle.tree):
        for name in _REFERENCE.findall(text):
            what, mend = _judge(bundle, path, name)
            if what:
                yield Fault(bundle.place(*path), what, mend)


def _judge(bundle: Bundle, path: KeyPath, name: str) -> tuple[str, str]:
    root, _, rest = name.partition(".")
    if root == "var":
        known = list(bundle.section("variables"))
        if rest.partition(".")[0] in known:
            return "", ""
        return f"no variable is called {rest!r}", nearest(rest, known, "Declare it under variables.")
    if root == "resources":
        return _judge_resource(bundle, rest)
    if name == "workspace.current_user.short_name" and path[-1] in ("name", "schema_name"):
        return "the name holds a person's, which development mode puts there already", "Leave ${…short_name} out."
    if name in (*_BUNDLE, *_WORKSPACE):
        return "", ""
    hint = nearest(name, [*_BUNDLE, *_WORKSPACE], "Begin it with var, resources, bundle or workspace.")
    return f"${{{name}}} leads nowhere", hint


def _judge_resource(bundle: Bundle, rest: str) -> tuple[str, str]:
    kind, _, tail = rest.partition(".")
    name, _, field = tail.partition(".")
    known = list(bundle.section("resources", kind))
    if kind not in TYPES or name not in known:
        return f"no resource is called {rest!r}", nearest(name, known, "Declare it under resources.")
    fields = {each.name for each in dataclasses.fields(TYPES[kind])} | _COMPUTED
    if field.partition(".")[0] not in fields:
        hint = nearest(field, sorted(fields), "Name a field of it.")
        return f"a resource of kind {kind!r} has no field {field!r}", hint
    return "", ""
