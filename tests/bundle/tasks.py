"""Jobs: when they start, what their tasks wait for, on what they run and what they call."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any
from zoneinfo import available_timezones

from tests.bundle.documents import Bundle, Fault, KeyPath
from tests.bundle.quartz import quartz_fault
from tests.bundle.typed import nearest

_COMPUTE = ("existing_cluster_id", "new_cluster", "job_cluster_key", "environment_key")


@dataclass(frozen=True)
class Wheel:
    """What setup.py says, and the commands of the one entry point."""

    package: str
    entry_points: Sequence[str]
    commands: Sequence[str]


def job_faults(bundle: Bundle, wheel: Wheel) -> Iterator[Fault]:
    """Faults of every job and its tasks."""
    for path, job in bundle.resources("jobs"):
        yield from _start_faults(bundle, path, job)
        yield from _order_faults(bundle, path, job)
        yield from _compute_faults(bundle, path, job)
        for place, task in _tasks(job):
            if isinstance(task.get("python_wheel_task"), dict):
                yield from _call_faults(bundle, (*path, "tasks", place, "python_wheel_task"), task, wheel)


def _tasks(job: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    return [(place, task) for place, task in enumerate(job.get("tasks") or []) if isinstance(task, dict)]


def _start_faults(bundle: Bundle, path: KeyPath, job: dict[str, Any]) -> Iterator[Fault]:
    starts = [key for key in ("schedule", "trigger", "continuous") if key in job]
    if len(starts) > 1:
        what = f"a job has one way to start, this one {' and '.join(starts)}"
        yield Fault(bundle.place(*path, starts[-1]), what, "Give the second one a job of its own.")
    if starts and (job.get("max_concurrent_runs") != 1 or not (job.get("queue") or {}).get("enabled")):
        what = "two runs of it may overlap, or one is dropped"
        yield Fault(bundle.place(*path), what, "Set max_concurrent_runs: 1 and queue.enabled: true.")
    schedule = bundle.section(*path, "schedule")
    wrong = quartz_fault(str(schedule["quartz_cron_expression"])) if "quartz_cron_expression" in schedule else None
    if wrong:
        mend = "Write for example 0 10 * * * ?."
        yield Fault(bundle.place(*path, "schedule", "quartz_cron_expression"), wrong, mend)
    zone = schedule.get("timezone_id")
    if schedule and zone not in available_timezones():
        what = f"no zone is called {zone!r}"
        yield Fault(bundle.place(*path, "schedule", "timezone_id"), what, "Name Europe/London.")


def _order_faults(bundle: Bundle, path: KeyPath, job: dict[str, Any]) -> Iterator[Fault]:
    keys = [str(task.get("task_key")) for _, task in _tasks(job)]
    graph: dict[str, list[str]] = {key: [] for key in keys}
    for place, task in _tasks(job):
        key = str(task.get("task_key"))
        here = (*path, "tasks", place)
        if keys.index(key) != place:
            yield Fault(bundle.place(*here), f"a second task is called {key!r}", "Give it another task_key.")
        for number, wanted in enumerate(task.get("depends_on") or []):
            name = wanted.get("task_key") if isinstance(wanted, dict) else None
            if name not in graph:
                hint = nearest(str(name), keys, "Name a task of the job.")
                yield Fault(bundle.place(*here, "depends_on", number), f"no task is called {name!r}", hint)
            else:
                graph[key].append(str(name))
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as fault:
        circle = " -> ".join(reversed(fault.args[1]))
        yield Fault(bundle.place(*path, "tasks"), f"tasks wait for each other: {circle}", "Take one depends_on away.")


def _compute_faults(bundle: Bundle, path: KeyPath, job: dict[str, Any]) -> Iterator[Fault]:
    known = {
        "job_cluster_key": [str(each.get("job_cluster_key")) for each in job.get("job_clusters") or []],
        "environment_key": [str(each.get("environment_key")) for each in job.get("environments") or []],
    }
    for place, task in _tasks(job):
        here = (*path, "tasks", place)
        for field, names in known.items():
            if field in task and task[field] not in names:
                hint = nearest(str(task[field]), names, "Declare it in the job.")
                yield Fault(bundle.place(*here, field), f"the job has no {field} {task[field]!r}", hint)
        if "python_wheel_task" in task and not any(field in task for field in _COMPUTE):
            yield Fault(bundle.place(*here), "the task has nothing to run on", "Name a job_cluster_key.")
        if "job_cluster_key" in task and "timeout_seconds" not in task:
            yield Fault(bundle.place(*here), "the task may hang for ever", "Set timeout_seconds.")


def _call_faults(bundle: Bundle, path: KeyPath, task: dict[str, Any], wheel: Wheel) -> Iterator[Fault]:
    call = task["python_wheel_task"]
    package, entry_point = call.get("package_name"), call.get("entry_point")
    if package != wheel.package:
        what = f"no wheel is called {package!r}"
        yield Fault(bundle.place(*path, "package_name"), what, f"setup.py calls it {wheel.package!r}.")
    if entry_point not in wheel.entry_points:
        what = f"setup.py has no entry point {entry_point!r}"
        yield Fault(bundle.place(*path, "entry_point"), what, f"Use one of: {', '.join(wheel.entry_points)}.")
    parameters = [str(each) for each in call.get("parameters") or []]
    if parameters and parameters[0] not in wheel.commands:
        hint = nearest(parameters[0], list(wheel.commands), "`cancollaborate --help` lists them.")
        yield Fault(bundle.place(*path, "parameters", 0), f"there is no command {parameters[0]!r}", hint)
    if parameters and not re.search(r"--env \$\{bundle\.target\}( |$)", " ".join(parameters)):
        what = "the command does not know its environment"
        yield Fault(bundle.place(*path, "parameters"), what, "Add --env and ${bundle.target}.")
    if not any("whl" in library for library in task.get("libraries") or []):
        yield Fault(bundle.place(*path), "the task has no wheel", "Add whl: ../../dist/*.whl to its libraries.")
