"""Which records are one person: the same verified NHS number, and a birth date that does not contradict it."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from libs.fingerprint import row_hash

RECORD_KEY = ("trust", "system", "source_patient_id")
VERIFIED = "01"  # only this status is safe as a key by itself (cwt-rules 4.2)


def link_people(patients: DataFrame) -> DataFrame:
    """One row a record: `person_id`, `tier` (1 by NHS number, 0 alone) and `probability`.

    `patients` holds every record of each person concerned: record key, nhs_number, nhs_number_status, born_on,
    first_extracted_at. The person is named after the record that came first, so a later record never renames it, nor
    does the order or the size of the batches in which records arrive.
    """
    arrival = [F.col("first_extracted_at"), *(F.col(name) for name in RECORD_KEY)]
    is_verified = F.col("nhs_number").isNotNull() & (F.col("nhs_number_status") == VERIFIED)
    keyed = patients.select(
        *RECORD_KEY,
        "born_on",
        "first_extracted_at",
        record_id().alias("record_id"),
        F.when(is_verified, F.col("nhs_number")).alias("verified_number"),
    )
    same_number = Window.partitionBy("verified_number").orderBy(*arrival)
    everyone = same_number.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    # A record without a birth date goes with the first that has one; another birth date is another person.
    born_on = F.coalesce(F.col("born_on"), F.first("born_on", ignorenulls=True).over(everyone))
    group = F.when(
        F.col("verified_number").isNotNull(),
        F.concat_ws("|", "verified_number", F.coalesce(born_on.cast("string"), F.lit(""))),
    ).otherwise(F.col("record_id"))
    same_person = Window.partitionBy("person_key").orderBy(*arrival)
    return (
        keyed.withColumn("person_key", group)
        .select(
            *RECORD_KEY,
            F.first("record_id")
            .over(same_person.rowsBetween(Window.unboundedPreceding, Window.currentRow))
            .alias("person_id"),
            F.when(F.col("verified_number").isNotNull(), 1).otherwise(0).alias("tier"),
            F.lit(1.0).alias("probability"),
        )
        .withColumn("row_hash", row_hash(["person_id", "tier", "probability"]))
    )


def record_id() -> Column:
    """A short name for a record that tells nothing about the patient."""
    return F.lower(F.lpad(F.hex(F.xxhash64(*RECORD_KEY)), 16, "0"))


def records_of_the_same_people(patients: DataFrame, links: DataFrame, changed: DataFrame) -> DataFrame:
    """Every record that shares a verified number, or until now a person, with one of the changed records."""
    changed_keys = changed.select(*RECORD_KEY).distinct()
    people = links.join(changed_keys, [*RECORD_KEY], "left_semi").select("person_id").distinct()
    by_person = links.join(people, ["person_id"], "left_semi").select(*RECORD_KEY)
    # A record that left a number may set free others of that number, so all numbers of its former person are looked at.
    touched = patients.join(by_person.union(changed_keys).distinct(), [*RECORD_KEY], "left_semi")
    numbers = touched.where(F.col("nhs_number").isNotNull()).select("nhs_number").distinct()
    by_number = patients.join(numbers, ["nhs_number"], "left_semi").select(*RECORD_KEY)
    concerned = by_number.union(touched.select(*RECORD_KEY)).distinct()
    return patients.join(concerned, [*RECORD_KEY], "left_semi")
