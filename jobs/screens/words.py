"""What a person sees of words that nobody knows: how many there are of whom, never the words."""

from collections.abc import Sequence
from itertools import groupby

from pyspark.sql import Row
from rich.console import Console

from jobs.screens.layout import add_row, fixed, heading, number, plain_table, show
from jobs.screens.wording import count


def show_words(console: Console, words: Sequence[Row]) -> None:
    """One line a trust, register and column: different words, and rows that hold one. `words` stand in that order."""
    heading(console, "Words that nobody knows", "Their fields were left empty. New and changed rows, since the first.")
    table = plain_table(fixed("Trust"), fixed("Register"), "Column", "Rule", number("Words"), number("Rows"))
    for (trust, system, field, rule), of_field in groupby(words, key=_place):
        rows = list(of_field)
        add_row(table, trust, system, field, rule, count(len(rows)), count(sum(row["row_count"] for row in rows)))
    show(console, table)


def _place(row: Row) -> tuple[str, str, str, str]:
    return row["trust"], row["system"], row["field"], row["rule_code"]
