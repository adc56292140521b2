"""What cleansing finds of the faults that a synthetic world shows: precision and recall of each kind.

    python -m tests.benchmarks.faults [pathways]

A world with all its faults is made, its history taken in and cleansed, and what was told of each row is held against
the truth at the moment of the extract. A kind is a rule (or one of several), on the pathway or patient that it befell.
"""

import sys
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pandas as pd
from pyspark.sql import functions as F

from jobs import cleanse, ingest, simulate
from jobs.outcome import Run
from jobs.simulate import Wishes
from libs.lakehouse.session import start_session
from libs.lakehouse.tables import Lake, open_lake
from libs.settings import load_settings
from libs.synthetic.calendar import LONDON

PATHWAYS = 20_000
ENDS_AT = datetime(2025, 6, 2, 9, tzinfo=LONDON)
Keys = set[tuple[str, str]]
# kind -> the rules that tell of it, and the field where the rule is told of several; None: the field that it befell.
OF_PATHWAYS: Mapping[str, tuple[tuple[str, ...], str | None]] = {
    "told_before_referral": (("INFORMED_BEFORE_REFERRAL",), "informed_on"),
    "treatment_before_decision": (("TREATED_BEFORE_DECISION",), "treatment_on"),
    "planned_as_treatment_date": (("DATE_IN_FUTURE",), "treatment_on"),
    "deceased_but_open": (("DECEASED_BUT_OPEN",), "closed_on"),
    "screening_type_invalid": (("SUSPECTED_TYPE_MISSING",), "suspected_cancer_type"),
    "transfer_date_missing": (("TRANSFER_DATE_MISSING",), "transfer_on"),
    "outcome_in_free_text": (("WORD_UNMAPPED",), "fds_end_reason"),
    "treatment_in_local_word": (("WORD_UNMAPPED",), "treatment_modality"),
    "note_with_identifiers": (("NOTE_IDENTIFIES",), "tracking_note"),
    "date_default": (("DATE_DEFAULT",), None),
    "date_swapped": (("DAY_MONTH_SWAPPED",), None),
}
OF_PATIENTS: Mapping[str, tuple[str, ...]] = {
    "nhs_number_missing": ("NHS_NUMBER_MISSING",),
    "nhs_number_invalid": ("NHS_NUMBER_CHECK_DIGIT",),
    "nhs_number_repeated_digits": ("NHS_NUMBER_REPEATED_DIGIT",),
    "nhs_number_damaged": ("NHS_NUMBER_DAMAGED",),
    "nhs_number_unverified": ("NHS_NUMBER_UNVERIFIED",),
    "birth_date_missing": ("BIRTH_DATE_MISSING",),
    "birth_date_default": ("DATE_DEFAULT",),
    "postcode_unknown": ("POSTCODE_OF_NO_PLACE",),
}


def main() -> None:
    """Make the world in a folder of its own, cleanse its history, and print a line for each kind of fault."""
    pathways = int(sys.argv[1]) if len(sys.argv) > 1 else PATHWAYS
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings("local", [f"paths.root={folder}"])
        spark = start_session(settings, "faults")
        simulation = simulate.prepare(settings, pathways=pathways, hours=1, seed=8, ends_at=ENDS_AT, wishes=Wishes())
        simulate.write_history(simulation)
        run = Run("faults", ENDS_AT, ENDS_AT)
        ingest.run(spark, settings, run)
        cleanse.run(spark, settings, run)
        say(f"SYNTHETIC world of {pathways:,} pathways, seed 8: its history, cleansed")
        report(open_lake(spark, settings), settings.paths.root / "truth")


def report(lake: Lake, truth: Path) -> None:
    """Print, for each kind, how many were shown and found, precision and recall; then what was refused."""
    taken = (
        lake.read("silver.pathway").select("trust", "source_pathway_id", "source_patient_id", "extracted_at").toPandas()
    )
    told = _told(lake)
    shown = _shown(truth, taken)
    for kind, (rules, field) in OF_PATHWAYS.items():
        of_kind = shown[shown["fault"] == kind]
        found = told[told["rule_code"].isin(rules)]
        if field is None:
            _line(kind, _fields(of_kind, "column"), _fields(found[~found["field"].isin(["born_on"])], "field"))
        else:
            _line(kind, _pathways(of_kind), _pathways(found[found["field"] == field]))
    patients = taken.set_index(["trust", "source_pathway_id"])["source_patient_id"]
    for kind, rules in OF_PATIENTS.items():
        found = told[told["rule_code"].isin(rules)]
        if kind == "birth_date_default":
            found = found[found["field"] == "born_on"]
        whose = {(trust, patients.get((trust, pathway))) for trust, pathway in _pathways(found)}
        _line(kind, set(map(tuple, shown[shown["fault"] == kind][["trust", "source_patient_id"]].to_numpy())), whose)
    _duplicates(lake, truth, taken)
    refused = told[told["severity"] == "reject"]
    say(f"rows refused: {len(refused)}, by rule: {refused['rule_code'].value_counts().to_dict()}")
    others = told[~told["rule_code"].isin({rule for rules, _ in OF_PATHWAYS.values() for rule in rules})]
    say(f"all that was told: {others['rule_code'].value_counts().to_dict()}")


def _told(lake: Lake) -> pd.DataFrame:
    key = F.split("row_key", "\x1f")[0].alias("source_pathway_id")
    return lake.read("silver.reject").select("trust", key, "rule_code", "severity", "field").toPandas()


def _shown(truth: Path, taken: pd.DataFrame) -> pd.DataFrame:
    """The faults that a register showed in the extract that was taken, with the register's own numbers."""
    records = pd.read_parquet(truth / "records.parquet")
    faults = pd.read_parquet(truth / "faults.parquet")
    at = taken.assign(at=pd.to_datetime(taken["extracted_at"]))
    numbers = records[["trust", "record_id", "person_id", "source_pathway_id", "source_patient_id"]]
    of_records = faults[faults["record_id"] >= 0].merge(numbers.drop(columns="person_id"), on=["trust", "record_id"])
    people = faults[faults["record_id"] < 0].drop(columns="record_id").merge(numbers, on=["trust", "person_id"])
    both = pd.concat([of_records, people]).merge(
        at.drop(columns="source_patient_id"), on=["trust", "source_pathway_id"]
    )
    is_shown = (both["from_at"] <= both["at"]) & (both["until_at"].isna() | (both["until_at"] > both["at"]))
    return both[is_shown]


def _duplicates(lake: Lake, truth: Path, taken: pd.DataFrame) -> None:
    records = pd.read_parquet(truth / "records.parquet")
    known = set(map(tuple, taken[["trust", "source_pathway_id"]].to_numpy()))
    number = records.set_index("record_id")["source_pathway_id"]
    again = records[records["duplicate_of"] >= 0]
    pairs = {
        frozenset([(row.trust, row.source_pathway_id), (row.trust, number[row.duplicate_of])])
        for row in again.itertuples()
    }
    shown = {pair for pair in pairs if pair <= known}
    found = lake.read("silver.duplicate").select("trust", "source_pathway_id", "survivor_pathway_id").collect()
    told = {frozenset([(row[0], row[1]), (row[0], row[2])]) for row in found}
    _line("pathway_duplicated", shown, told)


def _pathways(rows: pd.DataFrame) -> Keys:
    return set(map(tuple, rows[["trust", "source_pathway_id"]].to_numpy()))


def _fields(rows: pd.DataFrame, field: str) -> set[tuple[str, str, str]]:
    return set(map(tuple, rows[["trust", "source_pathway_id", field]].to_numpy()))


def _line(kind: str, shown: set[object] | Keys, told: set[object] | Keys) -> None:
    both = len(shown & told)  # type: ignore[operator]
    precision = f"{both / len(told):.3f}" if told else "-"
    recall = f"{both / len(shown):.3f}" if shown else "-"
    say(f"{kind:28} shown {len(shown):5,}  told {len(told):5,}  precision {precision:>5}  recall {recall:>5}")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
