"""Clocks: the three national clocks of each linked pathway that changed, whose open wait grew, or whose rules did."""

from pyspark.sql import SparkSession

from jobs.changed import changed_pathway_keys, last_file_id, timed_by_other_rules, vanished
from jobs.linked_view import linked_view
from jobs.outcome import Outcome, Run
from libs.lakehouse.tables import open_lake, settle
from libs.pathways.standards import KEY, pathway_standards
from libs.rules import load_rules
from libs.settings import Settings

STEP = "clocks"
TABLE = "gold.pathway_standard"


def run(spark: SparkSession, settings: Settings, run: Run) -> Outcome:
    """Bring `gold.pathway_standard` up to date."""
    lake = open_lake(spark, settings)
    after, upto = run.watermark(STEP), run.upto("link", newest=last_file_id(lake))
    rules = load_rules()
    if not lake.exists("silver.linked_pathway"):
        return Outcome(STEP, upto)
    is_new_day = run.is_new_day(STEP)
    other = settle(timed_by_other_rules(lake, TABLE, rules))
    if upto <= after and not is_new_day and other.isEmpty():
        return Outcome(STEP, upto)
    systems = sorted({trust.system for trust in settings.trusts.values()})
    keys = changed_pathway_keys(lake, systems, after=after, upto=upto, is_new_day=is_new_day)
    keys = settle(keys.union(other).distinct())
    pathways, treatments = linked_view(lake, keys, rules, as_at_on=run.as_at.date())
    standards = settle(pathway_standards(pathways, treatments, rules))
    changed_count = lake.merge(
        TABLE,
        standards,
        keys=KEY,
        gone=vanished(lake, TABLE, KEY, worked_on=keys, produced=standards),
        stamp={"run_id": run.run_id, "as_at": run.as_at},
    )
    return Outcome(STEP, upto, keys.count(), changed_count, lake.commits)
