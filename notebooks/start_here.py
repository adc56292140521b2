# Databricks notebook source
# MAGIC %md
# MAGIC # Start here: who waits, who is at risk, what is to come
# MAGIC
# MAGIC A tour of the gold tables, for analysts. Copy a cell and go on from there.
# MAGIC
# MAGIC - On Databricks: fill in the widgets and run all cells.
# MAGIC - On your machine: `make demo`, then `.venv/bin/python notebooks/start_here.py`. With `charts=build/charts` the
# MAGIC   charts, which hold sums only, become PNG files there. Nothing else is written.
# MAGIC
# MAGIC Pathways are named by the start of a pseudonymous key. Every table and chart says where it holds SYNTHETIC data.

# COMMAND ----------

import sys
from pathlib import Path

from jobs.published_columns import columns_of
from jobs.screens.performance import targets_of
from jobs.screens.wording import day, site
from libs import charts, widgets
from libs.lakehouse.session import start_session
from libs.lakehouse.tables import open_lake
from libs.settings import load_settings
from ml.breach_risk.scoring import HIGH, MEDIUM
from ml.store import CHAMPION, model_store

dbutils = globals().get("dbutils")  # Databricks puts it there
asked = widgets.parameters(
    {"env": "dev" if dbutils else "local", "root": "", "charts": ""}, dbutils=dbutils, arguments=sys.argv[1:]
)

# COMMAND ----------

# MAGIC %md ## Open the gold tables

# COMMAND ----------

settings = load_settings(asked["env"], [f"paths.root={asked['root']}"] if asked["root"] else [])
spark = start_session(settings)  # on Databricks the one that is there
lake = open_lake(spark, settings)
lake.register()
# Before a first model or forecast these two are missing: then they are empty here.
for name in ("risk_score", "demand_forecast"):
    lake.read_or_empty(f"gold.{name}", columns_of(name)).createOrReplaceTempView(name)

stand = spark.sql("""
    select date_format(max(as_at), 'd MMMM yyyy, HH:mm') as moment, date_format(max(as_at), 'yyyy-MM') as month
    from (select as_at from gold.ptl_current union all select as_at from gold.feed_freshness)
""").first()
source = f"{'SYNTHETIC data, ' if settings.is_synthetic else ''}{settings.alliance}, as at {stand['moment']}"
drawn = {}
print(source)

# COMMAND ----------

# MAGIC %md
# MAGIC ## Who waits
# MAGIC Rows of `org` ALL count a shared pathway once; those of a trust count it in each. Never add organisations up.

# COMMAND ----------

waiting = spark.sql("""
    select tumour_site, sum(on_list) as on_list, sum(past_28) as past_28, sum(past_62) as past_62,
        sum(past_104) as past_104, sum(no_next_action) as no_next_action
    from gold.waitlist_summary where org = 'ALL' group by tumour_site order by on_list desc, tumour_site
""")
print(f"Open pathways by tumour site ({source})")
waiting.show(truncate=False)

# COMMAND ----------

sites = waiting.toPandas().iloc[::-1]
bands = {
    "to day 28": sites["on_list"] - sites["past_28"],
    "29 to 62": sites["past_28"] - sites["past_62"],
    "63 to 104": sites["past_62"] - sites["past_104"],
    "over 104": sites["past_104"],
}
drawn["who_waits"], (axes,) = charts.new_chart("Who waits, by tumour site and day of the wait", source=source)
left = 0
for (band, count), shade in zip(bands.items(), charts.SHADES, strict=True):
    axes.barh(sites["tumour_site"].map(site), count, left=left, color=shade, edgecolor="white", label=band)
    left = left + count
axes.bar_label(axes.containers[-1], sites["on_list"], padding=3)
axes.set(xlabel="open pathways, count", ylabel="tumour site", xlim=(0, 1.08 * max(left, default=1)))
axes.locator_params(axis="x", integer=True)
axes.legend(title="day of the wait", frameon=False, loc="lower right")

# COMMAND ----------

# MAGIC %md
# MAGIC ## Performance
# MAGIC A shared 62-day wait is divided between its trusts, hence halves. No percentage without its numerator and
# MAGIC denominator: the small months are small.

# COMMAND ----------

months = spark.sql(f"""
    select month, standard, sum(within_share) as within, sum(denominator_share) as denominator,
        round(100 * sum(within_share) / sum(denominator_share), 1) as per_cent
    from gold.performance_month where month < '{stand["month"]}'
    group by month, standard order by month desc, standard
""")
print(f"Waits that ended in time, by month and standard ({source})")
months.show(9, truncate=False)

# COMMAND ----------

waits = spark.sql(f"""
    select tumour_group, sum(denominator_share) as treated, sum(days_0_31) as to_day_31,
        sum(days_32_38 + days_39_48 + days_49_62) as day_32_to_62,
        sum(days_63_76 + days_77_90 + days_91_104) as day_63_to_104, sum(days_over_104) as over_104
    from gold.performance_month
    where standard = '62' and month = (select max(month) from gold.performance_month where month < '{stand["month"]}')
    group by tumour_group order by treated desc, tumour_group
""")
print(f"How long those waited whom the last full month counts for 62 days, by cancer ({source})")
waits.show(truncate=False)

# COMMAND ----------

of_62 = months.where("standard = '62'").orderBy("month").toPandas().astype({"within": float, "denominator": float})
target = [targets_of(month).get("62") for month in of_62["month"]]
title = "62-day standard: treated in time, by month"
drawn["performance"], (share, size) = charts.new_chart(title, source=source, panels=2)
in_time = 100 * of_62["within"] / of_62["denominator"]
share.plot(of_62["month"], in_time, color=charts.SHADES[3], marker="o", label="in time", clip_on=False)
share.plot(of_62["month"], target, color=charts.GUIDE, linestyle="--", label="national standard")
share.set(ylabel="treated within 62 days, %", ylim=(0, 102))
share.legend(frameon=False, loc="lower right")
size.bar(of_62["month"], of_62["denominator"], color=charts.SHADES[1])
size.bar_label(size.containers[0], fmt="{:,.0f}", fontsize=8)
size.set(ylabel="patients treated\n(denominator)", xlabel="month of treatment")
size.margins(y=0.2)
size.tick_params(axis="x", rotation=60)

# COMMAND ----------

# MAGIC %md
# MAGIC ## Risk
# MAGIC `p_breach` is the probability that a clock still runs after its last day in time. Their sum is the number of
# MAGIC breaches to expect of the clocks that run now; `look_up` is the same by past rates, which the model must beat.

# COMMAND ----------

expected = spark.sql("""
    select standard, model_name, model_version, is_calibrated, scored_on, count(*) as running_clocks,
        round(sum(p_breach), 1) as expected_breaches, round(sum(baseline_p), 1) as look_up
    from risk_score where scored_on = (select max(scored_on) from risk_score)
    group by standard, model_name, model_version, is_calibrated, scored_on order by standard
""")
print(f"Breaches to expect of the clocks that run ({source})")
expected.show(truncate=False)

# COMMAND ----------

store = model_store(settings.paths.root)
if store.exists():
    from ml.breach_risk import registry  # loads MLflow, which takes seconds

    for model in registry.with_alias(store, CHAMPION).values():
        print(f"{model.name} version {model.version} was trained and measured on {model.tags['data']}.")

# COMMAND ----------

riskiest = spark.sql("""
    select left(pathway_key, 8) as pathway, tumour_site, standard, if(standard = '28', days_28, days_62) as day,
        round(100 * p_breach, 1) as risk_per_cent, round(100 * baseline_p, 1) as look_up_per_cent, risk.risk_band,
        tracked_by, current_stage, next_action
    from risk_score as risk join gold.ptl_current as list using (pathway_key)
    where scored_on = (select max(scored_on) from risk_score)
        and if(standard = '28', outcome_28, outcome_62) = 'OPEN'
    order by p_breach desc, pathway_key limit 10
""")
print(f"The pathways most likely to breach, of those that can still be saved ({source})")
riskiest.show(truncate=30)

# COMMAND ----------

scores = spark.sql("""
    select concat(standard, '-day') as standard, 100 * p_breach as per_cent
    from risk_score where scored_on = (select max(scored_on) from risk_score)
""").toPandas()
by_standard = {standard: each["per_cent"] for standard, each in scores.groupby("standard")}
drawn["risk"], (axes,) = charts.new_chart("Risk of the clocks that still run", source=source)
if by_standard:
    shades = charts.SHADES[1::2][: len(by_standard)]
    axes.hist([*by_standard.values()], range(0, 101, 10), color=shades, label=[*by_standard])
    axes.legend(title="standard", frameon=False, loc="upper right")
for limit, band in ((MEDIUM, "medium"), (HIGH, "high")):
    axes.axvline(100 * limit, color=charts.GUIDE, linestyle=":")
    axes.text(100 * limit, 1, f" {band} risk", transform=axes.get_xaxis_transform(), color=charts.GUIDE, va="top")
axes.set(xlabel="probability of a breach, %", ylabel="clocks, count", xticks=range(0, 101, 10))
axes.locator_params(axis="y", integer=True)

# COMMAND ----------

# MAGIC %md
# MAGIC ## Forecast
# MAGIC Referrals a week, twelve weeks ahead, for the site and trust that expect most. Of 100 weeks 80 should fall into
# MAGIC the inner range, 95 into the outer one.

# COMMAND ----------

forecast = spark.sql("""
    with newest as (
        select * from demand_forecast
        where stage = 'referral' and origin = (select max(origin) from demand_forecast)
    ), largest as (
        select org, tumour_site from newest group by org, tumour_site order by sum(mean) desc, org, tumour_site limit 1
    )
    select org, tumour_site, period as week, round(mean, 1) as mean, round(lo80, 1) as lo80, round(hi80, 1) as hi80,
        round(lo95, 1) as lo95, round(hi95, 1) as hi95, method
    from newest join largest using (org, tumour_site) order by week
""")
print(f"Referrals to expect a week ({source})")
forecast.show(truncate=False)

# COMMAND ----------

weeks = forecast.toPandas().astype({"week": "datetime64[ns]"})
where = f"{site(weeks['tumour_site'][0])} at {weeks['org'][0]}" if len(weeks) else "none forecast yet"
expected_by = f"expected, by {', '.join(weeks['method'].unique())}"
drawn["forecast"], (axes,) = charts.new_chart(f"Referrals a week: {where}", source=source)
axes.fill_between(weeks["week"], weeks["lo95"], weeks["hi95"], color=charts.SHADES[0], label="95 weeks of 100")
axes.fill_between(weeks["week"], weeks["lo80"], weeks["hi80"], color=charts.SHADES[1], label="80 weeks of 100")
axes.plot(weeks["week"], weeks["mean"], color=charts.SHADES[3], marker="o", label=expected_by)
axes.set(xlabel="week, its first day", ylabel="referrals, count a week", ylim=(0, 1.2 * max(weeks["hi95"], default=1)))
axes.set_xticks(weeks["week"], weeks["week"].map(day), rotation=60)
axes.legend(frameon=False, loc="upper left", ncols=3)

# COMMAND ----------

if asked["charts"]:
    print(*charts.save(drawn, Path(asked["charts"])), sep="\n")
charts.show()
