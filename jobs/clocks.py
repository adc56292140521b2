"""Clocks: of each linked pathway that changed, whose open wait grew or whose rules did, the clocks and who answers."""

from pyspark.sql import DataFrame, SparkSession

from jobs.changed import changed_pathway_keys, come_due, last_file_id, timed_by_other_rules, vanished
from jobs.linked_view import linked_view
from jobs.outcome import Outcome, Run
from libs.lakehouse.tables import Lake, open_lake, settle
from libs.pathways import breach_allocation
from libs.pathways.standards import KEY, rows_of_treatments, standards_and_allocations
from libs.rules import Rules, load_rules
from libs.settings import Settings

STEP = "clocks"
STANDARDS, ALLOCATIONS = "gold.pathway_standard", "gold.breach_allocation"


def run(spark: SparkSession, settings: Settings, run: Run) -> Outcome:
    """Bring `gold.pathway_standard` and `gold.breach_allocation` up to date."""
    lake = open_lake(spark, settings)
    after, upto = run.watermark(STEP), run.upto("link", newest=last_file_id(lake))
    rules = load_rules()
    if not lake.exists("silver.linked_pathway"):
        return Outcome(STEP, upto)
    is_new_day = run.is_new_day(STEP)
    other = settle(_to_be_timed_anew(lake, rules))
    if upto <= after and not is_new_day and other.isEmpty():
        return Outcome(STEP, upto)
    systems = sorted({trust.system for trust in settings.trusts.values()})
    keys = changed_pathway_keys(lake, systems, after=after, upto=upto, is_new_day=is_new_day)
    due = come_due(lake, since=run.list_dates.get(STEP), until=run.as_at.date())
    keys = settle(keys.union(other).union(due).distinct())
    # Planned once for both tables: the copies of each pathway merged, and then its clocks.
    rows = settle(rows_of_treatments(*linked_view(lake, keys, rules, as_at_on=run.as_at.date())))
    timed = settle(standards_and_allocations(rows, rules))
    allocations = settle(breach_allocation.breach_allocations(rows, timed, rules))
    stamp = {"run_id": run.run_id, "as_at": run.as_at}
    changed_count = 0
    # The clocks come last: until they are written a run that was killed finds the same pathways to work on.
    for table, key, produced in (
        (ALLOCATIONS, breach_allocation.KEY, allocations),
        (STANDARDS, KEY, timed.drop("allocation")),
    ):
        gone = vanished(lake, table, key, worked_on=keys, produced=produced)
        changed_count += lake.merge(table, produced, keys=key, gone=gone, stamp=stamp)
    return Outcome(STEP, upto, keys.count(), changed_count, lake.commits)


def _to_be_timed_anew(lake: Lake, rules: Rules) -> DataFrame:
    """The pathways timed by other rules than those of now; all of them where no allocation was ever written."""
    if not lake.exists(ALLOCATIONS):
        return lake.read("silver.linked_pathway").select("pathway_key").distinct()
    return timed_by_other_rules(lake, STANDARDS, rules)
