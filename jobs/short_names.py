"""Short forms of given names, as `conf/vocabulary` lists them: BILL is short of WILLIAM."""

import csv

import pyarrow as pa

from libs.settings import conf_folder

SHORT_NAMES = "vocabulary/short_names.csv"


def short_forms() -> pa.Table:
    """Every short form (`given`) with each name that it is short of (`short_of`), in capitals."""
    with (conf_folder() / SHORT_NAMES).open(encoding="utf-8", newline="") as file:
        rows = [(row["short_form"].upper(), row["given_name"].upper()) for row in csv.DictReader(file)]
    return pa.table({"given": [short for short, _ in rows], "short_of": [name for _, name in rows]})
