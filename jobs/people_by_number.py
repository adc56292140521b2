"""Which records are one person while no linkage model is trained: those with the same verified NHS number."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.linkage_tables import LINKS
from libs.lakehouse.tables import Lake, settle
from libs.pathways.people import RECORD_KEY, link_people, records_of_the_same_people

_NO_LINKS = "trust string, system string, source_patient_id string, person_id string"


def relink(lake: Lake, *, after: int, upto: int) -> int:
    """Bring the people up to date with the records that files after `after` changed; how many links changed."""
    patients = lake.read("silver.patient")
    changed = patients.where(F.col("file_id") > after)
    concerned = settle(records_of_the_same_people(patients, _links(lake), changed))
    links = link_people(concerned).withColumn("file_id", F.lit(upto).cast("bigint"))
    return lake.merge(LINKS, links, keys=RECORD_KEY)


def _links(lake: Lake) -> DataFrame:
    if not lake.exists(LINKS):
        return lake.spark.createDataFrame([], _NO_LINKS)
    return lake.read(LINKS).select(*RECORD_KEY, "person_id")
