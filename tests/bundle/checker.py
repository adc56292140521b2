"""Checks the Databricks bundle without a workspace: `databricks bundle validate` stops at its login.

To run it by hand: python -m tests.bundle.checker
"""

import ast
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jobs.cli import app
from tests.bundle.documents import ROOT_FILE, Bundle, Fault, read_bundle
from tests.bundle.house import file_faults, grant_faults, kept_faults, library_faults, secret_faults
from tests.bundle.references import reference_faults
from tests.bundle.targets import identity_faults, permission_faults, target_faults
from tests.bundle.tasks import Wheel, job_faults
from tests.bundle.typed import key_faults, resource_faults

ROOT = Path(__file__).parents[2]


def bundle_files(root: Path = ROOT) -> dict[str, str]:
    """The bundle's files by their path."""
    paths = [root / ROOT_FILE, *sorted((root / "conf" / "bundle").glob("*.yml"))]
    return {str(path.relative_to(root)): path.read_text(encoding="utf-8") for path in paths}


def wheel_of(root: Path = ROOT) -> Wheel:
    """What setup.py names its wheel and its entry points, and the commands behind them."""
    tree = ast.parse((root / "setup.py").read_text(encoding="utf-8"))
    call = next(
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setup"
    )
    given: dict[str, Any] = {
        str(each.arg): ast.literal_eval(each.value) for each in call.keywords if each.arg in ("name", "entry_points")
    }
    scripts = [line.partition("=")[0].strip() for line in given["entry_points"]["console_scripts"]]
    commands = [each.name or getattr(each.callback, "__name__", "") for each in app.registered_commands]
    return Wheel(given["name"], scripts, commands)


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
        *grant_faults(bundle),
        *library_faults(bundle, lock),
        *secret_faults(bundle),
    ]


def check_repository() -> list[Fault]:
    """Every fault of this repository's bundle."""
    return check(bundle_files(), wheel_of(), (ROOT / "requirements.lock").read_text(encoding="utf-8"))


if __name__ == "__main__":
    found = check_repository()
    sys.stdout.writelines(f"{fault}\n" for fault in found)
    sys.exit(bool(found))
