"""How charts look: plain, legible without colour, and each with a line that says which data it shows."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

SHADES = ("#c6dbef", "#6baed6", "#2171b5", "#08306b")  # from light to dark: their order survives a grey print
GUIDE = "#555555"  # lines that compare: a target, a limit
_SIZE = (9.0, 5.0)  # inches


def new_chart(title: str, *, source: str, panels: int = 1) -> tuple[Figure, list[Axes]]:
    """A figure with its title above and its source below; several panels share the x axis, the first being tallest."""
    heights = [2, *[1] * (panels - 1)]
    figure, axes = plt.subplots(
        panels, 1, figsize=_SIZE, sharex=True, squeeze=False, layout="constrained", height_ratios=heights
    )
    figure.suptitle(title, x=0.01, ha="left", fontsize=13, fontweight="bold")
    figure.supxlabel(f"Source: {source}", x=0.01, ha="left", fontsize=8, color=GUIDE)
    for each in axes[:, 0]:
        each.spines[["top", "right"]].set_visible(False)
    return figure, list(axes[:, 0])


def save(figures: Mapping[str, Figure], folder: Path) -> list[Path]:
    """Write each figure as a PNG into the folder, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.png" for name in figures]
    for path, figure in zip(paths, figures.values(), strict=True):
        figure.savefig(path, dpi=120)
    return paths


def show() -> None:
    """Open the figures in windows, where there is a screen; a notebook shows them by itself."""
    if plt.get_backend().lower() != "agg":
        plt.show()
