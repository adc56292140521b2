"""Clocks: the three national clocks of each linked pathway that changed, or whose open wait has grown by a day."""

from pyspark.sql import SparkSession

from jobs.changed import changed_pathway_keys, last_file_id, vanished
from jobs.linked_view import linked_view
from jobs.outcome import Outcome, Run
from libs.lakehouse.tables import open_lake, settle
from libs.pathways.standards import KEY, pathway_standards
from libs.rules import load_rules
from libs.settings import Settings

STEP = "clocks"


def run(spark: SparkSession, settings: Settings, run: Run) -> Outcome:
    """Bring `gold.pathway_standard` up to date."""
    lake = open_lake(spark, settings)
    after, upto = run.watermark(STEP), run.upto("link", newest=last_file_id(lake))
    if not lake.exists("silver.linked_pathway") or (upto <= after and not run.is_new_day(STEP)):
        return Outcome(STEP, upto)
    systems = sorted({trust.system for trust in settings.trusts.values()})
    keys = settle(changed_pathway_keys(lake, systems, after=after, upto=upto, is_new_day=run.is_new_day(STEP)))
    rules = load_rules()
    pathways, treatments = linked_view(lake, keys, rules, as_at_on=run.as_at.date())
    standards = settle(pathway_standards(pathways, treatments, rules))
    changed_count = lake.merge(
        "gold.pathway_standard",
        standards,
        keys=KEY,
        gone=vanished(lake, "gold.pathway_standard", KEY, worked_on=keys, produced=standards),
        stamp={"run_id": run.run_id, "as_at": run.as_at},
    )
    return Outcome(STEP, upto, keys.count(), changed_count, lake.commits)
