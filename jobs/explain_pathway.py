"""`clocks --explain`: one linked pathway of the lake with its clocks as they stand, read and never computed anew."""

from collections.abc import Iterator

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from jobs import run_log
from jobs.explained import Explained, Happening, Sharing, Side, Wait, dated, facts, sentences, whole
from jobs.linked_view import linked_view
from jobs.screens.wording import site
from libs.errors import Terminal
from libs.lakehouse.tables import Lake, open_lake
from libs.pathways.linked import members
from libs.rules import load_rules
from libs.settings import Settings

SHORTEST_KEY = 8
# column of the linked pathway: what happened, and the column of the trust that did it
_HAPPENINGS = {
    "referral_received_on": ("Referral received", None),
    "upgraded_on": ("Upgraded by a consultant", "upgrade_org"),
    "first_seen_on": ("First seen", "first_seen_org"),
    "first_test_booked_on": ("First test booked for this day", None),
    "first_test_done_on": ("First test done", None),
    "first_test_reported_on": ("First test reported", None),
    "last_test_reported_on": ("Last test reported", None),
    "mdt_on": ("MDT discussion", None),
    "diagnosed_on": ("Diagnosis", None),
    "informed_on": ("Told whether it is cancer", "told_by"),
    "closed_on": ("Closed", None),
}
_OF_TREATMENT = {
    "decision_to_treat_on": ("Treatment decided", None),
    "planned_treatment_on": ("Treatment planned for this day", None),
    "treatment_on": ("Treatment began", "treatment_org"),
}


class PathwayKeyError(Terminal):
    """No pathway of the lake, or more than one, answers to what was asked for."""


def explain_pathway(spark: SparkSession, settings: Settings, wanted: str) -> Explained:
    """The pathway that a key, its beginning or `TRUST:local id` names, as the last run of the clocks left it.

    Nothing is written. Raises PathwayKeyError where not exactly one pathway is meant, StepOrderError before any clock
    has run.
    """
    lake = open_lake(spark, settings)
    standards = lake.read("gold.pathway_standard")
    key = _key_of(lake, wanted)
    as_at_on = run_log.progress(lake)[1]["clocks"]
    keys = spark.createDataFrame([(key,)], "pathway_key string")
    pathways, treatments = linked_view(lake, keys, load_rules(), as_at_on=as_at_on)
    [pathway] = pathways.collect()
    waits = standards.join(keys, ["pathway_key"], "left_semi").orderBy("standard", "treatment_number").collect()
    sharing = _sharing(lake, keys)
    conflicts = dict.fromkeys(one for row in waits for one in (row["conflicts"] or "").split("; ") if one)
    return Explained(
        name=key,
        route=pathway["route"],
        as_at_on=as_at_on,
        happenings=tuple(_happenings(pathway, treatments.orderBy("treatment_number").collect())),
        waits=tuple(_wait(row, sharing) for row in waits),
        facts=tuple(_facts(pathway)),
        conflicts=tuple(conflicts),
    )


def _key_of(lake: Lake, wanted: str) -> str:
    """The one pathway that is meant."""
    text = wanted.strip()
    linked = lake.read("silver.linked_pathway")
    found = _of_trust(linked, text) if ":" in text else _of_beginning(linked, text.lower())
    keys = [row["pathway_key"] for row in found.select("pathway_key").distinct().limit(2).collect()]
    if not keys:
        raise PathwayKeyError(
            "no pathway answers to what --explain names",
            do="Give a pathway_key of gold.ptl_current, its beginning, or a trust's own id as RVW:id.",
            table="silver.linked_pathway",
        )
    if len(keys) > 1:
        raise PathwayKeyError(
            "more than one pathway answers to what --explain names",
            do="Give more of the pathway_key.",
            table="silver.linked_pathway",
        )
    return str(keys[0])


def _of_trust(linked: DataFrame, text: str) -> DataFrame:
    trust, _, local_id = text.partition(":")
    # Joined as a frame, here and below: a literal would stand in Spark's plans, and an identifier must not.
    wanted = linked.sparkSession.createDataFrame(
        [(trust.strip().upper(), local_id.strip())], "trust string, source_pathway_id string"
    )
    return members(linked).join(wanted, wanted.columns, "left_semi")


def _of_beginning(linked: DataFrame, text: str) -> DataFrame:
    if len(text) < SHORTEST_KEY:
        raise PathwayKeyError(
            f"the beginning of a key that --explain names is shorter than {SHORTEST_KEY} characters",
            do="Give more of it, or a trust's own id as RVW:id.",
        )
    wanted = linked.sparkSession.createDataFrame([(text,)], "beginning string")
    return linked.join(wanted, F.col("pathway_key").startswith(F.col("beginning")), "left_semi")


def _happenings(pathway: Row, treatments: list[Row]) -> Iterator[Happening]:
    yield from dated(pathway, _HAPPENINGS)
    for transfer in pathway["transfers"] or ():
        to = f" to {transfer['transfer_to_org']}" if transfer["transfer_to_org"] else ""
        yield Happening(transfer["transfer_on"], f"Transferred{to}", transfer["transfer_from_org"])
    for row in treatments:
        number = f", treatment {row['treatment_number']}" if row["treatment_number"] > 1 else ""
        yield from dated(row, _OF_TREATMENT, number)


def _facts(pathway: Row) -> Iterator[str]:
    yield f"Tracked by {pathway['tracked_by']}, held by {pathway['holding_trust']}: {pathway['local_pathway_ids']}"
    told = {
        "site": site(pathway["tumour_site"]),
        "diagnosis": pathway["diagnosis_icd10"],
        "closed": pathway["closed_reason"],
    }
    yield from facts(told)


def _wait(row: Row, sharing: Sharing) -> Wait:
    part = "investigating" if row["standard"] == "28" else "treating"
    return Wait(
        standard=row["standard"],
        outcome=row["outcome"],
        start_on=row["clock_start_on"],
        stop_on=row["clock_stop_on"],
        adjustment_days=row["adjustment_days"],
        days=row["days_waited"],
        last_compliant_on=row["last_compliant_on"],
        first_breach_on=row["first_breach_on"],
        month=row["reporting_month"],
        treatment_number=row["treatment_number"],
        sharing=sharing if row["standard"] == "62" else whole(row[f"{part}_trust"], part, outcome=row["outcome"]),
        trace=sentences(row["trace"]),
    )


def _sharing(lake: Lake, keys: DataFrame) -> Sharing:
    """Who answers for the 62-day wait, or would today."""
    if not lake.exists("gold.breach_allocation"):
        return Sharing()
    rows = lake.read("gold.breach_allocation").join(keys, ["pathway_key"], "left_semi").collect()
    if not rows:
        return Sharing()
    order = {"investigating": 0, "treating": 1, "both": 2}
    sides = [Side(row["org"], row["role"], float(row["denominator_share"])) for row in rows]
    return Sharing(
        tuple(sorted(sides, key=lambda side: order[side.part])),
        rows[0]["method"],
        rows[0]["scenario"],
        is_if_today=rows[0]["basis"] == "if_today",
    )
