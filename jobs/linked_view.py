"""Linked pathways and their treatments as one row each, read from silver: what clocks and gold work on."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from libs.lakehouse.tables import Lake
from libs.pathways.linked import members
from libs.pathways.shared import one_pathway, one_treatment
from libs.rules import Rules


def linked_view(lake: Lake, keys: DataFrame, rules: Rules, *, as_at_on: date) -> tuple[DataFrame, DataFrame]:
    """The pathways named by `keys` (pathway_key) and their treatments, merged over the trusts that hold them."""
    linked = lake.read("silver.linked_pathway").join(keys, ["pathway_key"], "left_semi")
    of_members = members(linked)
    pathways = one_pathway(
        of_members, lake.read("silver.pathway"), lake.read("silver.transfer"), as_at_on=F.lit(as_at_on), rules=rules
    )
    return pathways, one_treatment(of_members, lake.read("silver.treatment"))
