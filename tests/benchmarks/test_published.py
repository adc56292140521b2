"""The comparison with the published statistics agrees where it must, and finds what was planted."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession

from libs.rules import Rules, load_rules
from libs.settings import conf_folder
from tests.benchmarks import published
from tests.benchmarks.drawn import LONGEST, group_codes, people_of
from tests.benchmarks.published import Comparison, compare, performance, write_unrolled
from tests.benchmarks.shared_waits import ELSEWHERE
from tests.benchmarks.unrolled import unroll

SUSPECTED, SYMPTOMS = (
    "Suspected breast cancer",
    "Exhibited (non-cancer) breast symptoms - cancer not initially suspected",
)
URGENT, SCREENING, UPGRADE = "Urgent Suspected Cancer", "Screening", "Consultant Upgrade"
# Routes or stages with their cancers; people (for 62 days halves too) in each band of each.
LINES: Mapping[str, list[tuple[str, str]]] = {
    "28": [
        ("URGENT SUSPECTED CANCER", SUSPECTED), ("URGENT SUSPECTED CANCER", "Suspected sarcoma"),
        ("NATIONAL SCREENING PROGRAMME", SUSPECTED), ("NATIONAL SCREENING PROGRAMME", "Missing or Invalid"),
        ("BREAST SYMPTOMATIC, CANCER NOT SUSPECTED", SYMPTOMS),
    ],
    "31": [
        ("First Treatment", "Breast"), ("First Treatment", "Other (a)"), ("Subsequent Treatment", "Breast"),
        ("Subsequent Treatment", "Skin"),
    ],
    "62": [
        (URGENT, "Haematological - Lymphoma"), (UPGRADE, "Haematological - Lymphoma"), (URGENT, "Breast"),
        ("Breast Symptomatic", "Breast"), (SCREENING, "Breast"),
    ],
}  # fmt: skip
PEOPLE = {"28": [9, 1, 7, 8, 6], "31": [9, 1, 7, 8, 6], "62": [20.5, 11, 12.5, 30, 21, 0.5, 13, 40.5]}


def units_of(standard: str) -> pd.DataFrame:
    """Two trusts and two months of waits in every band of the standard."""
    last_days = load_rules().publication.wait_bands.newest[standard]
    first_days = [0, *(day + 1 for day in last_days)]
    rows = [
        (pd.Timestamp(period), org, line, cancer, first, last, n, int(first > int(standard)))
        for period in ("2024-02-01", "2024-10-01")
        for org in ("RVW", "S3H9L")
        for line, cancer in LINES[standard]
        for first, last, n in zip(first_days, [*last_days, None], PEOPLE[standard], strict=True)
    ]
    names = ["period", "org_code", "route_or_stage", "tumour_site", "wait_lo", "wait_hi", "n", "breach"]
    return pd.DataFrame(rows, columns=names).astype({"wait_hi": "Int32"})


def statistics_of(units: pd.DataFrame, standard: str) -> pd.DataFrame:
    """What is published of the units, with the rows that are sums."""
    last = units["wait_hi"].astype("string").fillna("")
    band = "band: in " + units["wait_lo"].astype(str) + " to " + last + " days"
    band = band.mask(units["wait_lo"] == 0, "band: within " + last + " days")
    band = band.mask(last == "", "band: after " + (units["wait_lo"] - 1).astype(str) + " days")
    figures = (band, units["breach"].map({0: "within", 1: "after"}), "total")
    rows = pd.concat([units.assign(figure=figure) for figure in figures]).rename(columns={"tumour_site": "breakdown"})
    rows = pd.concat([rows, rows.assign(org_code="ENG")])
    sheets = published.SOURCES[standard].sheets
    total = {"route_or_stage": "ALL STAGES" if standard == "31" else "ALL ROUTES"}
    if standard == "28":
        total["breakdown"] = "ALL"
    rows = pd.concat([rows.assign(sheet=sheets[0]), rows.assign(sheet=sheets[-1], **total)])
    key = ["sheet", "period", "org_code", "route_or_stage", "breakdown"]
    figures_of = rows.pivot_table(index=key, columns="figure", values="n", aggfunc="sum", fill_value=0)
    return figures_of.astype(float).reset_index()


def differences(found: Comparison) -> set[tuple[str, str, str, str]]:
    return set(found.different[["org_code", "line", "cancer", "figure"]].itertuples(index=False, name=None))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("unrolled")
    for standard in LINES:
        write_unrolled(units_of(standard), standard, load_rules(), root / standard)
    return root


@pytest.fixture(scope="module", params=LINES)
def counted(request: pytest.FixtureRequest, spark: SparkSession, root: Path) -> tuple[str, pd.DataFrame]:
    """A standard, and what the engine counts of its unrolled waits."""
    return request.param, performance(spark, root / request.param, request.param, load_rules())


def test_unrolled_waits_are_counted_as_they_were_published_in_every_cell(
    counted: tuple[str, pd.DataFrame], root: Path
) -> None:
    standard, of_engine = counted
    found = compare(of_engine, statistics_of(units_of(standard), standard), standard, load_rules())
    assert found.different.empty
    assert found.cells > found.summed > 100
    is_counted = pd.read_parquet(root / standard)["is_counted"]
    assert of_engine["denominator_share"].sum() == is_counted.sum() < len(is_counted)


def test_half_a_patient_more_in_one_published_band_is_found(counted: tuple[str, pd.DataFrame]) -> None:
    standard, of_engine = counted
    statistics = statistics_of(units_of(standard), standard)
    (line, cancer), band = LINES[standard][0], statistics.columns[statistics.columns.str.startswith("band: in")][0]
    cell = {"org_code": "RVW", "route_or_stage": line, "breakdown": cancer, "period": pd.Timestamp("2024-02-01")}
    is_cell = (statistics[list(cell)] == pd.Series(cell)).all(axis=1)
    assert is_cell.sum() == 1
    statistics.loc[is_cell, band] += 0.5
    found = compare(of_engine, statistics, standard, load_rules())
    assert differences(found) == {("RVW", line, cancer, band)}
    assert (found.different["published"] - found.different["counted"]).tolist() == [0.5]


def test_a_cell_that_only_one_side_has_is_found(counted: tuple[str, pd.DataFrame]) -> None:
    standard, of_engine = counted
    statistics = statistics_of(units_of(standard), standard)
    without = statistics[statistics["org_code"] != "RVW"]
    assert {org for org, *_ in differences(compare(of_engine, without, standard, load_rules()))} == {"RVW"}
    without = of_engine[of_engine["org_code"] != "RVW"]
    assert {org for org, *_ in differences(compare(without, statistics, standard, load_rules()))} == {"RVW", "ENG"}


# By these the engine must come to other figures than the published ones: file of rules, what stands there, instead.
WRONG = {
    "an early decision to treat does not stop the 28-day clock": (
        "28", "standards", ", or_earlier: decision_to_treat_on}", "}",
    ),
    "a pause is not taken off the 31 days": ("31", "adjustments", 'value: ["31", "62"]', 'value: ["62"]'),
    "a missed appointment before an upgrade counts": (
        "62", "adjustments", "needs_first_seen_from_upgrade: [{from: 2023-10-01, value: true",
        "needs_first_seen_from_upgrade: [{from: 2023-10-01, value: false",
    ),
    "the first of two senders answers": ("62", "allocation", "value: last_sender", "value: first_sender"),
    "carcinoma in situ of the breast is no breast cancer": ("62", "diagnoses", "Breast: [C50, D05]", "Breast: [C50]"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_an_engine_that_runs_by_a_wrong_rule_is_found(
    spark: SparkSession, root: Path, tmp_path: Path, wrong: str
) -> None:
    standard, file, said, instead = WRONG[wrong]
    rules = edited(tmp_path / "rules", file, said, instead)
    of_engine = performance(spark, root / standard, standard, rules)
    assert not compare(of_engine, statistics_of(units_of(standard), standard), standard, load_rules()).different.empty


def edited(folder: Path, file: str, said: str, instead: str) -> Rules:
    path = Path(shutil.copytree(conf_folder() / "rules", folder)) / f"{file}.yml"
    text = path.read_text(encoding="utf-8")
    assert said in text
    path.write_text(text.replace(said, instead), encoding="utf-8")
    return load_rules(folder)


def unrolled(standard: str) -> pd.DataFrame:
    units = units_of(standard)
    months = [unroll(of_month, standard, load_rules(), seed=1) for _, of_month in units.groupby("period")]
    return pd.concat([month.to_pandas(date_as_object=False) for month in months])


@pytest.mark.parametrize("standard", LINES)
def test_waits_of_every_unit_occur_at_its_bands_first_and_last_day_and_between(standard: str) -> None:
    units = units_of(standard)
    people = people_of(units, units["n"].to_numpy().astype(int), np.random.default_rng(1))
    days = pd.Series(people.days).groupby(people.unit).agg(["min", "max", "size", "nunique"])
    ends = units.loc[days.index, ["wait_lo", "wait_hi"]].fillna(LONGEST)
    several = days["size"] > 1
    assert (days.loc[several, ["min", "max"]].to_numpy() == ends[several].to_numpy()).all()
    assert (days["min"] >= ends["wait_lo"]).all()
    assert (days["max"] <= ends["wait_hi"]).all()
    assert (days.loc[days["size"] > 5, "nunique"] > 2).mean() > 0.9


def test_a_half_is_shared_with_a_trust_elsewhere_that_investigates_or_treats() -> None:
    rows = unrolled("62")
    rows = rows[rows["is_counted"]]
    is_treated_elsewhere = rows["treatment_org"] == ELSEWHERE
    is_sent_from_elsewhere = (rows["transfer_from_org"] == ELSEWHERE) & rows["transfer_on"].notna()
    assert is_treated_elsewhere.sum() > 20
    assert (is_sent_from_elsewhere & ~is_treated_elsewhere).sum() > 20
    assert len(rows) > units_of("62")["n"].sum()


def test_the_codes_of_a_group_are_those_of_no_other() -> None:
    codes = {
        group: {code.upper().replace(".", "") for code in of_group}
        for group, of_group in group_codes(load_rules()).items()
    }
    assert {"C50", "C509", "D05", "D051"} <= codes["Breast"]
    assert "C884" in codes["Haematological - Lymphoma"]
    assert "C88" in codes["Haematological - Other (a)"]
    assert sum(map(len, codes.values())) == len(set().union(*codes.values())) == 99 * 11


def test_the_same_seed_draws_the_same_waits() -> None:
    pd.testing.assert_frame_equal(unrolled("62"), unrolled("62"))


def test_where_the_data_is_not_there_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(published, "DATA", tmp_path)
    assert published.main()
    assert "published statistics are not here" in capsys.readouterr().out
