"""Fit the synthetic world to the published figures: lengths of waiting lists and turns of care.

    .venv/bin/python scripts/fit_world.py --rounds 12

Writes conf/synthetic/waits.csv and fitted.yml. Each round makes a world of all English providers (without names, which
play no part in it), counts its waits as the tables do, and moves every figure a step against its own error. This is
for whoever gives the world a new version: a frozen one is not fitted again.
"""

import argparse
import sys
import time
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm

from libs.settings import conf_folder
from libs.synthetic.calendar import LONDON
from libs.synthetic.comparison.counted_waits import counted_waits, last_year
from libs.synthetic.comparison.shares import NORTHERN, band_shares, distances
from libs.synthetic.figures import Figures, load_figures
from libs.synthetic.need.referrals import expected_referrals
from libs.synthetic.providers import ENGLAND
from libs.synthetic.spec import WorldSpec
from libs.synthetic.truth import Unnamed, make_unnamed

ENDS_AT = datetime(2025, 4, 1, 9, tzinfo=LONDON)
Cells = dict[tuple[str, ...], tuple[float, float]]
_FITTED_HEAD = """\
# Fitted: set by `python scripts/fit_world.py` so that a world of all English providers, in which every wait comes
# from queues, resembles NHS England's published figures (NHS England, Cancer Waiting Times, 2024-25. Contains public
# sector information licensed under the Open Government Licence v3.0).
# sites: of people without cancer, the share told at the first appointment (one_stop) and the share who need
# a second round of tests (more_tests); whose result lies unseen for a while (mislaid).
# groups: share who go from being told to treatment without staging (express), rounds of staging of the others
# (staging), share whose treatment waits for their fitness, another opinion or their own mind (held_up).
"""
_WAITS_HEAD = """\
# The usual wait of each queue in working days, fitted by scripts/fit_world.py (source and licence as in fitted.yml).
# ENG holds for every provider without a line of its own. Queues: clinic and results (by suspected site), tests (by
# kind), report, staging, decision and theatre (by cancer group; alone: of every group), drugs, radiotherapy.
"""


_TURNS_HEAD = """\
# How often, beside England (1), people without cancer are not told at once and need more tests, by provider and
# suspected site, and how often treatment needs staging or is held up (treatment); fitted by scripts/fit_world.py
# (source and licence as in fitted.yml).
"""


def main() -> None:
    """Fit for some rounds, writing after each."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--pathways", type=int, default=0, help="as many as in life without it")
    asked.add_argument("--seeds", type=int, default=1, help="worlds counted together in a round")
    asked.add_argument("--rounds", type=int, default=10)
    asked.add_argument("--trusts", default="all")
    asked.add_argument("--step", type=float, default=0.8)
    options = asked.parse_args()
    figures = load_figures(conf_folder())
    only = list(figures.providers) if options.trusts == "all" else list(NORTHERN)
    for number in range(1, options.rounds + 1):
        began = time.monotonic()
        worlds = [made(figures, only, options.pathways, seed=1000 * number + each) for each in range(options.seeds)]
        counts = [
            counted_waits(each.pathways, each.treatments, figures.providers, last_year(ENDS_AT)) for each in worlds
        ]
        waits, pathways = pd.concat(counts), pd.concat([each.pathways for each in worlds])
        say(f"round {number}: {time.monotonic() - began:.0f} s")
        report(figures, waits)
        step = options.step if number <= options.rounds * 0.6 else options.step / 2
        figures = stepped(figures, waits, pathways, step=step, of_england=options.trusts == "all")
        written(figures)


def made(figures: Figures, trusts: list[str], size: int, *, seed: int) -> Unnamed:
    """A world whose people have no names; of as many pathways as in life where none are asked for."""
    spec = WorldSpec(seed, size, date(2023, 6, 1), ENDS_AT, dict.fromkeys(trusts, "scr"))
    in_life = expected_referrals(figures, trusts=sorted(trusts), period=(spec.starts_on, spec.ends_on))
    return make_unnamed(figures, replace(spec, pathways=size or int(in_life["expected"].sum())))


def report(figures: Figures, waits: pd.DataFrame) -> None:
    """Say how far the world is from the published figures."""
    found = distances(band_shares(waits, figures.published))
    d62 = found[(found["standard"] == "d62") & (found["route_or_stage"] == "ALL")]
    say("  62-day distance: " + ", ".join(f"{row.breakdown} {row.distance:.3f}" for row in d62.itertuples()))
    fds = found[(found["standard"] == "fds") & (found["route_or_stage"].isin(["ALL", "USC"]))]
    say("  fds distance: " + ", ".join(f"{row.breakdown} {row.distance:.3f}" for row in fds.itertuples()))
    shares = percentages(waits)
    for provider in (ENGLAND, *NORTHERN):
        cells = []
        for standard in ("fds", "d31", "d62"):
            want = target(figures, standard, provider)
            has = shares.get((standard, provider), (0.0, 0.0))
            cells.append(f"{standard} {100 * has[0]:.1f} ({100 * (has[0] - want):+.1f}, n {has[1]:.0f})")
        say(f"  {provider}: " + "  ".join(cells))


def percentages(waits: pd.DataFrame) -> dict[tuple[str, str], tuple[float, float]]:
    """The share within the limit and the count, by standard and provider, and for England."""
    sums = waits.groupby(["standard", "provider"])[["counted", "within"]].sum()
    of = {key: (row.within / row.counted, row.counted) for key, row in zip(sums.index, sums.itertuples(), strict=True)}
    whole = waits.groupby("standard")[["counted", "within"]].sum()
    return of | {
        (key, ENGLAND): (row.within / row.counted, row.counted)
        for key, row in zip(whole.index, whole.itertuples(), strict=True)
    }


def target(figures: Figures, standard: str, provider: str) -> float:
    """The published share within the limit, of all routes and breakdowns."""
    table = figures.published
    is_whole = (table["route_or_stage"] == "ALL") & (table["breakdown"] == "all")
    cell = table[is_whole & (table["standard"] == standard) & (table["provider"] == provider)]
    counts = cell.set_index("band")["count"]
    return float(counts["within"] / counts["all"])


def stepped(figures: Figures, waits: pd.DataFrame, pathways: pd.DataFrame, *, step: float, of_england: bool) -> Figures:
    """The figures a step nearer."""
    cells = _Cells(figures, waits, pathways)
    fitted, turns = ({code: dict(of) for code, of in each.items()} for each in (figures.waits, figures.turns))
    for code in list(figures.providers) if of_england else list(NORTHERN):
        lists = _Lists(fitted[ENGLAND], fitted.setdefault(code, {}), step)
        _fit_diagnosis(figures, cells, code, lists)
        _fit_turns(figures, cells, code, _Lists({}, turns.setdefault(code, {}), step))
        _fit_treatment(figures, cells, code, lists)
    care = fitted_care(figures, waits, step=step) if of_england else figures.care
    return figures.model_copy(update={"waits": fitted, "turns": turns, "care": care})


class _Cells:
    """What is counted and published by standard, provider, route or stage, and breakdown: (share within, count)."""

    def __init__(self, figures: Figures, waits: pd.DataFrame, pathways: pd.DataFrame) -> None:
        key = ["standard", "provider", "route_or_stage", "breakdown"]
        rows = figures.published[figures.published["band"].isin(["all", "within"])]
        wide = rows.pivot_table(index=key, columns="band", values="count")
        self.want = dict(zip(wide.index, zip(wide["within"] / wide["all"], wide["all"], strict=True), strict=True))
        sums = waits.groupby(key)[["counted", "within"]].sum()
        self.has = dict(
            zip(sums.index, zip(sums["within"] / sums["counted"], sums["counted"], strict=True), strict=True)
        )
        self.overall = percentages(waits)
        self.seen = first_seen(pathways)

    def of_provider(self, standard: str, code: str, *, least: float) -> float:
        return error(self.overall.get((standard, code)), self.want.get((standard, code, "ALL", "all")), least)


class _Lists:
    """The lengths of one provider's waiting lists, moved in steps on a log scale."""

    def __init__(self, usual: dict[str, float], own: dict[str, float], step: float) -> None:
        self.usual, self.own, self.step = usual, own, step

    def move(self, queue: str, by: float, low: float, high: float) -> None:
        before = self.own.get(queue, self.usual.get(queue, 1.0))
        self.own[queue] = float(np.clip(before * np.exp(np.clip(self.step * by, -0.5, 0.5)), low, high))


def _fit_diagnosis(figures: Figures, cells: _Cells, code: str, lists: _Lists) -> None:
    fds, d62 = cells.of_provider("fds", code, least=30), cells.of_provider("d62", code, least=15)
    early = figures.providers[code].seen_within_14_days
    for site in figures.care.sites:
        share = early.get(site, early.get("all"))
        if share is not None:
            lists.move(f"clinic {site}", 0.8 * error(cells.seen.get((code, site)), (share, 1e3), 25), 1.0, 25)
        own = error(cells.has.get(("fds", code, "USC", site)), cells.want.get(("fds", code, "USC", site)), 25)
        lists.move(f"results {site}", 0.6 * own + 0.5 * fds, 0.3, 35)
    for kind in ("tests imaging", "tests endoscopy", "tests biopsy", "staging"):
        lists.move(kind, 0.12 * d62 + 0.25 * fds, 0.8, 12)
    lists.move("report", 0.1 * d62 + 0.3 * fds, 0.5, 10)


def _fit_turns(figures: Figures, cells: _Cells, code: str, turns: _Lists) -> None:
    fds = cells.of_provider("fds", code, least=30)
    for site in figures.care.sites:
        own = error(cells.has.get(("fds", code, "USC", site)), cells.want.get(("fds", code, "USC", site)), 25)
        turns.move(site, 0.8 * own + 0.3 * fds, 0.1, 2.5)
    turns.move("treatment", 0.5 * cells.of_provider("d62", code, least=15), 0.2, 2.5)


def _fit_treatment(figures: Figures, cells: _Cells, code: str, lists: _Lists) -> None:
    d31, d62 = cells.of_provider("d31", code, least=30), cells.of_provider("d62", code, least=15)
    surgery = both(cells.has, cells.want, code, "surgery")
    for group in figures.care.groups:
        lists.move(f"decision {group}", 0.9 * d62, 0.3, 40)
        lists.move(f"theatre {group}", 0.5 * surgery + 0.35 * d31, 1.0, 30)
    lists.move("drugs", 0.5 * both(cells.has, cells.want, code, "drugs"), 1.0, 30)
    lists.move("radiotherapy", 0.5 * both(cells.has, cells.want, code, "radiotherapy") + 0.35 * d31, 1.0, 30)


def both(has: Cells, want: Cells, code: str, modality: str) -> float:
    """The error of a modality's 31 days, first and subsequent treatments together."""
    sums = []
    for table in (has, want):
        cells = [table[key] for stage in ("first", "subsequent") if (key := ("d31", code, stage, modality)) in table]
        total = sum(n for _, n in cells)
        sums.append((sum(p * n for p, n in cells) / total, total) if total else None)
    return error(sums[0], sums[1], 25)


def error(has: tuple[float, float] | None, want: tuple[float, float] | None, least: float) -> float:
    """How much too fast a cell is, in probits, less where few are counted; nought where nothing is known."""
    if not has or not want or has[1] < 1 or want[1] < least:
        return 0.0
    trust = has[1] / (has[1] + least)
    return float(trust * (norm.ppf(np.clip(has[0], 0.01, 0.99)) - norm.ppf(np.clip(want[0], 0.01, 0.99))))


def first_seen(pathways: pd.DataFrame) -> dict[tuple[str, str], tuple[float, float]]:
    """The share of urgent referrals seen within 14 days, by trust and site."""
    urgent = pathways[(pathways["route"] == "USC") & pathways["first_seen_on"].notna()]
    urgent = urgent[urgent["referral_received_on"] >= pd.Timestamp("2024-03-20")]
    days = (urgent["first_seen_on"] - urgent["referral_received_on"]).dt.days - urgent["first_seen_adjustment_days"]
    of = (days <= 14).groupby([urgent["trust"], urgent["suspected"]]).agg(["mean", "size"])
    return (
        {key: (row.mean, row.size) for key, row in of.to_dict("index").items()}
        if False
        else {key: (float(mean), float(size)) for key, mean, size in zip(of.index, of["mean"], of["size"], strict=True)}
    )


def fitted_care(figures: Figures, waits: pd.DataFrame, *, step: float):
    """The turns of care a step nearer to England's bands."""
    shares = band_shares(waits, figures.published)

    def upto(standard: str, route: str, key: str, last: int) -> tuple[float, float]:
        cell = shares[
            (shares["standard"] == standard) & (shares["route_or_stage"] == route) & (shares["breakdown"] == key)
        ]
        cell = cell.head(last)
        return float(cell["published"].sum()), float(cell["synthetic"].sum())

    def gap(standard: str, route: str, key: str, last: int) -> float:
        want, has = (norm.ppf(np.clip(each, 0.01, 0.99)) for each in upto(standard, route, key, last))
        return float(np.clip(has - want, -0.6, 0.6))

    care = figures.care
    sites = {}
    for site, each in care.sites.items():
        if not len(shares[(shares["standard"] == "fds") & (shares["breakdown"] == site)]):
            sites[site] = each
            continue
        soon, late, last = (gap("fds", "USC", site, upto) for upto in (1, 3, 4))
        update = {
            "one_stop": logit_step(each.one_stop, -1.0 * step * soon),
            "more_tests": min(logit_step(each.more_tests, 0.7 * step * late), 0.8),
            "mislaid": min(logit_step(each.mislaid, 0.9 * step * last), 0.4),
        }
        sites[site] = each.model_copy(update=update)
    groups = {}
    for group, each in care.groups.items():
        key = {"brain": "other", "sarcoma": "other", "children": "other", "testicular": "urology_other"}.get(
            group, group
        )
        soon, middle, late = gap("d62", "ALL", key, 1), gap("d62", "ALL", key, 3), gap("d62", "ALL", key, 6)
        groups[group] = each.model_copy(
            update={
                "express": min(logit_step(each.express, -1.0 * step * soon), 0.95),
                "staging": round(
                    float(np.clip(each.staging * np.exp(0.7 * step * middle) + 0.05 * step * middle, 0.02, 2.6)), 3
                ),
                "held_up": min(logit_step(each.held_up, 0.9 * step * late), 0.75),
            }
        )
    return care.model_copy(update={"sites": sites, "groups": groups})


def logit_step(share: float, by: float) -> float:
    """A share moved on the logit scale."""
    odds = np.log(share / (1 - share)) + by
    return round(float(np.clip(1 / (1 + np.exp(-odds)), 0.005, 0.97)), 3)


def written(figures: Figures) -> None:
    """Write the two files."""
    folder = Path(conf_folder()) / "synthetic"
    usual = figures.waits[ENGLAND]
    lines = [f"{ENGLAND},{queue},{round(days, 1)}" for queue, days in usual.items()]
    for code in sorted(set(figures.waits) - {ENGLAND}):
        lines += [f"{code},{queue},{days}" for queue, days in _shortened(figures.waits[code], usual).items()]
    (folder / "waits.csv").write_text(_WAITS_HEAD + "provider,queue,working_days\n" + "\n".join(lines) + "\n")
    lines = [
        f"{code},{site},{round(factor, 2)}"
        for code in sorted(figures.turns)
        for site, factor in figures.turns[code].items()
        if round(factor, 2) != 1
    ]
    (folder / "turns.csv").write_text(_TURNS_HEAD + "provider,turn,factor\n" + "\n".join(lines) + "\n")
    parts = [_FITTED_HEAD.rstrip("\n")]
    for part, keys in (("sites", ("one_stop", "more_tests", "mislaid")), ("groups", ("express", "staging", "held_up"))):
        parts.append(f"{part}:")
        for name, each in getattr(figures.care, part).items():
            parts.append(f"  {name}: {{" + ", ".join(f"{key}: {getattr(each, key)}" for key in keys) + "}")
    (folder / "fitted.yml").write_text("\n".join(parts) + "\n")


def _shortened(own: dict[str, float], usual: dict[str, float]) -> dict[str, float]:
    """A provider's own waits, those of all cancer groups in one where they are the same."""
    short = {queue: round(days, 1) for queue, days in own.items() if round(days, 1) != round(usual[queue], 1)}
    for name in ("decision", "theatre"):
        of_groups = [queue for queue in usual if queue.startswith(name)]
        days = {short.get(queue) for queue in of_groups}
        if len(days) == 1 and None not in days:
            short = {queue: each for queue, each in short.items() if queue not in of_groups} | {name: days.pop()}
    return short


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
