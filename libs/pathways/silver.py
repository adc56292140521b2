"""What a batch of canonical rows says of patients, treatments and transfers, and the rows and values it refuses."""

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType, TimestampType

from libs.fingerprint import row_hash
from libs.nhs import plain_text
from libs.pathways.canonical import PATIENT, TRANSFER, TREATMENT
from libs.pathways.reading import LONGEST_LISTED
from libs.pathways.row_rules import ROW_RULES

PATIENT_KEY = ("trust", "system", "source_patient_id")
TRANSFER_KEY = ("trust", "system", "source_pathway_id")
TREATMENT_KEY = ("trust", "system", "source_pathway_id", "treatment_number")
REJECT_COLUMNS = ("trust", "system", "file_id", "row_number", "row_key", "rule_code", "reach", "severity", "field")


def refused_as() -> Column:
    """The rule for which a whole row is refused, or null for a row that is taken."""
    is_present = F.col("_presence") == "present"
    return (
        F.when(F.col("is_key_lost"), "KEY_NOT_UNDERSTOOD")
        .when(F.col("pathway.source_pathway_id").isNull(), "PATHWAY_ID_MISSING")
        .when(is_present & F.col("pathway.source_patient_id").isNull(), "PATIENT_ID_MISSING")
        .when(F.col("_repeat") > 1, "ROW_REPEATED")
    )


def rejects(judged: DataFrame) -> DataFrame:
    """One line for each refused row and each fault of a row that is taken: rule and field, never the value.

    `severity` says what became of the data: the row was refused, the field left empty, or nothing but this warning.
    """
    fault = "struct<rule_code:string,field:string>"
    whole_row = F.array(F.struct(F.col("refused_as"), F.lit(None).cast("string")).cast(fault))
    faults = F.transform("faults", lambda one: F.struct(one["rule_code"], one["field"]).cast(fault))
    return (
        judged.where(F.col("_presence") == "present")
        .select(
            "trust",
            "system",
            F.col("_file_id").alias("file_id"),
            F.col("_row_number").alias("row_number"),
            F.col("_row_key").alias("row_key"),
            F.explode(F.when(F.col("refused_as").isNotNull(), whole_row).otherwise(faults)).alias("found"),
        )
        .select(
            *("trust", "system", "file_id", "row_number", "row_key", "found.rule_code", "found.field"),
            _of_rule({code: rule.reach for code, rule in ROW_RULES.items()}).alias("reach"),
            _of_rule({code: rule.severity for code, rule in ROW_RULES.items()}).alias("severity"),
        )
        .select(*REJECT_COLUMNS)
    )


def _of_rule(told: Mapping[str, str]) -> Column:
    pairs = [F.lit(text) for pair in told.items() for text in pair]
    return F.try_element_at(F.create_map(*pairs), F.col("found.rule_code"))


def unmapped_words(judged: DataFrame) -> DataFrame:
    """Each word, code or organisation that nobody knows, with the rows of each file that hold it.

    Words are cells: the table is restricted, and only their counts are told elsewhere.
    """
    return (
        judged.where((F.col("_presence") == "present") & F.col("refused_as").isNull())
        .select("trust", "system", F.col("_file_id").alias("file_id"), F.explode("faults").alias("fault"))
        .where(F.col("fault.word").isNotNull())
        .groupBy("trust", "system", "file_id", "fault.rule_code", "fault.field", _harmless(F.col("fault.word")))
        .agg(F.count("*").alias("row_count"))
    )


def _harmless(word: Column) -> Column:
    return plain_text.plain(word, longest=LONGEST_LISTED).alias("word")


def known_patients_schema() -> StructType:
    """The columns that a first batch asks of patients known before it."""
    keys = [StructField(name, StringType()) for name in PATIENT_KEY]
    times = ("first_extracted_at", "extracted_at")
    return StructType([*keys, *(StructField(name, TimestampType()) for name in times)])


def patients(rows: DataFrame) -> DataFrame:
    """The newest identifiers of each patient in the batch; what newer rows of the same pathway supersede is none."""
    is_told = (F.col("_presence") == "present") & F.col("patient.source_patient_id").isNotNull()
    present = rows.where(is_told & ~F.col("_is_pathway_superseded"))
    return _newest(present, "patient", PATIENT.names, PATIENT_KEY).drop("presence")


def treatments(rows: DataFrame) -> tuple[DataFrame, DataFrame]:
    """The newest state of each treatment in the batch, and the keys of those that a register took back.

    A treatment stays when its whole pathway leaves the extract: only a row that alone is gone was taken back.
    """
    told = rows.where(F.col("treatment.treatment_number").isNotNull() & (F.col("_presence") != "pathway_gone"))
    newest = _newest(told.where("not _is_superseded"), "treatment", TREATMENT.names, TREATMENT_KEY)
    is_gone = F.col("presence") == "row_gone"
    return newest.where(~is_gone).drop("presence"), newest.where(is_gone).select(*TREATMENT_KEY)


def transfers(rows: DataFrame) -> tuple[DataFrame, DataFrame]:
    """The transfer of each pathway in the batch, and the keys of pathways that now tell of none."""
    present = rows.where((F.col("_presence") == "present") & ~F.col("_is_pathway_superseded")).withColumn(
        "transfer",
        F.coalesce(
            F.col("transfer"),
            F.struct(
                F.col("pathway.source_pathway_id").alias("source_pathway_id"),
                *(F.lit(None).cast(field.dataType).alias(field.name) for field in TRANSFER.fields[1:]),
            ),
        ),
    )
    newest = _newest(present, "transfer", TRANSFER.names, TRANSFER_KEY).drop("presence")
    has_date = F.col("transfer_on").isNotNull()
    return newest.where(has_date), newest.where(~has_date).select(*TRANSFER_KEY)


def _newest(rows: DataFrame, section: str, names: Sequence[str], key: Sequence[str]) -> DataFrame:
    """The content of the newest extract's first row for each key, with its file and its hash."""
    order = F.struct("_extracted_at", "_sequence", "_file_id", -F.coalesce(F.col("_row_number"), F.lit(0)))
    content = [name for name in names if name not in key]
    newest = F.max_by(
        F.struct(
            *(F.col(f"{section}.{name}") for name in content),
            F.col("_presence").alias("presence"),
            F.col("_file_id").alias("file_id"),
            F.col("_extracted_at").alias("extracted_at"),
        ),
        order,
    ).alias("newest")
    of_key = [F.col(f"{section}.{name}").alias(name) if name in names else F.col(name) for name in key]
    latest = rows.groupBy(*of_key).agg(newest).select(*key, "newest.*")
    return latest.withColumn("row_hash", row_hash(content))
