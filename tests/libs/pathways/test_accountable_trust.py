"""Which trust answers for the investigating where more than two took part, by each strategy of the rules."""

from datetime import date, timedelta
from typing import Any

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from libs.pathways.allocation import TRANSFERS, with_allocation
from libs.pathways.clocks import with_clocks
from libs.rules import Rule, Rules, load_rules
from tests.libs.pathways.linked_rows import linked_pathways, linked_treatments

START = date(2025, 1, 1)
RULES = load_rules()
Transfer = tuple[int, str | None, str | None]  # day, from, to
# Seen first at RVW; `treated_at` on day 70.
JOURNEYS: dict[str, tuple[list[Transfer], str, str | None]] = {
    "on and on": ([(20, "RVW", "RTD"), (40, "RTD", "RTR")], "RTR", None),
    "back to the first sender": ([(20, "RVW", "RTD"), (30, "RTD", "RVW"), (45, "RVW", "RTR")], "RTR", None),
    "elsewhere last": ([(20, "RVW", "RTR"), (50, "RTR", "RTD")], "RTR", None),
    "out and back": ([(20, "RVW", "RTD"), (40, "RTD", "RVW")], "RVW", None),
    "recorded": ([(20, "RVW", "RTD"), (40, "RTD", "RTR")], "RTR", "RXP"),
    "recorded without a transfer": ([], "RTR", "RXP"),
    "sender not recorded": ([(20, None, "RTR")], "RTR", None),
    "the last one too late": ([(20, "RVW", "RTD"), (71, "RTD", "RTR")], "RTR", None),
    "nobody moved": ([], "RTR", None),
}


def journeys(spark: SparkSession) -> DataFrame:
    pathways = linked_pathways(
        spark,
        *(
            {"pathway_key": name, "referral_received_on": START, "first_seen_org": "RVW", "diagnosis_icd10": "C34"}
            for name in JOURNEYS
        ),
    )
    treatments = linked_treatments(
        spark,
        *(
            {"pathway_key": name, "decision_to_treat_on": START, "treatment_on": day(70), "treatment_org": treated_at}
            for name, (_, treated_at, _) in JOURNEYS.items()
        ),
    )
    rows = [
        (name, [(day(when), sender, to) for when, sender, to in moved], recorded)
        for name, (moved, _, recorded) in JOURNEYS.items()
    ]
    moved = spark.createDataFrame(rows, f"pathway_key string, moved {TRANSFERS}, recorded string")
    joined = pathways.join(treatments, ["pathway_key"]).join(moved, ["pathway_key"])
    return joined.withColumns({"transfers": F.col("moved"), "accountable_org": F.col("recorded")})


def day(number: int) -> date:
    return START + timedelta(days=number)


def by_strategy(strategy: str) -> Rules:
    elected = Rule[Any].model_validate([{"from": "2023-10-01", "value": strategy, "source": "a test"}])
    allocation = RULES.allocation.model_copy(update={"investigating_trust": elected})
    return RULES.model_copy(update={"allocation": allocation})


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> dict[tuple[str, str], Row]:
    rows = journeys(spark)
    return {
        (strategy, row["pathway_key"]): row["allocation"]
        for strategy in ("last_sender", "first_sender", "first_seen")
        for row in with_allocation(with_clocks(rows, by_strategy(strategy)), by_strategy(strategy)).collect()
    }


@pytest.mark.parametrize(
    ("name", "strategy", "investigating", "handed_over"),
    [
        ("on and on", "last_sender", "RTD", 40),
        ("on and on", "first_sender", "RVW", 20),
        ("on and on", "first_seen", "RVW", 20),
        ("back to the first sender", "last_sender", "RVW", 45),
        ("back to the first sender", "first_sender", "RVW", 20),
        ("elsewhere last", "last_sender", "RVW", 20),
        ("elsewhere last", "first_seen", "RVW", 20),
        ("the last one too late", "first_seen", "RVW", 20),
    ],
)
def test_the_strategy_elects_the_trust_and_the_day_of_the_hand_over(
    found: dict[tuple[str, str], Row], name: str, strategy: str, investigating: str, handed_over: int
) -> None:
    allocation = found[strategy, name]
    assert (allocation["investigating_trust"], allocation["transfer_on"]) == (investigating, day(handed_over))
    assert allocation["method"] == "6SCENARIO"
    assert allocation["phase_38_days"] == handed_over


@pytest.mark.parametrize("strategy", ["last_sender", "first_sender", "first_seen"])
def test_whatever_the_strategy_what_is_recorded_goes_first_and_a_way_back_is_solo(
    found: dict[tuple[str, str], Row], strategy: str
) -> None:
    assert found[strategy, "recorded"]["investigating_trust"] == "RXP"
    assert found[strategy, "recorded"]["method"] == "6SCENARIO"
    assert found[strategy, "out and back"]["method"] == "SOLO"
    assert found[strategy, "recorded without a transfer"]["investigating_trust"] == "RXP"
    halves = ("recorded without a transfer", "sender not recorded", "nobody moved")
    assert {found[strategy, name]["method"] for name in halves} == {"5050"}
    assert all(sum(share["denominator_share"] for share in allocation["shares"]) == 1 for allocation in found.values())


def test_a_transfer_after_the_treatment_elects_nobody(found: dict[tuple[str, str], Row]) -> None:
    allocation = found["last_sender", "the last one too late"]
    assert (allocation["investigating_trust"], allocation["method"]) == ("RVW", "5050")
