"""The screen of a world's comparison with the published figures."""

from collections.abc import Hashable
from typing import Any

import pandas as pd
from rich.console import Console

from jobs.screens.layout import add_row, fixed, heading, line, number, plain_table, show
from jobs.screens.wording import NONE
from libs.synthetic.comparison.report import Report, further

_PASSED = {True: "yes", False: "NO"}


def show_world_report(console: Console, report: Report, *, identity: str, folder: str) -> None:
    """Every limit with what was measured, and where the tables and pictures lie."""
    failed = int((report.verdicts["passed"] == False).sum())  # noqa: E712 - missing is neither
    judged = int(report.verdicts["passed"].notna().sum())
    heading(
        console,
        "SYNTHETIC world beside the published figures",
        f"{identity}. Its trusts see {100 * report.share_of_england:.1f} % of England's urgent referrals.\n"
        f"{judged - failed} of {judged} limits met. Chance: what so few synthetic waits alone make of it; a question\n"
        "mark stands where that is more than half of the limit, and the verdict hence little more than chance.",
    )
    table = plain_table(fixed("What"), number("Measured"), number("Limit"), number("Chance"), number("n"), fixed("Met"))
    for row in report.verdicts.to_dict("records"):
        add_row(table, *_cells(row), style="bold" if row["passed"] is False else None)
    show(console, table)
    if report.verdicts["passed"].isna().any():
        line(console, "No judgement on England's bands: trusts that are not all of England need not have them.")
    heading(console, "Beside these, without a limit")
    others = plain_table(fixed("What"), number("Published"), number("Synthetic"), number("Distance"))
    for row in further(report).to_dict("records"):
        shown = (_shown("{:.3g}", row[name]) for name in ("published", "synthetic", "distance"))
        add_row(others, str(row["subject"]), *shown)
    show(console, others)
    line(console, f"Tables and pictures: {folder}")


def _cells(row: dict[Hashable, Any]) -> tuple[str, ...]:
    subject = str(row["subject"])
    is_wait = not subject.startswith("referrals")
    points = is_wait and "bands" not in subject
    form = "{:+.1f}" if points else "{:.3f}"
    limit = f"±{row['limit']:.1f}" if points else f"{row['limit']:.3f}"
    passed = row["passed"]
    unsure = "?" if is_wait and row["by_chance"] > row["limit"] / 2 else ""
    met = NONE if passed is pd.NA or passed is None else _PASSED[bool(passed)] + unsure
    measured, chance = (_shown(form if name == "measured" else form.replace("+", ""), row[name]) for name in _FIGURES)
    return subject, measured, limit, chance, f"{row['n']:,.0f}", met


_FIGURES = ("measured", "by_chance")


def _shown(form: str, value: object) -> str:
    return NONE if value != value else form.format(value)  # noqa: PLR0124 - what is not a number is not itself
