"""What holds of every clock and every allocation, whatever the dates, routes, adjustments and transfers."""

from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pyspark.sql import Row, SparkSession

from libs.pathways.allocation import with_allocation
from libs.pathways.clocks import with_clocks
from libs.rules import load_rules
from tests.libs.pathways.test_clocks import pathways

RULES = load_rules()
# Both ends of February in leap years and others, both changes of the clock, and the ends of years, among all days.
DAYS = st.one_of(
    st.dates(date(2022, 1, 1), date(2028, 12, 31)),
    st.sampled_from([date(2024, 2, 29), date(2024, 3, 31), date(2024, 10, 27), date(2025, 3, 30), date(2023, 12, 31)]),
)
GAP = st.integers(-3, 90)
TRUST = st.sampled_from([None, "RVW", "RTR", "RTD"])
Drawn = dict[str, Any]
DRAWN = st.fixed_dictionaries(
    {
        "route": st.sampled_from(["USC", "BSYM", "SCREEN", "UPGRADE", "OTHER"]),
        "start": DAYS,
        "told": st.one_of(st.none(), GAP),
        "decided": st.one_of(st.none(), GAP),
        "treated": st.one_of(st.none(), st.integers(0, 130)),
        "upgraded": st.one_of(st.none(), st.integers(0, 20)),
        "seen": st.one_of(st.none(), st.integers(0, 25)),
        "sent": st.one_of(st.none(), st.integers(-5, 100)),
        "first_seen_adjustment_days": st.sampled_from([None, 0, 0, 3, 12, 60]),
        "treatment_adjustment_days": st.sampled_from([None, 0, 0, 5, 14]),
        "fds_end_reason": st.sampled_from([None, "01", "02", "03", "04"]),
        "fds_exclusion_reason": st.sampled_from([None, "01", "02"]),
        "treatment_event": st.sampled_from([None, "01", "02", "07", "12", "03"]),
        "treatment_modality": st.sampled_from([None, "23", "05", "98"]),
        "diagnosis_icd10": st.sampled_from([None, "C34.1", "C50", "D05", "D12"]),
        "closed_reason": st.sampled_from([None, None, None, "DIED", "PRIVATE"]),
        "first_seen_org": TRUST,
        "upgrade_org": TRUST,
        "treatment_org": TRUST,
        "transfer_from_org": TRUST,
        "as_at": st.one_of(st.none(), st.integers(0, 150)),
    }
)
MANY = st.lists(DRAWN, min_size=12, max_size=30)
ONE_FRAME = hypothesis_settings(max_examples=10, deadline=None, suppress_health_check=[*HealthCheck], derandomize=True)
_GIVEN = ("start", "told", "decided", "treated", "upgraded", "seen", "sent", "as_at")


def pathway(drawn: Drawn, name: str, *, shift: int = 0) -> dict[str, Any]:
    start = drawn["start"] + timedelta(days=shift)

    def on(part: str) -> date | None:
        return None if drawn[part] is None else start + timedelta(days=drawn[part])

    return {
        **{key: value for key, value in drawn.items() if key not in _GIVEN},
        "id": name,
        "referral_received_on": start,
        "informed_on": on("told"),
        "decision_to_treat_on": on("decided"),
        "treatment_on": on("treated"),
        "upgraded_on": on("upgraded"),
        "first_seen_on": on("seen"),
        "transfer_on": on("sent"),
        "as_at_on": on("as_at"),
    }


def timed(spark: SparkSession, rows: list[dict[str, Any]]) -> dict[str, Row]:
    frame = with_allocation(with_clocks(pathways(spark, *rows), RULES), RULES)
    return {row["id"]: row for row in frame.collect()}


@given(drawn=MANY, shift=st.integers(-700, 700))
@ONE_FRAME
def test_moving_all_dates_by_n_days_moves_every_date_by_n_and_nothing_else(
    spark: SparkSession, drawn: list[Drawn], shift: int
) -> None:
    rows = timed(
        spark,
        [pathway(each, f"{place} {moved}", shift=moved) for place, each in enumerate(drawn) for moved in {0, shift}],
    )
    for place in range(len(drawn)):
        here, there = rows[f"{place} 0"], rows[f"{place} {shift}"]
        for clock in ("clock_28", "clock_31", "clock_62"):
            for part in ("days", "adjustment_days", "outcome"):
                assert here[clock][part] == there[clock][part]
            for part in ("start_on", "stop_on", "last_compliant_on", "first_breach_on"):
                assert (here[clock][part] is None) == (there[clock][part] is None)
                assert here[clock][part] is None or there[clock][part] - here[clock][part] == timedelta(days=shift)
        parts = ("method", "scenario", "phase_38_days", "phase_24_days", "shares")
        assert [here["allocation"][part] for part in parts] == [there["allocation"][part] for part in parts]


@given(drawn=MANY)
@ONE_FRAME
def test_every_patient_is_divided_whole_and_the_two_phases_make_up_the_wait(
    spark: SparkSession, drawn: list[Drawn]
) -> None:
    rows = timed(spark, [pathway(each, str(place)) for place, each in enumerate(drawn)])
    for row in rows.values():
        allocation, clock = row["allocation"], row["clock_62"]
        if clock["outcome"] not in ("WITHIN", "BREACH"):
            assert allocation["shares"] is None
            continue
        shares = allocation["shares"]
        assert sum(share["denominator_share"] for share in shares) == 1
        assert sum(share["within_share"] for share in shares) == (clock["outcome"] == "WITHIN")
        assert all(0 <= share["within_share"] <= share["denominator_share"] for share in shares)
        if allocation["method"] == "6SCENARIO":
            assert allocation["phase_38_days"] + allocation["phase_24_days"] == clock["days"]
            assert allocation["scenario"] in range(1, 7)


@given(drawn=MANY)
@ONE_FRAME
def test_a_later_treatment_never_turns_a_breach_into_a_wait_in_time(spark: SparkSession, drawn: list[Drawn]) -> None:
    treated = [{**each, "treated": each["treated"] or 0, "as_at": None} for each in drawn]
    later = [{**each, "treated": each["treated"] + 1 + place % 9} for place, each in enumerate(treated)]
    rows = timed(
        spark,
        [
            pathway(each, f"{place} {when}")
            for when, cases in (("then", treated), ("later", later))
            for place, each in enumerate(cases)
        ],
    )
    for place in range(len(drawn)):
        for clock in ("clock_31", "clock_62"):
            then, after = (rows[f"{place} {when}"][clock]["outcome"] for when in ("then", "later"))
            assert not (then == "BREACH" and after == "WITHIN")


@given(drawn=MANY)
@ONE_FRAME
def test_days_limit_and_outcome_agree_on_every_clock(spark: SparkSession, drawn: list[Drawn]) -> None:
    rows = timed(spark, [pathway(each, str(place)) for place, each in enumerate(drawn)])
    for row in rows.values():
        for name, limit in (("28", 28), ("31", 31), ("62", 62)):
            clock = row[f"clock_{name}"]
            if clock["outcome"] in ("NOT_APPLICABLE", "NO_CLOCK_START"):
                continue
            assert clock["first_breach_on"] - clock["last_compliant_on"] == timedelta(days=1)
            until = clock["stop_on"] or row["as_at_on"]
            if until is None:
                assert (clock["days"], clock["outcome"]) == (None, "OPEN")
                continue
            assert clock["days"] == (until - clock["start_on"]).days - clock["adjustment_days"]
            if clock["outcome"] in ("WITHIN", "OPEN"):
                assert until <= clock["last_compliant_on"] and clock["days"] <= limit
            if clock["outcome"] in ("BREACH", "OPEN_BREACHED"):
                assert until >= clock["first_breach_on"] and clock["days"] > limit
