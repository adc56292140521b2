"""The tour runs cell by cell on a small lake, shows what stands there, and is in Databricks' source form."""

import ast
import contextlib
import io
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure
from pyspark.sql import SparkSession

from jobs.published_columns import columns_of
from libs.lakehouse.tables import Lake, open_lake
from libs.pathways.performance import bands_by_standard
from libs.rules import load_rules
from libs.settings import load_settings

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "start_here.py"
SEPARATOR = "\n# COMMAND ----------\n"
AS_AT = datetime(2025, 6, 2, 8, tzinfo=UTC)  # 09:00 in London
TODAY = date(2025, 6, 2)
SOURCE = "SYNTHETIC data, Northern Cancer Alliance, as at 2 June 2025, 09:00"


def cells() -> list[str]:
    return NOTEBOOK.read_text(encoding="utf-8").removeprefix("# Databricks notebook source\n").split(SEPARATOR)


def listed(key: str, **other: Any) -> dict[str, Any]:
    usual = {"tracked_by": "RTR", "tumour_site": "lung", "days_28": 20, "outcome_28": "OPEN", "days_62": 20}
    return {"pathway_key": f"{key:-<8}rest-of-the-key", "outcome_62": "OPEN", **usual, **other}


def waiting(org: str, site: str, band: str, *figures: int) -> dict[str, Any]:
    names = ("on_list", "past_28", "past_62", "past_104", "no_next_action")
    return {"org": org, "tumour_site": site, "day_band": band, **dict(zip(names, figures, strict=True))}


def month(month: str, standard: str, within: str, denominator: str, **bands: str) -> dict[str, Any]:
    names = bands_by_standard(load_rules())[standard]
    shares = {"within_share": within, "denominator_share": denominator, **dict.fromkeys(names, "0.00"), **bands}
    key = {"month": month, "org": "RTR", "standard": standard, "tumour_group": "Lung"}
    return {**key, **{name: Decimal(share) for name, share in shares.items()}}


def score(key: str, standard: str, p_breach: float, baseline_p: float, scored_on: date = TODAY) -> dict[str, Any]:
    model = {"model_name": f"breach_risk_{standard}", "model_version": 2, "is_calibrated": True, "risk_band": "high"}
    chances = {"p_breach": p_breach, "baseline_p": baseline_p}
    return {
        "pathway_key": f"{key:-<8}rest-of-the-key",
        "standard": standard,
        "scored_on": scored_on,
        **chances,
        **model,
    }


def week(site: str, ahead: int, mean: float, stage: str = "referral") -> dict[str, Any]:
    origin = date(2025, 5, 26)
    return {
        "org": "RTR", "tumour_site": site, "stage": stage, "origin": origin, "week_ahead": ahead, "mean": mean,
        "period": origin + timedelta(weeks=ahead), "lo80": mean - 2, "hi80": mean + 2, "lo95": mean - 3,
        "hi95": mean + 3, "method": "damped_ets_per_working_day",
    }  # fmt: skip


TABLES: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "ptl_current": [listed("ahead"), listed("behind"), listed("too-late", outcome_62="OPEN_BREACHED", days_62=80)],
    "feed_freshness": [{"trust": "RTR", "system": "scr"}],
    "waitlist_summary": [
        waiting("ALL", "lung", "0-28", 10, 0, 0, 0, 4),
        waiting("ALL", "lung", ">104", 5, 5, 5, 5, 1),
        waiting("ALL", "lower_gi", "29-62", 20, 20, 0, 0, 0),
        waiting("RTR", "lung", "0-28", 777, 777, 777, 777, 777),
    ],
    "performance_month": [
        month("2025-06", "62", "1.00", "1.00"),
        month("2025-05", "62", "4.50", "6.00", days_32_38="0.50", days_49_62="4.00", days_91_104="1.50"),
        month("2025-05", "62", "1.00", "2.00", days_0_31="1.00", days_over_104="1.00"),
        month("2025-05", "28", "7.00", "10.00"),
        month("2025-04", "62", "8.00", "10.00"),
    ],
    "risk_score": [
        score("ahead", "28", 0.4, 0.5),
        score("behind", "62", 0.75, 0.25),
        score("ahead", "62", 0.25, 0.25),
        score("too-late", "62", 0.99, 0.5),
        score("behind", "62", 0.01, 0.01, scored_on=TODAY - timedelta(days=1)),
    ],
    "demand_forecast": [
        *(week("breast", ahead, 40.0 + ahead) for ahead in range(1, 13)),
        *(week("lung", ahead, 9.0) for ahead in range(1, 13)),
        *(week("skin", ahead, 90.0, stage="treatment") for ahead in range(1, 13)),
    ],
}


def write(lake: Lake, name: str) -> None:
    columns = columns_of(name)
    stamp = {"row_hash": 1, "run_id": "run-1", "as_at": AS_AT}
    rows = [tuple((stamp | dict(row)).get(field.name) for field in columns) for row in TABLES[name]]
    lake.append(f"gold.{name}", lake.spark.createDataFrame(rows, columns).coalesce(1))


def toured(spark: SparkSession, root: Path, *arguments: str) -> dict[str, Any]:
    """The names that stand in the notebook after its last cell, and what it printed as `told`."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as told:
        patch.setattr(sys, "argv", [str(NOTEBOOK), f"root={root}", *arguments])
        patch.setattr("libs.lakehouse.session.start_session", lambda settings: spark)
        for number, cell in enumerate(cells()):
            exec(compile(cell, f"cell {number}", "exec"), namespace)  # noqa: S102 - our own notebook
    return namespace | {"told": told.getvalue()}


@pytest.fixture(scope="module")
def root(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A lake that holds the gold tables; what the tour registers in the session is taken back at the end."""
    root = tmp_path_factory.mktemp("tour") / "root"
    lake = open_lake(spark, load_settings("local", [f"paths.root={root}"]))
    for name in TABLES:
        write(lake, name)
    backend = matplotlib.get_backend()
    matplotlib.use("agg")
    yield root
    plt.close("all")
    matplotlib.use(backend)
    spark.sql("drop schema if exists gold cascade")
    for view in ("risk_score", "demand_forecast"):
        spark.catalog.dropTempView(view)


@pytest.fixture(scope="module")
def tour(spark: SparkSession, root: Path) -> dict[str, Any]:
    return toured(spark, root, f"charts={root / 'charts'}")


def rows_of(tour: Mapping[str, Any], name: str, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in tour[name].select(*columns).collect()]


def texts(figure: Figure) -> tuple[str, list[str], list[str]]:
    """The title, the labels of the axes, and those of the legends."""
    axes = figure.axes
    labels = [label for each in axes for label in (each.get_xlabel(), each.get_ylabel()) if label]
    legends = [text.get_text() for each in axes if each.get_legend() for text in each.get_legend().get_texts()]
    return figure.get_suptitle(), labels, legends


def test_the_list_is_that_of_the_alliance_where_a_shared_pathway_counts_once(tour: Mapping[str, Any]) -> None:
    columns = ("tumour_site", "on_list", "past_28", "past_62", "past_104", "no_next_action")
    assert rows_of(tour, "waiting", *columns) == [("lower_gi", 20, 20, 0, 0, 0), ("lung", 15, 5, 5, 5, 5)]


def test_performance_has_numerator_and_denominator_and_no_month_that_still_runs(tour: Mapping[str, Any]) -> None:
    found = rows_of(tour, "months", "month", "standard", "within", "denominator", "per_cent")
    assert [(month, standard, float(within), float(denominator), float(share)) for month, standard, within, denominator,
            share in found] == [
        ("2025-05", "28", 7.0, 10.0, 70.0), ("2025-05", "62", 5.5, 8.0, 68.8), ("2025-04", "62", 8.0, 10.0, 80.0),
    ]  # fmt: skip


def test_the_waits_of_the_last_full_month_stand_in_bands_by_cancer(tour: Mapping[str, Any]) -> None:
    columns = ("tumour_group", "treated", "to_day_31", "day_32_to_62", "day_63_to_104", "over_104")
    (found,) = rows_of(tour, "waits", *columns)
    assert (found[0], [float(share) for share in found[1:]]) == ("Lung", [8.0, 1.0, 4.5, 1.5, 1.0])


def test_the_riskiest_are_those_that_can_still_be_saved_by_their_newest_score(tour: Mapping[str, Any]) -> None:
    assert rows_of(tour, "riskiest", "pathway", "standard", "day", "risk_per_cent", "look_up_per_cent") == [
        ("behind--", "62", 20, 75.0, 25.0), ("ahead---", "28", 20, 40.0, 50.0), ("ahead---", "62", 20, 25.0, 25.0),
    ]  # fmt: skip


def test_the_breaches_to_expect_are_the_sum_of_the_risks_and_name_their_model(tour: Mapping[str, Any]) -> None:
    columns = ("standard", "model_name", "model_version", "running_clocks", "expected_breaches", "look_up")
    assert rows_of(tour, "expected", *columns) == [
        ("28", "breach_risk_28", 2, 1, 0.4, 0.5), ("62", "breach_risk_62", 2, 3, 2.0, 1.0),
    ]  # fmt: skip


def test_the_forecast_is_the_largest_series_of_referrals_week_by_week(tour: Mapping[str, Any]) -> None:
    found = rows_of(tour, "forecast", "tumour_site", "week", "mean", "lo80", "hi80", "lo95", "hi95")
    assert len(found) == 12
    assert found[0] == ("breast", date(2025, 6, 2), 41.0, 39.0, 43.0, 38.0, 44.0)
    assert found[-1][1] == date(2025, 8, 18)


def test_each_chart_has_a_title_labels_with_units_and_its_source(tour: Mapping[str, Any]) -> None:
    assert {name: texts(figure) for name, figure in tour["drawn"].items()} == {
        "who_waits": (
            "Who waits, by tumour site and day of the wait",
            ["open pathways, count", "tumour site"],
            ["to day 28", "29 to 62", "63 to 104", "over 104"],
        ),
        "performance": (
            "62-day standard: treated in time, by month",
            ["treated within 62 days, %", "month of treatment", "patients treated\n(denominator)"],
            ["in time", "national standard"],
        ),
        "risk": (
            "Risk of the clocks that still run", ["probability of a breach, %", "clocks, count"], ["28-day", "62-day"],
        ),
        "forecast": (
            "Referrals a week: Breast at RTR",
            ["week, its first day", "referrals, count a week"],
            ["95 weeks of 100", "80 weeks of 100", "expected, by damped_ets_per_working_day"],
        ),
    }  # fmt: skip
    assert {figure.get_supxlabel() for figure in tour["drawn"].values()} == {f"Source: {SOURCE}"}


def test_the_charts_draw_what_the_tables_hold(tour: Mapping[str, Any]) -> None:
    waits, performance = tour["drawn"]["who_waits"].axes[0], tour["drawn"]["performance"].axes
    assert [bar.get_width() for bar in waits.patches] == [10, 0, 0, 20, 0, 0, 5, 0]
    assert [label.get_text() for label in waits.get_yticklabels()] == ["Lung", "Lower GI"]
    assert list(performance[0].lines[0].get_ydata()) == [80.0, 68.75]
    assert list(performance[0].lines[1].get_ydata()) == [85, 85]
    assert [bar.get_height() for bar in performance[1].patches] == [10.0, 8.0]
    assert sum(bar.get_height() for bar in tour["drawn"]["risk"].axes[0].patches) == 4


def test_every_table_says_that_the_data_is_synthetic_and_no_key_is_shown_in_full(tour: Mapping[str, Any]) -> None:
    assert tour["told"].count(f"({SOURCE})") == tour["told"].count("+\n|") // 2 == 6
    assert "behind--" in tour["told"]
    assert "rest-of-the-key" not in tour["told"]


def test_charts_are_written_only_where_asked_and_nothing_else_is(root: Path, tour: Mapping[str, Any]) -> None:
    beside_the_lake = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if "lake" not in path.parts)
    assert beside_the_lake == ["charts", *(f"charts/{name}.png" for name in sorted(tour["drawn"]))]


def test_a_lake_without_a_model_or_a_forecast_is_toured_too(
    spark: SparkSession, root: Path, tmp_path: Path, tour: Mapping[str, Any]
) -> None:
    (tmp_path / "lake").mkdir()
    for name in ("ptl_current", "feed_freshness", "waitlist_summary", "performance_month"):
        (tmp_path / "lake" / "gold").mkdir(exist_ok=True)
        (tmp_path / "lake" / "gold" / name).symlink_to(root / "lake" / "gold" / name)
    namespace = toured(spark, tmp_path)
    assert namespace["riskiest"].count() == namespace["expected"].count() == namespace["forecast"].count() == 0
    assert namespace["drawn"]["forecast"].get_suptitle() == "Referrals a week: none forecast yet"


def test_the_notebook_is_in_databricks_source_form() -> None:
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert text.startswith("# Databricks notebook source\n")
    assert not re.search(r"^%|# MAGIC %(?!md)|[ \t]$", text, re.MULTILINE)
    for cell in cells():
        lines = cell.strip().splitlines()
        assert lines
        is_text = lines[0].startswith("# MAGIC %md")
        assert all(line.startswith("# MAGIC") == is_text for line in lines)


def test_no_function_is_defined_in_the_notebook_and_its_cells_are_short() -> None:
    for cell in cells():
        ast_nodes = ast.walk(ast.parse(cell))
        assert not [node for node in ast_nodes if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda)]
        assert len(cell.strip().splitlines()) <= 22
