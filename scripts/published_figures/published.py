"""Writes referrals.csv and published.csv."""

from pathlib import Path

import pandas as pd
from tables import BANDS, LEAST_PATIENTS, NORTHERN, SOURCE, number, of_the_year, providers_kept

# Cells below are left out, except those of England and of the Northern trusts.
LEAST_SEEN_IN_18_MONTHS = 36
LEAST_COUNT = 50


def write_referrals(tables: pd.DataFrame, path: Path) -> None:
    """Patients first seen a month, by provider and suspected type (bsym: referred with breast symptoms)."""
    seen = tables[
        tables["standard"].isin(["usc", "ubs"]) & tables["provider"].isin(providers_kept(of_the_year(tables)))
    ]
    suspected = seen["breakdown"].where(seen["standard"] == "usc", "bsym")
    wide = seen.pivot_table("total", ["provider", suspected.rename("suspected")], "period", "sum").fillna(0)
    wide = wide[(wide.sum(axis=1) >= LEAST_SEEN_IN_18_MONTHS) | wide.index.isin(NORTHERN, level=0)]
    lines = [
        SOURCE,
        "# Patients first seen in each month; rows of fewer than 36 in all are left out (Northern trusts: none).",
        "# bsym: referred with breast symptoms. Made by scripts/published_figures.",
    ]
    lines += [",".join(["provider", "suspected", *(f"{month:%Y-%m}" for month in wide.columns)])]
    lines += [",".join([*key, *map(number, row)]) for key, row in zip(wide.index, wide.to_numpy(), strict=True)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_published(year: pd.DataFrame, path: Path) -> None:
    """One cell a line: its total, those within the limit and, for England, those in each band of days."""
    cells = year[_is_compared(year)].sort_values(["standard", "provider", "kind", "route", "breakdown"])
    lines = [
        SOURCE,
        "# April 2024 to March 2025. provider ENG: England. breakdown: fds suspected type, d31 modality, d62 cancer",
        "# group (halves: shared). Bands in days: fds <=14 15-28 29-42 43-62 >62; d31 <=31 32-38 39-48 49-62 >62;",
        "# d62 <=31 32-38 39-48 49-62 63-76 77-90 91-104 >104. Other cells than Northern ones are left out if",
        f"# they hold fewer than {LEAST_COUNT}, and providers of which no figure of the year reaches {LEAST_PATIENTS}.",
        "# Made by scripts/published_figures.",
        "standard,provider,route_or_stage,breakdown,total,within,bands",
    ]
    lines += [_line(cell) for cell in cells.to_dict("records")]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _is_compared(year: pd.DataFrame) -> pd.Series:
    england = year["provider"] == "ENG"
    large = (year["total"] >= LEAST_COUNT) | year["provider"].isin(NORTHERN)
    kept = year["provider"].isin(providers_kept(year)) & large & (year["total"] > 0)
    by_provider = (year["kind"] == "all") | (year["standard"] == "fds")
    by_provider |= (year["standard"] == "d62") & (year["route"] == "ALL")
    by_provider |= (year["kind"] == "modality") & (year["route"] != "ALL")
    of_england = england & (year["total"] > 0)
    in_kind = year["kind"].isin(["all", "suspected", "modality"]) | (year["standard"] == "d62")
    return year["standard"].isin(list(BANDS)) & in_kind & (of_england | (kept & by_provider))


def _line(cell: dict) -> str:
    bands = BANDS[cell["standard"]] if cell["provider"] == "ENG" else ()
    named = (cell[name] for name in ("standard", "provider", "route", "breakdown"))
    counts = (number(cell["total"]), number(cell["within"]), " ".join(number(cell[band]) for band in bands))
    return ",".join([*named, *counts])
