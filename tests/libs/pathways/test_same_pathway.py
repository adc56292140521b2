"""Which tumour sites fit each other, and which pathway identifiers tell anything."""

from itertools import product

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from libs.pathways.canonical import CODES
from libs.pathways.same_pathway import COMPATIBLE_SITES, EVIDENCE, said_by, sites_fit, with_identifiers_of_one_pathway

SITES = sorted(CODES["tumour_site"])


def test_sites_fit_whichever_comes_first_and_only_those_that_the_field_confuses(spark: SparkSession) -> None:
    pairs = spark.createDataFrame(list(product([*SITES, None], repeat=2)), "one string, other string")
    rows = pairs.select("one", "other", sites_fit(F.col("one"), F.col("other")).alias("fits")).collect()
    fits = {(row["one"], row["other"]): row["fits"] for row in rows}
    assert None not in fits.values()
    assert all(fits[one, other] == fits[other, one] for one, other in fits)
    open_sites = {"non_specific", "other", None}
    assert all(
        fits[one, other]
        == (
            one == other
            or bool({one, other} & open_sites)
            or (one, other) in COMPATIBLE_SITES
            or (other, one) in COMPATIBLE_SITES
        )
        for one, other in fits
    )


def test_compatible_sites_are_sites_that_registers_know() -> None:
    assert {site for pair in COMPATIBLE_SITES for site in pair} <= set(SITES)


def test_evidence_is_named_once_and_the_strongest_first(spark: SparkSession) -> None:
    places = spark.createDataFrame([([4, 1, 4],), ([],), ([3, 2],)], "places array<int>")
    told = [row[0] for row in places.select(said_by(F.col("places"))).collect()]
    assert told == [[EVIDENCE[0], EVIDENCE[3]], [], [EVIDENCE[1], EVIDENCE[2]]]


def test_an_identifier_that_a_trust_bears_on_several_pathways_tells_nothing(spark: SparkSession) -> None:
    schema = "trust string, source_pathway_id string, pathway_identifier string, pathway_identifier_issuer string"
    register = spark.createDataFrame(
        [
            ("RVW", "once", "7", "RVW"),
            ("RTR", "once elsewhere", "7", "RVW"),
            ("RVW", "of another issuer", "7", "X09"),
            ("RVW", "twice", "0000", "RVW"),
            ("RVW", "twice again", "0000", "RVW"),
            ("RTR", "copied", "0000", "RVW"),
            ("RVW", "no issuer", "8", None),
            ("RVW", "none", None, "RVW"),
        ],
        schema,
    )
    told = with_identifiers_of_one_pathway(register, register.drop("source_pathway_id")).collect()
    assert {row["source_pathway_id"]: row["identifier"] for row in told} == {
        "once": "RVW|7",
        "once elsewhere": "RVW|7",
        "of another issuer": "X09|7",
        "twice": None,
        "twice again": None,
        "copied": "RVW|0000",
        "no issuer": None,
        "none": None,
    }
