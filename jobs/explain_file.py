"""`clock-file --explain`: the rows of a file that bear an id, told one by one."""

from collections.abc import Iterator, Sequence
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from jobs.clock_file import recorded_rows, texts_of
from jobs.explained import MEASURED, Explained, Sharing, Side, Wait, dated, facts, sentences, whole
from jobs.row_file import RowFile, RowFileError
from libs.pathways.clocks import STANDARDS
from libs.pathways.file_rows import DATES, timed
from libs.rules import Rules

_AT_MOST = 20
# canonical column of a date: what happened, and the column of the trust that did it
_HAPPENINGS = {
    "referral_received_on": ("Referral received", None),
    "upgraded_on": ("Upgraded by a consultant", "upgrade_org"),
    "first_seen_on": ("First seen", "first_seen_org"),
    "informed_on": ("Told whether it is cancer", None),
    "decision_to_treat_on": ("Treatment decided", None),
    "transfer_on": ("Transferred", "accountable_org"),
    "treatment_on": ("Treatment began", "treatment_org"),
}


def places_of(rows: RowFile, wanted: str) -> list[int]:
    """Where the rows with an id stand. Raises RowFileError if there is none, or more than anybody reads."""
    ids = pc.utf8_trim_whitespace(rows.column("id"))
    places: list[int] = pc.indices_nonzero(pc.equal(ids, wanted.strip())).to_pylist()
    if not places:
        raise RowFileError("no row has the id that was asked for", do="Look at the column id.", file=rows.path.name)
    if len(places) > _AT_MOST:
        raise RowFileError(
            f"{len(places)} rows have the id that was asked for", do="Give each an id of its own.", file=rows.path.name
        )
    return places


def explain_rows(
    spark: SparkSession, rows: RowFile, places: Sequence[int], rules: Rules, *, as_at_on: date | None = None
) -> list[Explained]:
    """The rows at these places, each with its timeline and its three waits."""
    ids = pa.table({"_id": rows.column("id"), "_line": rows.lines})
    chosen = texts_of(rows).append_column("_id", ids["_id"]).append_column("_line", ids["_line"]).take(pa.array(places))
    recorded = recorded_rows(spark, chosen, rules, as_at_on)
    # Clocks take a date after that of the list for planned and leave it out: here it is shown.
    as_written = F.struct(*DATES.values()).alias("_written")
    found = timed(recorded.select("*", as_written), rules).collect()
    return [_explained(row, is_only=len(found) == 1) for row in found]


def _explained(row: Row, *, is_only: bool) -> Explained:
    name = row["_id"].strip() if is_only else f"{row['_id'].strip()}, line {row['_line']}"
    written = {**row.asDict(), **row["_written"].asDict()}
    return Explained(
        name=name,
        route=row["route"],
        as_at_on=row["as_at_on"],
        happenings=tuple(dated(written, _HAPPENINGS)),
        waits=tuple(_wait(row, standard) for standard in STANDARDS),
        facts=tuple(_facts(row)),
        flags=tuple(row["dq"].split()),
    )


def _facts(row: Row) -> Iterator[str]:
    return facts(
        {
            "diagnosis": row["diagnosis_icd10"],
            "treatment event": row["treatment_event"],
            "modality": row["treatment_modality"],
            "closed": row["closed_reason"],
        }
    )


def _wait(row: Row, standard: str) -> Wait:
    clock = row[f"clock_{standard}"]
    return Wait(
        standard=standard,
        outcome=clock["outcome"],
        start_on=clock["start_on"],
        stop_on=clock["stop_on"],
        adjustment_days=clock["adjustment_days"],
        days=clock["days"],
        last_compliant_on=clock["last_compliant_on"],
        first_breach_on=clock["first_breach_on"],
        month=clock["month"],
        sharing=_sharing(row, standard),
        trace=sentences(row[f"trace_{standard}"]),
    )


def _sharing(row: Row, standard: str) -> Sharing:
    """Who answers for a wait that is measured: whole ones are the first-seen and the treating trust's."""
    allocation = row["allocation"]
    outcome = row[f"clock_{standard}"]["outcome"]
    if standard == "28":
        return whole(row["first_seen_org"], "investigating", outcome=outcome)
    if standard == "31":
        return whole(row["treatment_org"], "treating", outcome=outcome)
    if outcome not in MEASURED:
        return Sharing()
    shares = allocation["shares"]
    parts = ("both",) if len(shares) == 1 else ("investigating", "treating")
    return Sharing(
        tuple(
            Side(share["trust"], part, float(share["denominator_share"]))
            for share, part in zip(shares, parts, strict=True)
        ),
        allocation["method"],
        allocation["scenario"],
    )
