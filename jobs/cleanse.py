"""Cleanse: source rows that changed become canonical patients, pathways, treatments and transfers, or rejects."""

from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.answers import DUPLICATES, answer
from jobs.changed import bronze_between, last_file_id, vouched
from jobs.outcome import Outcome, Run
from jobs.unmapped_words import TABLE as WORDS
from libs.feeds import FeedContract, load_contracts
from libs.lakehouse.tables import Lake, open_lake, settle
from libs.organisations import load_organisations
from libs.pathways import duplicates, silver, versions
from libs.pathways.judging import judged_rows
from libs.pathways.reading import Vocabulary
from libs.settings import Settings, conf_folder
from libs.words import load_words

STEP = "cleanse"


def run(spark: SparkSession, settings: Settings, run: Run) -> Outcome:
    """Take in the files that ingest accepted since this step last ran. Repeating it after a crash changes nothing."""
    lake = open_lake(spark, settings)
    after, upto = run.watermark(STEP), last_file_id(lake)
    has_rows = any(lake.exists(f"bronze.{system}_row") for system in load_contracts(conf_folder()))
    if upto <= after or not has_rows:
        answer(lake, settings, run, after=after, upto=upto)
        return Outcome(STEP, upto)
    vocabulary = _vocabulary()
    judged = settle(_judged_rows(lake, vocabulary, after=after, upto=upto))
    taken = judged.where("refused_as is null")
    has_late = not judged.where("_is_pathway_superseded").isEmpty()
    told = taken.unionByName(_told_since(lake, judged, vocabulary, after=after)) if has_late else taken
    changed_count = _write_versions(lake, told, after=after)
    changed_count += _write_patients(lake, taken)
    treated, taken_back = silver.treatments(taken)
    changed_count += lake.merge("silver.treatment", treated, keys=silver.TREATMENT_KEY, gone=taken_back)
    transferred, withdrawn = silver.transfers(taken)
    changed_count += lake.merge("silver.transfer", transferred, keys=silver.TRANSFER_KEY, gone=withdrawn)
    changed_count += _write_duplicates(lake, settings, told, upto=upto)
    _write_rejects(lake, judged, after=after)
    _write_unmapped_words(lake, judged, after=after)
    answer(lake, settings, run, after=after, upto=upto)
    return Outcome(STEP, upto, judged.count(), changed_count, lake.commits)


def _vocabulary() -> Vocabulary:
    folder = conf_folder() / "vocabulary"
    words = load_words(folder, load_contracts(conf_folder()))
    return Vocabulary(words, load_organisations(folder).rolled_up())


def _judged_rows(lake: Lake, vocabulary: Vocabulary, *, after: int, upto: int) -> DataFrame:
    """The changes of every feed as canonical rows, each with the rule that refuses it, if one does."""
    feeds = [
        _judged(bronze_between(lake, system, after=after, upto=upto), contract, vocabulary)
        for system, contract in sorted(load_contracts(conf_folder()).items())
        if lake.exists(f"bronze.{system}_row")
    ]
    return reduce(DataFrame.unionByName, feeds)


def _judged(rows: DataFrame, contract: FeedContract, vocabulary: Vocabulary) -> DataFrame:
    return judged_rows(rows, contract, vocabulary).select(
        F.col("_trust").alias("trust"),
        F.lit(contract.system).alias("system"),
        "_file_id", "_extracted_at", "_sequence", "_row_number", "_row_key", "_repeat", "_pathway_key", "_presence",
        "_is_superseded", "_is_pathway_superseded", "patient", "pathway", "transfer", "treatment", "faults",
        silver.refused_as().alias("refused_as"),
    )  # fmt: skip


def _told_since(lake: Lake, judged: DataFrame, vocabulary: Vocabulary, *, after: int) -> DataFrame:
    """What bronze held of the same pathways that is newer than late rows of the batch, under the late files' ids.

    The history has no version where an extract told what stood, so it can't tell what stands after a late one.
    """
    late = settle(
        judged.where("_is_pathway_superseded")
        .groupBy(F.col("trust").alias("_trust"), "system", "_pathway_key")
        .agg(F.min(F.struct("_extracted_at", "_sequence")).alias("_since"), F.max("_file_id").alias("_late_id"))
    )
    systems = {row["system"] for row in late.select("system").distinct().collect()}
    since = [
        _judged(
            vouched(lake, system)
            .where(F.col("_file_id") <= after)
            .join(
                F.broadcast(late.where(F.col("system") == system).drop("system")), ["_trust", "_pathway_key"], "inner"
            )
            .where(F.struct("_extracted_at", "_sequence") > F.col("_since"))
            .withColumn("_file_id", F.col("_late_id"))
            .drop("_since", "_late_id"),
            contract,
            vocabulary,
        )
        for system, contract in load_contracts(conf_folder()).items()
        if system in systems
    ]
    # Settled first: planned together, the filter would be pushed through all that judging is made of, for minutes.
    return settle(reduce(DataFrame.unionByName, since)).where("refused_as is null")


def _write_versions(lake: Lake, told: DataFrame, *, after: int) -> int:
    """Add the new versions to the history, then bring the current pathways to the newest of them."""
    empty = versions.empty_history()
    history = lake.read_or_empty("silver.pathway_history", empty).where(F.col("file_id") <= after)
    keys = told.select("trust", "system", F.col("pathway.source_pathway_id").alias("source_pathway_id")).distinct()
    before = history.join(F.broadcast(keys), [*versions.KEY], "left_semi")
    new = settle(versions.new_versions(told, before))
    if not new.isEmpty():
        lake.replace_where("silver.pathway_history", new, predicate=f"file_id > {after}")
    # What one extract of the batch tells otherwise a newer one may take back: the content that stands is as before, but
    # another extract told it.
    newest = _newest_of_all(versions.last_versions(new), before)
    return lake.merge("silver.pathway", newest, keys=versions.KEY, hashes=("row_hash", "file_id"))


def _newest_of_all(newest: DataFrame, before: DataFrame) -> DataFrame:
    """The newest of the new versions, but for pathways of which a newer one was known: an extract came late."""
    known = before.groupBy(*versions.KEY).agg(F.max("extracted_at").alias("_last_told"))
    is_newest = F.col("_last_told").isNull() | (F.col("extracted_at") >= F.col("_last_told"))
    return newest.join(known, [*versions.KEY], "left").where(is_newest).drop("_last_told")


def _write_patients(lake: Lake, taken: DataFrame) -> int:
    """Bring the patients to their newest identifiers; the first extract that told of one is kept.

    What a late extract tells of a patient does not count where another row told of the patient since.
    """
    told = silver.patients(taken)
    known = lake.read_or_empty("silver.patient", silver.known_patients_schema()).select(
        *silver.PATIENT_KEY,
        F.col("first_extracted_at").alias("_known_since"),
        F.col("extracted_at").alias("_last_told"),
    )
    is_newest = F.col("_last_told").isNull() | (F.col("extracted_at") >= F.col("_last_told"))
    dated = (
        told.join(known, [*silver.PATIENT_KEY], "left")
        .where(is_newest)
        .select(*told.columns, F.coalesce("_known_since", "extracted_at").alias("first_extracted_at"))
    )
    return lake.merge("silver.patient", dated, keys=silver.PATIENT_KEY)


def _write_duplicates(lake: Lake, settings: Settings, told: DataFrame, *, upto: int) -> int:
    """Look again at the patients of whom the batch tells: which of their pathways their register holds twice."""
    changed = told.select("trust", "system", F.col("pathway.source_pathway_id").alias("source_pathway_id")).distinct()
    pathways = lake.read("silver.pathway")
    patients = pathways.join(F.broadcast(changed), [*versions.KEY], "left_semi").select(*silver.PATIENT_KEY).distinct()
    of_patients = pathways.join(F.broadcast(patients), [*silver.PATIENT_KEY], "left_semi")
    concerned = settle(of_patients.select(*duplicates.COLUMNS))
    keys = concerned.select(*versions.KEY)
    treatments = lake.read("silver.treatment").join(F.broadcast(keys), [*versions.KEY], "left_semi")
    found = duplicates.duplicates(concerned, treatments, gap_days=settings.cleansing.duplicate_gap_days)
    found = settle(found.withColumn("file_id", F.lit(upto).cast("bigint")))
    if found.isEmpty() and not lake.exists(DUPLICATES):
        return 0
    gone = keys.join(found, [*versions.KEY], "left_anti")
    return lake.merge(DUPLICATES, found, keys=versions.KEY, gone=gone)


def _write_rejects(lake: Lake, judged: DataFrame, *, after: int) -> None:
    found = silver.rejects(judged)
    standing = lake.read_or_empty("silver.reject", found.schema).where(F.col("file_id") > after)
    if not found.isEmpty() or not standing.isEmpty():
        lake.replace_where("silver.reject", found, predicate=f"file_id > {after}")


def _write_unmapped_words(lake: Lake, judged: DataFrame, *, after: int) -> None:
    found = silver.unmapped_words(judged)
    standing = lake.read_or_empty(WORDS, found.schema).where(F.col("file_id") > after)
    if not found.isEmpty() or not standing.isEmpty():
        lake.replace_where(WORDS, found.coalesce(1), predicate=f"file_id > {after}")
