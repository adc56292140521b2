"""Jobs: when they start, what their tasks wait for, on what they run and what they call."""

import re
from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any
from zoneinfo import available_timezones

from tests.bundle.documents import Bundle, Fault, KeyPath
from tests.bundle.quartz import quartz_fault
from tests.bundle.typed import nearest
from tests.bundle.wheel import Wheel

_COMPUTE = ("existing_cluster_id", "new_cluster", "job_cluster_key", "environment_key")
# Without one of these a cluster does not see Unity Catalog; in a shared mode it has no local checkpoints.
_DEDICATED = ("SINGLE_USER", "DATA_SECURITY_MODE_DEDICATED")
_MAY_RUN = ("CAN_MANAGE_RUN", "CAN_MANAGE")


def job_faults(bundle: Bundle, wheel: Wheel) -> Iterator[Fault]:
    """Faults of every job and its tasks."""
    for path, job in bundle.resources("jobs"):
        yield from _start_faults(bundle, path, job)
        yield from _watch_faults(bundle, path, job)
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


def _watch_faults(bundle: Bundle, path: KeyPath, job: dict[str, Any]) -> Iterator[Fault]:
    """A job that fails or hangs is noticed, and somebody may run it again."""
    if not job.get("timeout_seconds"):
        yield Fault(bundle.place(*path), "the job may hang for ever", "Set timeout_seconds.")
    if not any(
        bundle.section(*path, told).get("on_failure") for told in ("email_notifications", "webhook_notifications")
    ):
        yield Fault(bundle.place(*path), "nobody hears of its failure", "Set email_notifications.on_failure.")
    permissions = [each for each in job.get("permissions") or [] if isinstance(each, dict)]
    if not any(each.get("group_name") and each.get("level") in _MAY_RUN for each in permissions):
        what = "no group may run it again"
        yield Fault(bundle.place(*path), what, "Give one CAN_MANAGE_RUN under permissions.")


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
    for place, _ in enumerate(job.get("job_clusters") or []):
        yield from _cluster_faults(bundle, (*path, "job_clusters", place), job["job_clusters"][place])


def _cluster_faults(bundle: Bundle, path: KeyPath, cluster: Any) -> Iterator[Fault]:
    made = cluster.get("new_cluster") if isinstance(cluster, dict) else None
    if isinstance(made, dict) and made.get("data_security_mode") not in _DEDICATED:
        what = "the cluster is not a dedicated one: it sees no Unity Catalog, or allows too little"
        yield Fault(bundle.place(*path), what, "Set data_security_mode: SINGLE_USER.")


def _call_faults(bundle: Bundle, path: KeyPath, task: dict[str, Any], wheel: Wheel) -> Iterator[Fault]:
    call = task["python_wheel_task"]
    package, entry_point = call.get("package_name"), call.get("entry_point")
    if package != wheel.package:
        what = f"no wheel is called {package!r}"
        yield Fault(bundle.place(*path, "package_name"), what, f"setup.py calls it {wheel.package!r}.")
    if entry_point not in wheel.entry_points:
        what = f"setup.py has no entry point {entry_point!r}"
        yield Fault(bundle.place(*path, "entry_point"), what, f"Use one of: {', '.join(wheel.entry_points)}.")
    yield from _parameter_faults(
        bundle, (*path, "parameters"), [str(each) for each in call.get("parameters") or []], wheel
    )
    if not any("whl" in library for library in task.get("libraries") or []):
        yield Fault(bundle.place(*path), "the task has no wheel", "Add whl: ../../dist/*.whl to its libraries.")


def _parameter_faults(bundle: Bundle, path: KeyPath, words: Sequence[str], wheel: Wheel) -> Iterator[Fault]:
    """The words of a call are a command, its options, and the environment among them."""
    command = words[0] if words else ""
    if command not in wheel.options:
        hint = nearest(command, list(wheel.options), "`cancollaborate --help` lists them.")
        yield Fault(bundle.place(*path, 0), f"there is no command {command!r}", hint)
        return
    known = wheel.options[command]
    for place, word in enumerate(words):
        if word.startswith("--") and word.partition("=")[0] not in known:
            hint = nearest(word, sorted(known), f"`cancollaborate {command} --help` lists them.")
            yield Fault(bundle.place(*path, place), f"the command has no option {word!r}", hint)
    if not re.search(r"--env \$\{bundle\.target\}( |$)", " ".join(words)):
        what = "the command does not know its environment"
        yield Fault(bundle.place(*path), what, "Add --env and ${bundle.target}.")
