"""The pictures of a world's comparison with the published figures; each says that the world is synthetic."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from libs.charts import GUIDE, SHADES, new_chart
from libs.synthetic.comparison.month_counts import LEAST_EXPECTED
from libs.synthetic.comparison.report import MOST_POINTS, Report
from libs.synthetic.comparison.shares import NORTHERN
from libs.synthetic.draws import Array
from libs.synthetic.providers import BANDS

_PUBLISHED, _SYNTHETIC = SHADES[0], SHADES[2]
_SOURCE = (
    "SYNTHETIC world, no real patient, beside NHS England, Cancer Waiting Times, April 2024 to March 2025 (OGL v3.0)"
)
_LEGEND = "\npublished light, synthetic dark"
_STANDARDS = {"fds": "told within 28 days", "d31": "treated within 31 days", "d62": "treated within 62 days"}


def draw_report(report: Report) -> dict[str, Figure]:
    """Every picture by the name of its file."""
    return {
        "bands_62": _band_grid(
            report, "d62", [("ALL", group) for group in _breakdowns(report, "d62")], "62-day bands by cancer group"
        ),
        "bands_62_routes": _band_grid(
            report, "d62", [(route, "all") for route in ("USC", "UPGRADE", "SCREEN", "BSYM")], "62-day bands by route"
        ),
        "bands_28": _band_grid(report, "fds", _told_cells(report), "28-day bands by route and suspected site"),
        "northern": _northern(report),
        "treatments_31": _treatments(report),
        "referrals_by_month": _months(report),
        "referrals_noise": _noise(report),
    }


def _breakdowns(report: Report, standard: str) -> list[str]:
    cells = report.distances[(report.distances["standard"] == standard) & (report.distances["route_or_stage"] == "ALL")]
    return ["all", *sorted(set(cells["breakdown"]) - {"all"})]


def _told_cells(report: Report) -> list[tuple[str, str]]:
    cells = report.distances[report.distances["standard"] == "fds"]
    routes = (("ALL", ["all"]), *((route, _of_route(cells, route)) for route in ("USC", "BSYM", "SCREEN")))
    return [(route, breakdown) for route, breakdowns in routes for breakdown in breakdowns]


def _of_route(cells: pd.DataFrame, route: str) -> list[str]:
    return sorted(cells.loc[(cells["route_or_stage"] == route) & (cells["breakdown"] != "missing"), "breakdown"])


def _band_grid(report: Report, standard: str, cells: Sequence[tuple[str, str]], what: str) -> Figure:
    """Small panels of the same bands: published shares light, synthetic dark."""
    columns = min(4, len(cells))
    rows = -(-len(cells) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(3.1 * columns, 1.9 * rows + 1.2), squeeze=False, layout="constrained", sharey=True
    )
    figure.suptitle(f"SYNTHETIC: {what}, per cent{_LEGEND}", x=0.01, ha="left", fontweight="bold")
    figure.supxlabel(f"Source: {_SOURCE}", x=0.01, ha="left", fontsize=8, color=GUIDE)
    for axis, cell in zip(axes.flat, cells, strict=False):
        shares = _of_cell(report.bands, standard, cell).set_index("band").reindex(list(BANDS[standard]))
        _pair_of_bars(axis, shares["published"].to_numpy(), shares["synthetic"].to_numpy())
        axis.set_xticks(range(len(shares)), list(shares.index), rotation=60, fontsize=7)
        axis.set_title(_cell_title(report, standard, cell), fontsize=8)
    for axis in axes.flat[len(cells) :]:
        axis.set_visible(False)
    return figure


def _of_cell(table: pd.DataFrame, standard: str, cell: tuple[str, str]) -> pd.DataFrame:
    route, breakdown = cell
    here = (table["standard"] == standard) & (table["route_or_stage"] == route) & (table["breakdown"] == breakdown)
    found: pd.DataFrame = table[here]
    return found


def _cell_title(report: Report, standard: str, cell: tuple[str, str]) -> str:
    (told,) = _of_cell(report.distances, standard, cell).to_dict("records")
    name = " ".join(part for part in (cell[0].replace("ALL", ""), cell[1].replace("_", " ")) if part)
    return (
        f"{name}: TV {told['distance']:.3f}, n {told['synthetic_n']:,.0f}" if told["synthetic_n"] else f"{name}: none"
    )


def _pair_of_bars(axis: Axes, published: Array, synthetic: Array) -> None:
    place = np.arange(len(published))
    axis.bar(place - 0.2, 100 * published, 0.4, color=_PUBLISHED, edgecolor=GUIDE, linewidth=0.5)
    axis.bar(place + 0.2, 100 * np.nan_to_num(synthetic), 0.4, color=_SYNTHETIC)
    axis.spines[["top", "right"]].set_visible(False)


def _northern(report: Report) -> Figure:
    """Each standard's percentage by trust, the published one with its corridor."""
    cells = report.percentages
    whole = cells[(cells["route_or_stage"] == "ALL") & (cells["breakdown"] == "all")]
    trusts = [code for code in NORTHERN if code in set(whole["provider"])]
    figure, axes = plt.subplots(len(_STANDARDS), 1, figsize=(9, 8), sharex=True, layout="constrained")
    figure.suptitle(
        f"SYNTHETIC: percentages of the Northern trusts\nbox: published, give or take {MOST_POINTS:.0f} points;"
        " dot: synthetic, with two standard errors", x=0.01, ha="left", fontsize=11, fontweight="bold",
    )  # fmt: skip
    figure.supxlabel(f"Source: {_SOURCE}", x=0.01, ha="left", fontsize=8, color=GUIDE)
    for axis, (standard, what) in zip(axes, _STANDARDS.items(), strict=True):
        of = whole[whole["standard"] == standard].set_index("provider").reindex(trusts)
        place, low = np.arange(len(of)), of["published"] - MOST_POINTS
        axis.bar(place, 2 * MOST_POINTS, 0.6, bottom=low, color=_PUBLISHED, edgecolor=GUIDE, linewidth=0.5)
        _dots(axis, of, width=0.3)
        axis.use_sticky_edges = False  # else the lowest box would stand on the axis
        axis.set_ylabel(f"{what}, %", fontsize=8)
        axis.set_xticks(place, trusts)
    return figure


def _dots(axis: Axes, cells: pd.DataFrame, *, width: float) -> None:
    """The published percentage as a line, the synthetic one as a dot with two standard errors."""
    place = np.arange(len(cells))
    axis.hlines(cells["published"], place - width, place + width, color=GUIDE, linewidth=2)
    two_errors = 2 * cells["standard_error"]
    upwards = np.minimum(two_errors, 100 - cells["synthetic"])
    axis.errorbar(place, cells["synthetic"], [two_errors, upwards], fmt="o", color=SHADES[3], capsize=3)
    axis.spines[["top", "right"]].set_visible(False)


def _treatments(report: Report) -> Figure:
    cells = report.treatments[report.treatments["route_or_stage"] != "ALL"]
    label = [f"{stage}\n{modality}" for stage, modality in cells[["route_or_stage", "breakdown"]].to_numpy()]
    figure, axes = new_chart(
        "SYNTHETIC: 31-day treatments by stage and modality, England\n"
        "above: line published, dot synthetic with two standard errors; below: published light, synthetic dark",
        source=_SOURCE, panels=2,
    )  # fmt: skip
    _dots(axes[0], cells, width=0.3)
    axes[0].set_ylabel("within 31 days, %", fontsize=8)
    _pair_of_bars(axes[1], cells["published_share"].to_numpy() / 100, cells["synthetic_share"].to_numpy() / 100)
    axes[1].set_ylabel("share of the stage, %", fontsize=8)
    axes[1].set_xticks(range(len(cells)), label, fontsize=8)
    return _smaller_title(figure)


def _smaller_title(figure: Figure) -> Figure:
    figure.suptitle(figure.get_suptitle(), x=0.01, ha="left", fontsize=10, fontweight="bold")
    return figure


def _months(report: Report) -> Figure:
    months = report.months
    figure, axes = new_chart(
        "SYNTHETIC: urgent and breast-symptom referrals by month", source=_SOURCE.replace("April 2024", "October 2023"),
        panels=2,
    )  # fmt: skip
    for axis, suffix, label in ((axes[0], "", "patients"), (axes[1], "_per_working_day", "per working day, mean 1")):
        axis.plot(months["month"], months[f"expected{suffix}"], color=GUIDE, linestyle="--", label="published, scaled")
        axis.plot(months["month"], months[f"received{suffix}"], color=SHADES[3], marker="o", label="received")
        axis.plot(months["month"], months[f"first_seen{suffix}"], color=SHADES[1], marker="s", label="first seen")
        axis.set_ylabel(label, fontsize=8)
    axes[0].set_ylim(bottom=0)
    axes[0].legend(frameon=False, ncols=3, loc="lower left")
    return figure


def _noise(report: Report) -> Figure:
    """How far trust x type x month lies from the published count, beside the curve of pure Poisson noise."""
    large = report.referrals[report.referrals["expected"] >= 5 * LEAST_EXPECTED]
    figure, (axis,) = new_chart(
        "SYNTHETIC: referrals by trust, type and month, in Poisson standard deviations from the published count",
        source=_SOURCE.replace("April 2024", "October 2023"),
    )
    edges = np.linspace(-6, 6, 49)
    z, is_any = large["z_received"].clip(-6, 6), len(large) > 0
    axis.hist(z, list(edges), density=is_any, color=_PUBLISHED, edgecolor=GUIDE, label="received")
    curve = np.exp(-(edges**2) / 2) / np.sqrt(2 * np.pi)
    axis.plot(edges, curve, color=SHADES[3], label="noise alone")
    axis.set(
        xlabel=f"z of {len(large):,} cells with five or more expected; the outermost bars hold all beyond", yticks=[]
    )
    axis.legend(frameon=False)
    return _smaller_title(figure)
