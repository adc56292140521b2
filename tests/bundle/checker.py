"""Checks the Databricks bundle without a workspace: `databricks bundle validate` stops at its login.

To run it by hand: python -m tests.bundle.checker
"""

import ast
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from typer.main import get_command

from jobs.cli import app
from tests.bundle.documents import ROOT_FILE, Bundle, Fault, read_bundle
from tests.bundle.grants import answer_faults, grant_faults, reach_faults
from tests.bundle.house import file_faults, kept_faults, library_faults, model_faults, secret_faults
from tests.bundle.references import reference_faults
from tests.bundle.targets import identity_faults, permission_faults, target_faults
from tests.bundle.tasks import job_faults
from tests.bundle.typed import key_faults, resource_faults
from tests.bundle.wheel import Wheel

ROOT = Path(__file__).parents[2]
_ON_CLUSTERS = ("ml", "postgres")  # the extras of the wheel whose packages a cluster needs beside it
_BROUGHT = {"setuptools"}  # every Python of a runtime has it, and pip brings it with pmdarima


def bundle_files(root: Path = ROOT) -> dict[str, str]:
    """The bundle's files by their path."""
    paths = [root / ROOT_FILE, *sorted((root / "conf" / "bundle").glob("*.yml"))]
    return {str(path.relative_to(root)): path.read_text(encoding="utf-8") for path in paths}


def wheel_of(root: Path = ROOT) -> Wheel:
    """What setup.py and the code say of the wheel; setup.py is read and not run, MLflow takes seconds to load."""
    tree = _parsed(root / "setup.py")
    call = next(
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setup"
    )
    given: dict[str, Any] = {
        str(each.arg): ast.literal_eval(each.value) for each in call.keywords if each.arg in ("name", "entry_points")
    }
    extras = _assigned(tree, "EXTRAS")
    named = [re.split(r"[^\w-]", line)[0] for extra in _ON_CLUSTERS for line in extras[extra]]
    return Wheel(
        package=given["name"],
        entry_points=[line.partition("=")[0].strip() for line in given["entry_points"]["console_scripts"]],
        options={name: _options(command) for name, command in get_command(app).commands.items()},  # type: ignore[attr-defined]
        requirements=[name for name in named if name not in _BROUGHT],
        models=sorted(_assigned(_parsed(root / "ml" / "breach_risk" / "registry.py"), "MODEL_NAMES").values()),
    )


def check(files: Mapping[str, str], wheel: Wheel, lock: str, root: Path = ROOT) -> list[Fault]:
    """Every fault of the bundle."""
    bundle: Bundle = read_bundle(root, files)
    if bundle.faults:
        return bundle.faults
    return [
        *key_faults(bundle),
        *resource_faults(bundle),
        *reference_faults(bundle),
        *target_faults(bundle),
        *identity_faults(bundle),
        *permission_faults(bundle),
        *job_faults(bundle, wheel),
        *file_faults(bundle),
        *kept_faults(bundle),
        *model_faults(bundle, wheel),
        *grant_faults(bundle),
        *reach_faults(bundle),
        *answer_faults(bundle),
        *library_faults(bundle, wheel, lock),
        *secret_faults(bundle),
    ]


def check_repository() -> list[Fault]:
    """Every fault of this repository's bundle."""
    return check(bundle_files(), wheel_of(), (ROOT / "requirements.lock").read_text(encoding="utf-8"))


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _assigned(tree: ast.Module, name: str) -> dict[str, Any]:
    """The literal that a module assigns to a name."""
    found = next(
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name
    )
    return dict(ast.literal_eval(found))


def _options(command: Any) -> frozenset[str]:
    return frozenset(option for parameter in command.params for option in parameter.opts)


if __name__ == "__main__":
    found = check_repository()
    sys.stdout.writelines(f"{fault}\n" for fault in found)
    sys.exit(bool(found))
