"""The hour's people by a trained model, on a real lake: who comes when changes nothing, and every change is told."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs import people_by_model
from jobs.linkage_basis import Basis
from jobs.linkage_tables import DECISIONS, EVENTS, KEYS, LINKS, PAIRS, REVIEW
from jobs.outcome import Run
from jobs.short_names import short_forms
from libs.fingerprint import row_hash
from libs.lakehouse.tables import Lake
from libs.pathways import link_decision
from libs.pathways.linkage_records import linkage_records
from libs.pathways.people import RECORD_KEY
from libs.settings import load_settings
from ml.linkage import beside
from ml.linkage.backend import DuckDBBackend
from ml.linkage.fit import fit
from ml.linkage.scoring import Thresholds, prepare

AS_AT = datetime(2025, 6, 2, 9, tzinfo=ZoneInfo("Europe/London"))
SCHEMA = (
    "trust string, source_patient_id string, nhs_number string, nhs_number_status string, family_name string,"
    " given_name string, born_on date, sex string, postcode string, phone string"
)
Patient = tuple[str, str, str | None, str | None, str, str, date, str, str, str | None]
# Each pair is one person, but for the twins and for the two whose details agree and whose verified numbers do not.
WILLIAM: tuple[Patient, ...] = (
    ("RTR", "1", "9990000018", "01", "Armstrong", "William", date(1951, 3, 9), "1", "TS1 4AB", None),
    ("RVW", "1", "9990000018", "01", "Armstrong", "Bill", date(1951, 3, 9), "1", "TS1 4AB", None),
)
MARGARET: tuple[Patient, ...] = (
    ("RTR", "2", None, None, "Fairweather", "Margaret", date(1955, 5, 14), "2", "TS10 1AA", "07700900123"),
    ("RVW", "2", "9990000026", "02", "Fairwether", "Margaret", date(1955, 5, 14), "2", "TS10 1AA", "07700900123"),
)
TWINS: tuple[Patient, ...] = (
    ("RTR", "3", None, None, "Thornton", "Amy", date(1990, 2, 2), "2", "TS17 5BB", "07700900456"),
    ("RVW", "3", None, None, "Thornton", "Lucy", date(1990, 2, 2), "2", "TS17 5BB", "07700900456"),
)
NAMESAKES: tuple[Patient, ...] = (
    ("RTR", "4", "9990000034", "01", "Hall", "John", date(1960, 7, 7), "1", "TS5 5EE", None),
    ("RVW", "4", "9990000042", "01", "Hall", "John", date(1960, 7, 7), "1", "TS5 5EE", None),
)
EVERYONE = (*WILLIAM, *MARGARET, *TWINS, *NAMESAKES)


def patients(spark: SparkSession, rows: Sequence[Patient], *, file_id: int) -> "object":
    frame = spark.createDataFrame(rows, SCHEMA).select(
        *(["trust", F.lit("scr").alias("system")]),
        *(name.split()[0] for name in SCHEMA.split(", ")[1:]),
        F.lit(datetime(2025, 6, 1, file_id)).alias("first_extracted_at"),
        F.lit(file_id).cast("bigint").alias("file_id"),
    )
    return frame.withColumn("row_hash", row_hash([name for name in frame.columns if name not in {"file_id", "trust"}]))


@pytest.fixture(scope="module")
def basis(spark: SparkSession) -> Basis:
    """A model of too few records to learn from: its first weights, and the names that stand beside it."""
    with DuckDBBackend(threads=1) as backend:
        backend.register("records", linkage_records(patients(spark, EVERYONE, file_id=1)).toArrow())
        prepare(backend, "records", short_forms())
        model = fit(backend)
        return Basis(model, 1, beside.taken(backend), short_forms(), Thresholds(accept=0.95, review=0.5))


class Hours:
    """A lake into which hour after hour brings patients."""

    def __init__(self, spark: SparkSession, root: Path, basis: Basis) -> None:
        self.lake, self.basis, self._file_id = Lake(spark, root), basis, 0
        self.settings = load_settings("local")

    def bring(self, rows: Sequence[Patient], *, hours_undone: int = 0) -> int:
        """One hour more; how many links it changed. The hours before it that are undone were killed."""
        self._file_id += 1
        known = patients(self.lake.spark, rows, file_id=self._file_id)
        self.lake.merge("silver.patient", known, keys=RECORD_KEY)
        return self.again(hours_undone=hours_undone)

    def again(self, *, hours_undone: int = 0) -> int:
        run, after = Run(f"run {self._file_id}", AS_AT, AS_AT), self._file_id - 1 - hours_undone
        return people_by_model.relink(self.lake, self.basis, self.settings, run, after=after, upto=self._file_id)

    def persons(self) -> dict[str, str]:
        """By trust and patient id."""
        rows = self.lake.read(LINKS).collect()
        return {f"{row['trust']}:{row['source_patient_id']}": row["person_id"] for row in rows}

    def together(self) -> set[frozenset[str]]:
        """Who is one person."""
        persons = self.persons()
        groups = {frozenset(name for name in persons if persons[name] == person) for person in persons.values()}
        return {group for group in groups if len(group) > 1}

    def told(self) -> list[tuple[str, str]]:
        if not self.lake.exists(EVENTS):
            return []
        return sorted((row["kind"], row["reason"]) for row in self.lake.read(EVENTS).collect())

    def asked(self) -> dict[str, str]:
        """The reasons of the pairs that people are to decide, by the patient of the first register."""
        if not self.lake.exists(REVIEW):
            return {}
        return {row["left_patient_id"]: row["reason"] for row in self.lake.read(REVIEW).collect()}

    def decide(self, patient: str, *, is_same: bool) -> None:
        """Import what people decided of the pair of this patient."""
        left, right = link_decision.ordinals()
        rows = (
            self.lake.read(REVIEW)
            .where(F.col("left_patient_id") == patient)
            .select(
                "pair_id", left.alias("left_ordinal"), right.alias("right_ordinal"), F.lit(is_same).alias("is_same")
            )
        )
        self.lake.append(DECISIONS, rows)


@pytest.fixture(scope="module")
def all_at_once(spark: SparkSession, basis: Basis, tmp_path_factory: pytest.TempPathFactory) -> Hours:
    hours = Hours(spark, tmp_path_factory.mktemp("whole"), basis)
    hours.bring(EVERYONE)
    return hours


@pytest.fixture
def hours(spark: SparkSession, basis: Basis, tmp_path: Path) -> Iterator[Hours]:
    yield Hours(spark, tmp_path, basis)


def test_one_number_and_like_details_make_a_person_and_twins_and_two_numbers_do_not(all_at_once: Hours) -> None:
    assert all_at_once.together() == {frozenset({"RTR:1", "RVW:1"}), frozenset({"RTR:2", "RVW:2"})}
    assert all_at_once.asked() == {"3": "given names contradict: may be relatives"}
    tiers = {row["source_patient_id"]: row["tier"] for row in all_at_once.lake.read(LINKS).collect()}
    assert tiers == {"1": 1, "2": 3, "3": 0, "4": 0}


def test_the_same_hour_again_writes_nothing(all_at_once: Hours) -> None:
    before = {name: all_at_once.lake.version(name) for name in (LINKS, PAIRS, REVIEW)}
    assert all_at_once.again() == 0
    assert {name: all_at_once.lake.version(name) for name in (LINKS, PAIRS, REVIEW)} == before
    assert all_at_once.told() == []


def test_records_that_come_one_by_one_become_the_same_people_and_nobody_is_renamed(
    hours: Hours, all_at_once: Hours
) -> None:
    named: dict[str, str] = {}
    for rows in (EVERYONE[5:], EVERYONE[:3], EVERYONE[3:5]):
        hours.bring(rows)
        assert {name: hours.persons()[name] for name in named} == named
        named = hours.persons()
    assert hours.together() == all_at_once.together()
    pairs = [
        {(row["left"], row["right"], round(row["match_weight"], 6)) for row in each.lake.read(PAIRS).collect()}
        for each in (hours, all_at_once)
    ]
    assert pairs[0] == pairs[1]
    assert hours.told() == []


def test_a_corrected_record_parts_a_person_and_a_record_between_two_joins_them(hours: Hours) -> None:
    hours.bring(WILLIAM)
    corrected = (*WILLIAM[1][:2], "9990000042", "01", "Hall", "John", date(1960, 7, 7), "1", "TS5 5EE", None)
    hours.bring([corrected])
    assert hours.together() == set()
    assert hours.told() == [("split", "the records are others than before")]
    hours.bring([WILLIAM[1]])
    assert hours.together() == {frozenset({"RTR:1", "RVW:1"})}
    assert hours.told() == [("merge", "the same verified NHS number"), ("split", "the records are others than before")]
    told_at = hours.lake.version(EVENTS)
    hours.bring([("RTR", "9", None, None, "Stranger", "Zoe", date(1970, 1, 2), "2", "LS1 1AA", None)])
    assert hours.lake.version(EVENTS) == told_at


def test_what_people_decided_is_honoured_in_every_later_hour_and_not_asked_again(hours: Hours) -> None:
    hours.bring(TWINS)
    hours.decide("3", is_same=True)
    hours.bring(WILLIAM)
    assert frozenset({"RTR:3", "RVW:3"}) in hours.together()
    assert hours.asked() == {}
    assert hours.told() == [("merge", "a decision of people")]
    hours.bring([(*TWINS[0][:8], "TS99 9ZZ", None)])
    assert frozenset({"RTR:3", "RVW:3"}) in hours.together()


@pytest.mark.soak
def test_another_model_looks_at_everyone_again_and_so_does_the_one_that_is_put_back(hours: Hours) -> None:
    hours.bring(EVERYONE)
    first, persons = hours.basis, hours.persons()
    hours.basis = replace(first, version=2, thresholds=Thresholds(accept=2.0, review=0.5))
    hours.bring([])
    assert hours.together() == set()
    assert hours.asked().keys() == {"1", "2", "3"}
    assert hours.told() == [("split", "another model")] * 2
    assert {row["made_by"] for row in hours.lake.read(KEYS).select("made_by").distinct().collect()} == {
        hours.basis.name
    }
    hours.basis = first
    hours.bring([])
    assert hours.persons() == persons
    assert [kind for kind, _ in hours.told()] == ["merge"] * 2 + ["split"] * 2


@pytest.mark.soak
@pytest.mark.parametrize("table", [EVENTS, LINKS, PAIRS, KEYS])
def test_a_run_that_was_killed_before_a_table_was_written_is_made_good_by_the_next(
    hours: Hours, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    hours.bring((*WILLIAM, *MARGARET))
    corrected = (*WILLIAM[1][:2], "9990000042", "01", "Hall", "John", date(1960, 7, 7), "1", "TS5 5EE", None)
    with monkeypatch.context() as patch:
        _kill_before(patch, table)
        with pytest.raises(KeyboardInterrupt):
            hours.bring([corrected])
    hours.again()
    assert hours.together() == {frozenset({"RTR:2", "RVW:2"})}
    assert hours.told() == [("split", "the records are others than before")]
    assert hours.lake.read(PAIRS).count() == 1
    hours.bring([(*WILLIAM[1][:2], None, None, *WILLIAM[1][4:])])
    assert frozenset({"RTR:1", "RVW:1"}) in hours.together()


def test_whom_a_run_joined_that_was_killed_is_parted_when_the_record_changed_back_meanwhile(
    hours: Hours, monkeypatch: pytest.MonkeyPatch
) -> None:
    otherwise = (*WILLIAM[1][:2], "9990000042", "01", "Hall", "John", date(1960, 7, 7), "1", "TS5 5EE", None)
    hours.bring([WILLIAM[0], otherwise])
    with monkeypatch.context() as patch:
        _kill_before(patch, PAIRS)
        with pytest.raises(KeyboardInterrupt):
            hours.bring([WILLIAM[1]])
    assert hours.together() == {frozenset({"RTR:1", "RVW:1"})}
    hours.bring([otherwise], hours_undone=1)
    assert hours.together() == set()


def _kill_before(patch: pytest.MonkeyPatch, table: str) -> None:
    for name in ("merge", "append", "swap", "write_changes"):
        real = getattr(Lake, name)

        def write(self: Lake, written: str, *args: object, _real: "object" = real, **kwargs: object) -> object:
            if written == table:
                raise KeyboardInterrupt
            return _real(self, written, *args, **kwargs)  # type: ignore[operator]

        patch.setattr(Lake, name, write)
