"""The bundle's YAML files as one tree in which every part knows its file and line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import SafeConstructor

ROOT_FILE = "databricks.yml"
KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Fault:
    """What is wrong, where it stands, and what mends it."""

    place: str
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}. {self.mend}"


@dataclass
class Bundle:
    """The merged tree; `files` holds the texts by path, `root` is where other files are looked for."""

    root: Path
    files: Mapping[str, str]
    tree: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    _places: dict[KeyPath, str] = field(default_factory=dict)

    def place(self, *path: str | int) -> str:
        """File and line of a part, and its path; those of what holds it where the part itself is missing."""
        known = next((path[:size] for size in range(len(path), 0, -1) if path[:size] in self._places), ())
        return f"{self._places.get(known, ROOT_FILE)} {dotted(path)}"

    def file_of(self, *path: str | int) -> str:
        """The file in which a part stands: its relative paths start there."""
        return self.place(*path).partition(":")[0]

    def section(self, *path: str | int) -> dict[str, Any]:
        """A mapping of the tree; empty where it is missing or something else (which the types tell)."""
        found: Any = self.tree
        for part in path:
            found = found.get(part) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}

    def resources(self, kind: str) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
        """The resources of a kind with their paths."""
        for name, resource in self.section("resources", kind).items():
            if isinstance(resource, dict):
                yield ("resources", kind, name), resource


def read_bundle(root: Path, files: Mapping[str, str]) -> Bundle:
    """Parse and merge the files; what can't be read or stands twice becomes a fault."""
    bundle = Bundle(root, files)
    for name in sorted(files, key=lambda name: name != ROOT_FILE):
        try:
            node = yaml.compose(files[name], Loader=yaml.CSafeLoader)
        except yaml.YAMLError as fault:
            mark = getattr(fault, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            bundle.faults.append(Fault(f"{name}:{line}", "this is not YAML", "Mend indentation or quotes."))
            continue
        if isinstance(node, yaml.MappingNode):
            _merge(bundle, bundle.tree, node, name, ())
    return bundle


def dotted(path: KeyPath) -> str:
    """A path as people write it: resources.jobs.hourly.tasks[0]."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def strings(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    """Every text in a tree with its path."""
    if isinstance(value, str):
        yield path, value
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from strings(child, (*path, key))


def _merge(bundle: Bundle, into: dict[str, Any], node: yaml.MappingNode, name: str, path: KeyPath) -> None:
    seen = set()
    for key_node, value in node.value:
        key = str(key_node.value)
        here = (*path, key)
        line = f"{name}:{key_node.start_mark.line + 1}"
        if key in seen:
            bundle.faults.append(Fault(f"{line} {dotted(here)}", "the key stands twice", "Keep one of the two."))
        seen.add(key)
        is_section = isinstance(value, yaml.MappingNode) and len(here) <= 2
        if is_section and isinstance(into.get(key), dict):
            _merge(bundle, into[key], value, name, here)
            continue
        if key in into and len(here) == 3 and into[key] is not None and bundle.file_of(*here) != name:
            other = bundle.file_of(*here)
            bundle.faults.append(Fault(f"{line} {dotted(here)}", f"it is defined in {other} too", "Rename one."))
        bundle._places[here] = line
        into[key] = {} if isinstance(value, yaml.MappingNode) else _value(bundle, value, name, here)
        if isinstance(value, yaml.MappingNode):
            _merge(bundle, into[key], value, name, here)


def _value(bundle: Bundle, node: yaml.Node, name: str, path: KeyPath) -> Any:
    if isinstance(node, yaml.MappingNode):
        made: dict[str, Any] = {}
        _merge(bundle, made, node, name, path)
        return made
    if isinstance(node, yaml.SequenceNode):
        items = []
        for place, item in enumerate(node.value):
            bundle._places[(*path, place)] = f"{name}:{item.start_mark.line + 1}"
            items.append(_value(bundle, item, name, (*path, place)))
        return items
    return SafeConstructor().construct_object(node)
