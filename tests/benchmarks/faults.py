"""What cleansing finds of the faults that a synthetic world shows: precision and recall of each kind.

    python -m tests.benchmarks.faults [pathways]

A world with all its faults is made, its history taken in and cleansed, and what was told of each row is held against
the truth at the moment of the extract. A kind is a rule (or one of several), on the pathway or patient that it befell.
"""

import sys
import tempfile
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path

import pandas as pd
from pyspark.sql import functions as F

from jobs import cleanse, ingest, simulate
from jobs.changed import vouched
from jobs.outcome import Run
from jobs.simulate import Wishes
from libs.feeds import load_contracts, word_key
from libs.lakehouse.session import start_session
from libs.lakehouse.tables import Lake, open_lake
from libs.pathways.date_order import ORDER
from libs.settings import conf_folder, load_settings
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
    """Print a line for each kind: how many were shown and told, precision and recall; then what was refused.

    Not counted as shown is what nothing tells from the truth (`_unseen`), and not as told wrongly what another fault of
    the same dates or cell explains.
    """
    taken = (
        lake.read("silver.pathway").select("trust", "source_pathway_id", "source_patient_id", "extracted_at").toPandas()
    )
    told = _told(lake)
    shown = _shown(truth, taken)
    unseen = _unseen(lake, shown, told)
    for kind, (rules, field) in OF_PATHWAYS.items():
        of_kind = shown[shown["fault"] == kind]
        found = told[told["rule_code"].isin(rules)]
        found = found[found["field"] != "born_on"] if field is None else found[found["field"] == field]
        befallen = _fields(of_kind if field is None else of_kind.assign(column=field), "column")
        _line(kind, befallen, _fields(found, "field"), unseen[kind], _befallen(shown, kind, rules))
    patients = taken.set_index(["trust", "source_pathway_id"])["source_patient_id"]
    for kind, rules in OF_PATIENTS.items():
        found = told[told["rule_code"].isin(rules)]
        if kind == "birth_date_default":  # in Infoflex 01/01/1900 is a spelling of nothing, and told as such
            is_missing = (told["rule_code"] == "BIRTH_DATE_MISSING") & (told["trust"] == "RVW")
            found = pd.concat([found[found["field"] == "born_on"], told[is_missing]])
        whose = {(trust, patients.get((trust, pathway))) for trust, pathway in _pathways(found)}
        others = shown[shown["fault"].isin(["birth_date_default", "birth_date_missing"]) & (shown["fault"] != kind)]
        befallen = _patients(shown[shown["fault"] == kind])
        _line(kind, befallen, whose, set(), _patients(others) if kind.startswith("birth_date") else set())
    _duplicates(lake, truth, taken)
    refused = told[told["severity"] == "reject"]
    say(f"rows refused: {len(refused)}, by rule: {refused['rule_code'].value_counts().to_dict()}")
    others = told[~told["rule_code"].isin({rule for rules, _ in OF_PATHWAYS.values() for rule in rules})]
    say(f"all that was told: {others['rule_code'].value_counts().to_dict()}")


def _unseen(lake: Lake, shown: pd.DataFrame, told: pd.DataFrame) -> dict[str, set[object]]:
    """By kind: what befell, but can't be told from truth."""
    unseen: dict[str, set[object]] = {kind: set() for kind in OF_PATHWAYS}
    # A default date, or an outcome in words, that reads as nothing or as one of the register's own words.
    spelt = _spelt_as_nothing_or_known(lake)
    unseen["outcome_in_free_text"] = unseen["note_with_identifiers"] = spelt
    # Infoflex writes an appointment's own date where the truth has a default for the first-seen date.
    is_first_seen = (
        (shown["fault"] == "date_default") & (shown["column"] == "first_seen_on") & (shown["trust"] == "RVW")
    )
    unseen["date_default"] = spelt | _fields(shown[is_first_seen], "column")
    # A plan whose day has come looks like a treatment.
    treatments = lake.read("silver.treatment").where("treatment_on <= to_date(extracted_at)").toPandas()
    unseen["planned_as_treatment_date"] = _fields(treatments.assign(column="treatment_on"), "column")
    # An exchange that breaks no order.
    pairs = {pair.rule_code: (_name(pair.earlier), _name(pair.later)) for pair in ORDER}
    is_future = told["rule_code"] == "DATE_IN_FUTURE"
    broken = {
        (row.trust, row.source_pathway_id, field)
        for row in told[told["rule_code"].isin(list(pairs)) | is_future].itertuples()
        for field in pairs.get(str(row.rule_code), (row.field,))
    }
    unseen["date_swapped"] = _fields(shown[shown["fault"] == "date_swapped"], "column") - broken
    return unseen


def _spelt_as_nothing_or_known(lake: Lake) -> set[object]:
    found: set[object] = set()
    for system, contract in load_contracts(conf_folder()).items():
        rows = vouched(lake, system).toPandas()
        nothing = {word_key(null) for null in contract.nulls} | {""}
        for _, name, source in contract.sources():
            if source.column is not None:
                known = nothing | set(contract.words(source.map) if source.map else ())
                is_known = rows[source.column].fillna("").map(word_key).isin(known)
                found |= {(trust, key, name) for trust, key in rows[is_known][["_trust", "_pathway_key"]].to_numpy()}
    return found


def _befallen(shown: pd.DataFrame, kind: str, rules: Collection[str]) -> set[object]:
    """(trust, pathway, field) where another kind befell a date that the rules look at beside the field's own."""
    others = shown[shown["fault"] != kind]
    looked_at = {(_name(pair.earlier), _name(pair.later)) for pair in ORDER if pair.rule_code in rules}
    found = _fields(others, "column")
    for row in others.itertuples():
        found |= {(row.trust, row.source_pathway_id, later) for earlier, later in looked_at if row.column == earlier}
    return found


def _name(place: str) -> str:
    return place.partition(".")[2]


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
    _line("pathway_duplicated", set(shown), set(told), set(), set())


def _patients(rows: pd.DataFrame) -> set[object]:
    return set(map(tuple, rows[["trust", "source_patient_id"]].to_numpy()))


def _pathways(rows: pd.DataFrame) -> Keys:
    return set(map(tuple, rows[["trust", "source_pathway_id"]].to_numpy()))


def _fields(rows: pd.DataFrame, field: str) -> set[object]:
    return set(map(tuple, rows[["trust", "source_pathway_id", field]].to_numpy()))


def _line(
    kind: str, befallen: set[object], told: set[object], unseen: Collection[object], explained: Collection[object]
) -> None:
    shown = befallen - set(unseen) | befallen & told
    judged = told - (set(explained) - befallen)
    precision = f"{len(befallen & judged) / len(judged):.3f}" if judged else "-"
    recall = f"{len(shown & told) / len(shown):.3f}" if shown else "-"
    counts = f"befell {len(befallen):5,}  to be seen {len(shown):5,}  told {len(judged):5,}"
    more = f" (and {len(told) - len(judged)} of other faults)" if told != judged else ""
    say(f"{kind:28} {counts}  precision {precision:>5}  recall {recall:>5}{more}")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
