"""Fit the synthetic world to the published figures: lengths of waiting lists and turns of care.

    .venv/bin/python scripts/fit_world.py --pathways 1500000 --rounds 12

Writes conf/synthetic/waits.csv and fitted.yml. Each round makes a world of all English providers (without names, which
play no part in it), counts its waits as the tables do, and moves every figure a step against its own error. This is
for whoever gives the world a new version: a frozen one is not fitted again.
"""

import argparse
import sys
import time
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm

from libs.settings import conf_folder
from libs.synthetic import truth
from libs.synthetic.calendar import LONDON
from libs.synthetic.comparison import NORTHERN, band_shares, distances
from libs.synthetic.counted_waits import counted_waits, last_year
from libs.synthetic.figures import Figures, load_figures
from libs.synthetic.providers import ENGLAND
from libs.synthetic.resources import resources_of

ENDS_AT = datetime(2025, 4, 1, 9, tzinfo=LONDON)
Errors = dict[tuple[str, ...], tuple[float, float]]
_FITTED_HEAD = """# Fitted: set by `python scripts/fit_world.py` so that a world of all English providers, in which every wait comes from queues,
# resembles NHS England's published figures (NHS England, Cancer Waiting Times, 2024-25. Contains public sector information
# licensed under the Open Government Licence v3.0).
# sites: of people without cancer, the share told at the first appointment (one_stop) and the share who need
# a second round of tests (more_tests); whose result lies unseen for a while (mislaid).
# groups: share who go from being told to treatment without staging (express), rounds of staging of the others (staging), share
# whose treatment waits for their fitness, another opinion or their own mind (held_up).
"""
_WAITS_HEAD = """# The usual wait of each queue in working days (fitted, see scripts/fit_world.py; source and licence as in fitted.yml).
# ENG holds for every provider without a line of its own. Queues: clinic and results (by suspected site), tests (by kind), report,
# staging, decision and theatre (by cancer group), drugs, radiotherapy.
"""


def main() -> None:
    """Fit for some rounds, writing after each."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--pathways", type=int, default=1_500_000)
    asked.add_argument("--rounds", type=int, default=10)
    asked.add_argument("--trusts", default="all")
    asked.add_argument("--step", type=float, default=0.8)
    options = asked.parse_args()
    figures = load_figures(conf_folder())
    only = list(figures.providers) if options.trusts == "all" else list(NORTHERN)
    for number in range(1, options.rounds + 1):
        began = time.monotonic()
        pathways, treatments, spec = made(figures, only, options.pathways, seed=100 + number)
        waits = counted_waits(pathways, treatments, figures.providers, last_year(spec.ends_at))
        say(f"round {number}: {time.monotonic() - began:.0f} s")
        report(figures, waits)
        step = options.step if number <= options.rounds * 0.6 else options.step / 2
        figures = stepped(figures, waits, pathways, step=step, of_england=options.trusts == "all")
        written(figures)


def made(figures: Figures, trusts: list[str], size: int, *, seed: int) -> tuple[pd.DataFrame, pd.DataFrame, truth.WorldSpec]:
    """Pathways and treatments of a world whose people have no names."""
    spec = truth.WorldSpec(seed, size, date(2023, 6, 1), ENDS_AT, dict.fromkeys(trusts, "scr"))
    names = ("plan", "people", "care", "capacity", "dates")
    rngs = {name: np.random.default_rng(each) for name, each in zip(names, np.random.SeedSequence(seed).spawn(5), strict=True)}
    plan = truth._plan(rngs["plan"], figures, spec)
    size = len(plan)
    rng = rngs["people"]
    people = pd.DataFrame(
        {
            "frailty": rng.beta(2, 4.5, size),
            "distance_km": rng.exponential(10, size),
            "synthetic_deprivation_decile": rng.integers(1, 11, size),
        }
    )
    plan["person_id"] = np.arange(size)
    chances = truth.draw_chances(rngs["care"], figures, people, plan["cancer_group"].notna().to_numpy())
    plan = plan.join(chances.drop(columns=list(truth.DRIVERS)))
    pathways, treatments, _ = truth.simulate_care(rngs, figures, spec, plan)
    return pathways.assign(pathway_id=np.arange(size)), treatments, spec


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
    return of | {(key, ENGLAND): (row.within / row.counted, row.counted) for key, row in zip(whole.index, whole.itertuples(), strict=True)}


def target(figures: Figures, standard: str, provider: str, route: str = "ALL", breakdown: str = "all", least: float = 0) -> float:
    """The published share within the limit; not a number where too few are published."""
    table = figures.published
    cell = table[
        (table["standard"] == standard) & (table["provider"] == provider)
        & (table["route_or_stage"] == route) & (table["breakdown"] == breakdown)
    ].set_index("band")["count"]  # fmt: skip
    if "all" not in cell or cell["all"] < max(least, 1):
        return float("nan")
    return float(cell["within"] / cell["all"])


def stepped(figures: Figures, waits: pd.DataFrame, pathways: pd.DataFrame, *, step: float, of_england: bool) -> Figures:
    """The figures a step nearer."""
    lengths = {code: dict(of) for code, of in figures.waits.items()}
    resources = resources_of(figures)
    rows = figures.published[figures.published["band"].isin(["all", "within"])]
    want = rows.pivot_table(index=["standard", "provider", "route_or_stage", "breakdown"], columns="band", values="count")
    want = {key: (row.within / row.all, row.all) for key, row in zip(want.index, want.itertuples(), strict=True)}
    has = waits.groupby(["standard", "provider", "route_or_stage", "breakdown"])[["counted", "within"]].sum()
    has = {key: (row.within / row.counted, row.counted) for key, row in zip(has.index, has.itertuples(), strict=True)}
    overall = percentages(waits)
    providers = list(figures.providers) if of_england else list(NORTHERN)

    def move(code: str, queue: str, by: float, *, low: float = 0.3, high: float = 45.0) -> None:
        own = lengths.setdefault(code, {})
        before = own.get(queue, lengths[ENGLAND][queue])
        own[queue] = float(np.clip(before * np.exp(np.clip(by, -0.5, 0.5)), low, high))

    seen = first_seen(pathways)
    for code in providers:
        provider = figures.providers[code]
        fds = error(overall.get(("fds", code)), want.get(("fds", code, "ALL", "all")), 30)
        d62 = error(overall.get(("d62", code)), want.get(("d62", code, "ALL", "all")), 15)
        for site in resources.sites:
            early = provider.seen_within_14_days.get(site, provider.seen_within_14_days.get("all"))
            if early is not None:
                move(code, f"clinic {site}", step * 0.8 * error(seen.get((code, site)), (early, 1e3), 25), low=1.0, high=25)
            own = error(has.get(("fds", code, "USC", site)), want.get(("fds", code, "USC", site)), 25)
            move(code, f"results {site}", step * (0.6 * own + 0.5 * fds), high=35)
        for kind in ("tests imaging", "tests endoscopy", "tests biopsy", "staging"):
            move(code, kind, step * 0.12 * d62, low=1.5, high=12)
        for group in resources.groups:
            move(code, f"decision {group}", step * 0.9 * d62, low=0.3, high=40)
        surgery = both(has, want, code, "surgery")
        for group in resources.groups:
            move(code, f"theatre {group}", step * 0.5 * surgery, low=1.0, high=30)
        for name in ("drugs", "radiotherapy"):
            move(code, name, step * 0.5 * both(has, want, code, name), low=1.0, high=30)
        d31 = error(overall.get(("d31", code)), want.get(("d31", code, "ALL", "all")), 30)
        for queue in (*(f"theatre {group}" for group in resources.groups), "radiotherapy"):
            move(code, queue, step * 0.35 * d31, low=1.0, high=30)
    care = fitted_care(figures, waits, step=step) if of_england else figures.care
    return figures.model_copy(update={"waits": lengths, "care": care})


def both(has: dict, want: dict, code: str, modality: str) -> float:
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
    return {key: (row.mean, row.size) for key, row in of.to_dict("index").items()} if False else {
        key: (float(mean), float(size)) for key, mean, size in zip(of.index, of["mean"], of["size"], strict=True)
    }


def fitted_care(figures: Figures, waits: pd.DataFrame, *, step: float):
    """The turns of care a step nearer to England's bands."""
    shares = band_shares(waits, figures.published)

    def upto(standard: str, route: str, key: str, last: int) -> tuple[float, float]:
        cell = shares[(shares["standard"] == standard) & (shares["route_or_stage"] == route) & (shares["breakdown"] == key)]
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
        key = {"brain": "other", "sarcoma": "other", "children": "other", "testicular": "urology_other"}.get(group, group)
        soon, middle, late = gap("d62", "ALL", key, 1), gap("d62", "ALL", key, 3), gap("d62", "ALL", key, 6)
        groups[group] = each.model_copy(
            update={
                "express": min(logit_step(each.express, -1.0 * step * soon), 0.95),
                "staging": round(float(np.clip(each.staging * np.exp(0.7 * step * middle) + 0.05 * step * middle, 0.02, 2.6)), 3),
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
        lines += [
            f"{code},{queue},{round(days, 1)}" for queue, days in figures.waits[code].items()
            if round(days, 1) != round(usual[queue], 1)
        ]  # fmt: skip
    (folder / "waits.csv").write_text(_WAITS_HEAD + "provider,queue,working_days\n" + "\n".join(lines) + "\n")
    parts = [_FITTED_HEAD.rstrip("\n")]
    for part, keys in (("sites", ("one_stop", "more_tests", "mislaid")), ("groups", ("express", "staging", "held_up"))):
        parts.append(f"{part}:")
        for name, each in getattr(figures.care, part).items():
            parts.append(f"  {name}: {{" + ", ".join(f"{key}: {getattr(each, key)}" for key in keys) + "}")
    (folder / "fitted.yml").write_text("\n".join(parts) + "\n")


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
