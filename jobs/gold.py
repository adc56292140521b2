"""Gold: the list and its summary, the weekly list, the months' performance, how fresh feeds and how sound links are."""

from datetime import timedelta
from functools import reduce
from operator import or_

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs import link_quality, score
from jobs.changed import changed_pathway_keys, come_due, last_file_id, timed_by_other_rules, vanished
from jobs.linked_view import linked_view
from jobs.outcome import Outcome, Run
from libs.lakehouse.tables import Lake, open_lake, settle
from libs.pathways import freshness, performance, ptl, waitlist, weekly_list
from libs.pathways.linked import members
from libs.pathways.standards import rows_of_treatments
from libs.pathways.versions import KEY
from libs.rules import Rules, load_rules
from libs.settings import Settings
from ml.breach_risk import scoring

STEP = "gold"
PTL, WEEKS = "gold.ptl_current", "gold.canptl62_week"


def run(spark: SparkSession, settings: Settings, run: Run) -> Outcome:
    """Bring the gold tables up to date."""
    lake = open_lake(spark, settings)
    after, upto = run.watermark(STEP), run.upto("clocks", newest=last_file_id(lake))
    if not lake.exists("bronze.extract_file"):
        return Outcome(STEP, upto)
    stamp = {"run_id": run.run_id, "as_at": run.as_at}
    changed_count = lake.renew("gold.feed_freshness", _freshness(lake, settings, run), keys=freshness.KEY, stamp=stamp)
    changed_count += link_quality.count_links(lake, run, is_new_day=run.is_new_day(STEP))
    has_list = lake.exists("silver.linked_pathway")
    rules = load_rules()
    # With new scores, or on the list under other rules.
    others = settle(_rescored(lake).union(timed_by_other_rules(lake, PTL, rules)))
    if has_list and (upto > after or run.is_new_day(STEP) or not others.isEmpty()):
        systems = sorted({trust.system for trust in settings.trusts.values()})
        keys = changed_pathway_keys(lake, systems, after=after, upto=upto, is_new_day=run.is_new_day(STEP))
        # Months go first: until the list is written a run that was killed finds the same work to do.
        months = performance.performance_month(lake.read("gold.pathway_standard"), rules)
        changed_count += lake.renew("gold.performance_month", months, keys=performance.KEY, stamp=stamp)
        keys = keys.union(others).union(come_due(lake, since=run.list_dates.get(STEP), until=run.as_at.date()))
        changed_count += _write_ptl(lake, run, settle(keys.distinct()), rules)
        summary = waitlist.waitlist_summary(lake.read(PTL), as_at_on=F.lit(run.as_at.date()))
        changed_count += lake.renew("gold.waitlist_summary", summary, keys=waitlist.KEY, stamp=stamp)
    if has_list and run.is_new_day(STEP):
        changed_count += _write_week(lake, run, rules)
    return Outcome(STEP, upto, 0, changed_count, lake.commits)


def _rescored(lake: Lake) -> DataFrame:
    """The keys of listed pathways whose scores are others than those that stand beside them."""
    if not lake.exists(PTL):
        return lake.spark.createDataFrame([], "pathway_key string")
    return scoring.rescored(lake.read(PTL), _scores(lake))


def _scores(lake: Lake) -> DataFrame:
    if not lake.exists(score.TABLE):
        return lake.spark.createDataFrame([], scoring.SCHEMA)
    return lake.read(score.TABLE)


def _write_ptl(lake: Lake, run: Run, keys: DataFrame, rules: Rules) -> int:
    pathways, treatments = linked_view(lake, keys, rules, as_at_on=run.as_at.date())
    standards = lake.read("gold.pathway_standard").join(keys, ["pathway_key"], "left_semi")
    rows = settle(scoring.with_risk(ptl.current_ptl(pathways, treatments, standards), _scores(lake)))
    return lake.merge(
        PTL,
        rows,
        keys=ptl.KEY,
        gone=vanished(lake, PTL, ptl.KEY, worked_on=keys, produced=rows),
        stamp={"run_id": run.run_id, "as_at": run.as_at},
    )


def _write_week(lake: Lake, run: Run, rules: Rules) -> int:
    """Count the week of the list's date anew, with the first list of each day; weeks before it stay as they are."""
    as_at_on = run.as_at.date()
    since = as_at_on - timedelta(days=weekly_list.DAYS - 1)
    is_recent = reduce(or_, (F.col(name).between(since, as_at_on) for name in weekly_list.REFERRAL_DATES))
    copies = lake.read("silver.pathway").where(is_recent).select(*KEY)
    linked = members(lake.read("silver.linked_pathway"))
    keys = settle(linked.join(copies, [*KEY], "left_semi").select("pathway_key").distinct())
    recent = settle(rows_of_treatments(*linked_view(lake, keys, rules, as_at_on=as_at_on)))
    listed, standards = lake.read(PTL), lake.read("gold.pathway_standard")
    rows = settle(weekly_list.weekly_list(listed, standards, recent, as_at_on=as_at_on, rules=rules))
    week = F.col("week_ending_on") == F.lit(weekly_list.week_of(as_at_on, rules).ending_on)
    standing = lake.read(WEEKS).where(week).select(*weekly_list.KEY) if lake.exists(WEEKS) else None
    gone = standing.join(rows, [*weekly_list.KEY], "left_anti") if standing is not None else None
    return lake.merge(WEEKS, rows, keys=weekly_list.KEY, gone=gone, stamp={"run_id": run.run_id, "as_at": run.as_at})


def _freshness(lake: Lake, settings: Settings, run: Run) -> DataFrame:
    """How fresh each feed has been over the days that `freshness.days` names, and its last extract ever."""
    # All of the ledger: a feed that has been silent for longer than that must not vanish.
    accepted = lake.read("bronze.extract_file").where((F.col("status") == "accepted") & (F.col("kind") != "history"))
    feeds = lake.spark.createDataFrame(
        [(ods, trust.system, trust.name, trust.cadence_minutes) for ods, trust in settings.trusts.items()],
        "trust string, system string, trust_name string, cadence_minutes int",
    )
    return freshness.feed_freshness(
        accepted,
        feeds,
        as_at=run.as_at,
        since=run.as_at - timedelta(days=settings.freshness.days),
        late_after_minutes=settings.freshness.late_after_minutes,
    )
