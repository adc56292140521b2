"""A world held against the published figures: band shares, percentages and conversion."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from libs.synthetic.providers import BANDS, ENGLAND, Provider, PublishedFigures

NORTHERN = ("RVW", "RTR", "RTD", "RXP", "RR7", "RTF", "R0B", "RNN")
_UPPER = {
    "fds": [14, 28, 42, 62],
    "d31": [31, 38, 48, 62],
    "d62": [31, 38, 48, 62, 76, 90, 104],
}  # days, the last is open
_CELL = ["standard", "provider", "route_or_stage", "breakdown"]
# Treated cancer groups beside the suspected types that they mostly come from.
CONVERSIONS = {
    "breast": (("breast",), ("breast",)),
    "gynaecology": (("gynaecology",), ("gynaecology",)),
    "haematology": (("lymphoma", "haematology_other"), ("haematology", "acute_leukaemia")),
    "head_neck": (("head_neck",), ("head_neck",)),
    "lower_gi": (("lower_gi",), ("lower_gi",)),
    "lung": (("lung",), ("lung",)),
    "other": (("other",), ("brain", "sarcoma", "children", "other", "non_specific")),
    "skin": (("skin",), ("skin",)),
    "upper_gi": (("hepatobiliary", "oesophagus_stomach"), ("upper_gi",)),
    "urology": (("prostate", "urology_other"), ("urology", "testicular")),
}


def band_shares(waits: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """England's published share of each band beside the world's, by standard, route_or_stage and breakdown.

    `waits` is from `counted_waits`. Columns: published, synthetic (shares of the cell), published_n, synthetic_n.
    """
    england = published[(published["provider"] == ENGLAND) & ~published["band"].isin(["all", "within"])]
    key = ["standard", "route_or_stage", "breakdown"]
    banded = waits.assign(band=_bands(waits))
    sums = _rolled_up(banded).groupby([*key, "band"], observed=True)["counted"].sum().rename("synthetic_count")
    both = england[[*key, "band", "count"]].merge(sums.reset_index(), "left", on=[*key, "band"]).fillna(
        {"synthetic_count": 0.0}
    )  # fmt: skip
    totals = both.groupby(key)[["count", "synthetic_count"]].transform("sum")
    return both[[*key, "band"]].assign(
        published=both["count"] / totals["count"],
        synthetic=both["synthetic_count"] / totals["synthetic_count"],
        published_n=totals["count"],
        synthetic_n=totals["synthetic_count"],
    )


def distances(shares: pd.DataFrame) -> pd.DataFrame:
    """Total-variation distance of each cell of `band_shares`, and the one that sampling alone would give it."""
    n = shares["synthetic_n"].where(shares["synthetic_n"] > 0)
    spread = np.sqrt(2 / np.pi * shares["published"] * (1 - shares["published"]) / n)
    halved = shares.assign(distance=(shares["published"] - shares["synthetic"]).abs() / 2, by_chance=spread / 2)
    cell = halved.groupby(["standard", "route_or_stage", "breakdown"], sort=False)
    sums = cell[["distance", "by_chance"]].sum(min_count=1)
    return sums.join(cell[["published_n", "synthetic_n"]].first()).reset_index()


def percentages(waits: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Per cent within the limit, published beside synthetic, of every published cell of England and of each provider.

    difference in points; standard_error is what the number of synthetic waits alone makes of it, in points.
    """
    wide = published[published["band"].isin(["all", "within"])].pivot_table("count", _CELL, "band", "sum")
    known = set(wide.index.get_level_values("provider"))
    everyone = pd.concat([waits.assign(provider=ENGLAND), waits[waits["provider"].isin(known)]])
    sums = _rolled_up(everyone).groupby(_CELL)[["counted", "within"]].sum()
    both = wide.join(sums.rename(columns={"counted": "synthetic_n", "within": "synthetic_within"}), how="left")
    both = both.fillna({"synthetic_n": 0.0, "synthetic_within": 0.0})
    share = both["within"] / both["all"]
    n = both["synthetic_n"].where(both["synthetic_n"] > 0)
    return pd.DataFrame(
        {
            "published_n": both["all"],
            "synthetic_n": both["synthetic_n"],
            "published": 100 * share,
            "synthetic": 100 * both["synthetic_within"] / n,
            "difference": 100 * (both["synthetic_within"] / n - share),
            "standard_error": 100 * np.sqrt(share * (1 - share) / n),
        }
    ).reset_index()


def treatment_mix(waits: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """England's treatments by stage and modality, and ours: per cent of the stage, per cent within 31 days."""
    cells = percentages(waits[waits["standard"] == "d31"], published[published["standard"] == "d31"])
    cells = cells[(cells["provider"] == ENGLAND) & (cells["breakdown"] != "all")]
    totals = cells.groupby("route_or_stage")[["published_n", "synthetic_n"]].transform("sum")
    mix = 100 * cells[["published_n", "synthetic_n"]] / totals
    return cells.assign(published_share=mix["published_n"], synthetic_share=mix["synthetic_n"])


def conversion(
    waits: pd.DataFrame, seen: pd.DataFrame, figures: PublishedFigures, trusts: Mapping[str, str]
) -> pd.DataFrame:
    """Treated urgent referrals per hundred first seen, of the world's trusts: published (2024-25) beside synthetic.

    A proxy on both sides alike: treatments by diagnosed group, referrals by suspected type. `seen` is of `month_counts`
    and of the same year as the waits; `trusts` are the world's.
    """
    providers = [each for code, each in figures.providers.items() if code in trusts]
    year = figures.referrals[figures.referrals["month"] >= "2024-04-01"]
    theirs = year[year["provider"].isin(list(trusts))].groupby("suspected")["seen"].sum()
    urgent = waits[(waits["standard"] == "d62") & (waits["route_or_stage"] == "USC")]
    treated = urgent[urgent["provider"].isin(list(trusts))].groupby("breakdown")["counted"].sum()
    ours = seen.groupby("suspected")["first_seen"].sum()
    lines = []
    for site, (groups, suspected) in CONVERSIONS.items():
        published = sum(_treated(providers, group) for group in groups)
        lines.append((site, published, _sum(theirs, suspected), _sum(treated, groups), _sum(ours, suspected)))
    table = pd.DataFrame(
        lines, columns=["site", "published_treated", "published_seen", "synthetic_treated", "synthetic_seen"]
    )
    return table.assign(
        published=100 * table["published_treated"] / table["published_seen"],
        synthetic=100 * table["synthetic_treated"] / table["synthetic_seen"].where(table["synthetic_seen"] > 0),
    )


def _treated(providers: list[Provider], group: str) -> float:
    return sum(each.urgent_treated.get(group, 0.0) for each in providers)


def _sum(values: "pd.Series[float]", keys: tuple[str, ...]) -> float:
    return float(values.reindex(list(keys)).fillna(0.0).sum())


def _rolled_up(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows, and again under every route (or stage) together, every breakdown together, and both."""
    every = rows.assign(route_or_stage="ALL")
    return pd.concat([rows, every, rows.assign(breakdown="all"), every.assign(breakdown="all")])


def _bands(waits: pd.DataFrame) -> "pd.Series[str]":
    """The published band that each wait falls into."""
    named = pd.Series("", index=waits.index, dtype=object)
    for standard, upper in _UPPER.items():
        of = (waits["standard"] == standard).to_numpy()
        at = np.searchsorted(upper, waits["days"].to_numpy()[of])
        named[of] = np.array(BANDS[standard], dtype=object)[at]
    return named
