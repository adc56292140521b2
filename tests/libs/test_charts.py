from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import pytest
from matplotlib.colors import to_rgb

from libs import charts


@pytest.fixture(autouse=True)
def without_a_screen() -> Iterator[None]:
    backend = matplotlib.get_backend()
    matplotlib.use("agg")
    yield
    plt.close("all")
    matplotlib.use(backend)


def test_a_chart_bears_its_title_and_its_source() -> None:
    figure, axes = charts.new_chart("Who waits", source="SYNTHETIC data", panels=2)
    assert figure.get_suptitle() == "Who waits"
    assert figure.get_supxlabel() == "Source: SYNTHETIC data"
    assert len(axes) == 2


def test_the_shades_differ_without_their_colour() -> None:
    grey = [sum(part * weight for part, weight in zip(to_rgb(shade), (0.3, 0.59, 0.11), strict=True))
            for shade in charts.SHADES]  # fmt: skip
    assert all(lighter - darker > 0.15 for lighter, darker in pairwise(grey))


def test_each_figure_becomes_a_png_under_its_name(tmp_path: Path) -> None:
    figure, _ = charts.new_chart("Who waits", source="SYNTHETIC data")
    (path,) = charts.save({"who_waits": figure}, tmp_path / "new" / "folder")
    assert path == tmp_path / "new" / "folder" / "who_waits.png"
    assert path.read_bytes().startswith(b"\x89PNG")


def test_without_a_screen_nothing_is_opened(recwarn: pytest.WarningsRecorder) -> None:
    charts.new_chart("Who waits", source="SYNTHETIC data")
    charts.show()
    assert not recwarn.list
