"""The sections on risk: the pathways most likely to breach, and the models that say so."""

from collections.abc import Sequence
from datetime import date

from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection

from jobs.screens.layout import WIDE, add_row, fixed, heading, line, number, plain_table, show
from jobs.screens.queries import outlook
from jobs.screens.queries.publication import Found
from jobs.screens.waiting import SOON_DAYS, next_action
from jobs.screens.wording import NONE, count, day, days_left, probability, site

RISKY_COUNT = 6
STANDARDS = ("28", "62")  # those that have a model


def show_riskiest(console: Console, connection: Connection, *, today: date) -> None:
    """The pathways that the model holds most likely to breach and that leave time to act."""
    models = outlook.models(connection)
    heading(
        console,
        f"Riskiest: likely to breach, with {SOON_DAYS} days or more left to prevent it",
        "Most urgent goes by the date, this by the model's risk. No treatment is booked in time here either."
        " Look-up: the past rate of such pathways.",
    )
    if not models:
        line(console, "No model yet, so nothing is scored.", style="dim")
        return
    rows = outlook.riskiest(connection, today=today, days=SOON_DAYS, limit=RISKY_COUNT)
    show(console, _risk_table(rows, today=today, is_wide=console.width >= WIDE))
    by_standard = ", ".join(_expected(model) for model in reversed(models))
    line(console, f"Breaches to expect of the clocks that still run: {by_standard}.")
    for model in models:
        if not model.is_calibrated:
            line(console, f"The {model.standard}-day model is not calibrated: read its order, not its percentages.")


def show_models(console: Console, connection: Connection) -> None:
    """Each standard's champion as it stands in the scores."""
    by_standard = {model.standard: model for model in outlook.models(connection)}
    heading(console, "Models")
    table = plain_table(
        fixed("Standard"), fixed("Model"), number("Version"), number("Scored"), fixed("On"), "Probabilities"
    )
    for standard in STANDARDS:
        model = by_standard.get(standard)
        if model is None:
            add_row(table, f"{standard}-day", "no model yet", NONE, NONE, NONE, NONE, style="dim")
            continue
        add_row(
            table, f"{standard}-day", model.model_name, f"{model.model_version}", count(model.scored),
            day(model.scored_on), "calibrated" if model.is_calibrated else "not calibrated",
        )  # fmt: skip
    show(console, table)


def _risk_table(rows: Sequence[Found], *, today: date, is_wide: bool) -> Table:
    trusts_head, left_head = ([fixed("Trusts")], [number("Left")]) if is_wide else ([], [])
    table = plain_table(
        fixed("Pathway"), fixed("Tumour site"), number("Day"), *left_head, number("Risk"), number("Look-up"),
        fixed("Band"), *trusts_head, "Next action",
    )  # fmt: skip
    for row in rows:
        left_days = (row.in_time_until - today).days
        trusts, left = ([row.tracked_by or NONE], [days_left(left_days)]) if is_wide else ([], [])
        add_row(
            table, row.pathway_key[:8], site(row.tumour_site), f"{count(row.day)} of {row.standard}", *left,
            probability(row.p_breach), probability(row.baseline_p), row.risk_band or NONE, *trusts,
            next_action(row, today=today),
        )  # fmt: skip
    return table


def _expected(model: Found) -> str:
    return f"{model.standard}-day {model.expected:,.0f} of {count(model.scored)} (look-up {model.lookup_expected:,.0f})"
