"""What words of whose register nobody knows: listed for the data officer who says what they mean."""

import csv
import os
from collections.abc import Sequence
from pathlib import Path

from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from libs.feeds import FeedContract, load_contracts
from libs.lakehouse.tables import open_lake
from libs.settings import Settings, conf_folder
from libs.words import COLUMNS, NOT_YET

TABLE = "silver.unmapped_word"
_OWNER_ONLY = 0o600


def unmapped_words(spark: SparkSession, settings: Settings, trust: str | None = None) -> list[Row]:
    """Each word (trust, system, field, rule_code, word, row_count), of all trusts or of one, the most frequent first.

    A row counts each time that it was new or changed.
    """
    lake = open_lake(spark, settings)
    if not lake.exists(TABLE):
        return []
    rows = lake.read(TABLE)
    if trust is not None:
        rows = rows.where(F.col("trust") == trust)
    counted = rows.groupBy("trust", "system", "field", "rule_code", "word").agg(F.sum("row_count").alias("row_count"))
    return counted.orderBy("trust", "system", "field", "rule_code", F.desc("row_count"), "word").collect()


def write_words(words: Sequence[Row], path: Path) -> int:
    """Write the words that can be mapped as lines of words.csv, a question mark for each code; return how many.

    Only their owner can read the file: what people type into a register may be anything.
    """
    contracts = load_contracts(conf_folder())
    lines = [
        (row["trust"], row["system"], name, row["word"], NOT_YET)
        for row in words
        for name in _maps(contracts[row["system"]], row["field"])
        if row["rule_code"] == "WORD_UNMAPPED"
    ]
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY), "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(lines)
    return len(lines)


def _maps(contract: FeedContract, field: str) -> list[str]:
    """The lists by which a column's words are decoded: of a column with several sources a word may be of any."""
    return list(dict.fromkeys(source.map for _, name, source in contract.sources() if name == field and source.map))
