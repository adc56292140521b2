"""Replay: time the lake's pathways by other rules, and list exactly the clocks that would come out differently."""

import csv
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pyspark.sql import SparkSession

from jobs.linked_view import linked_view
from libs.errors import Terminal
from libs.lakehouse.tables import open_lake, settle
from libs.pathways.replay import COLUMNS, changed_clocks
from libs.pathways.standards import pathway_standards
from libs.rules import load_rules
from libs.settings import Settings


class ReplayFileError(Terminal):
    """The list of changes can't be written."""


@dataclass(frozen=True)
class Replay:
    """How many clocks were timed by both, and of those that differ how many by standard and outcomes (now, then)."""

    clock_count: int
    changes: dict[tuple[str, str | None, str | None], int]


def replay(spark: SparkSession, settings: Settings, *, rules: Path, as_at: datetime, output: Path | None) -> Replay:
    """Time every linked pathway as at a moment by the rules of now and by those in a folder, and compare.

    Nothing in the lake is changed. `output` receives one line a changed clock, by its pathway_key.
    Raises RulesError for rules that can't be read, StepOrderError where nothing has been linked yet.
    """
    then_rules, now_rules = load_rules(rules), load_rules()
    lake = open_lake(spark, settings)
    keys = lake.read("silver.linked_pathway").select("pathway_key")
    now, then = (
        settle(pathway_standards(*linked_view(lake, keys, each, as_at_on=as_at.date()), each))
        for each in (now_rules, then_rules)
    )
    changed = settle(changed_clocks(now, then))
    counts = changed.groupBy("standard", "outcome_now", "outcome_then").count().collect()
    if output is not None:
        ordered = changed.orderBy("standard", "pathway_key", "treatment_number")
        _write(output, [tuple(row) for row in ordered.select(*COLUMNS).toLocalIterator()])
    return Replay(
        now.count(), {(row["standard"], row["outcome_now"], row["outcome_then"]): row["count"] for row in counts}
    )


def _write(path: Path, rows: list[tuple[object, ...]]) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(rows)
    except OSError:
        raise ReplayFileError("the list can't be written", do="Look at its path and rights.", file=str(path)) from None
