"""Holds a synthetic world against the published figures: tables, pictures and a screen."""

from dataclasses import fields
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
from rich.console import Console

from jobs.screens.world_report import show_world_report
from jobs.world_pictures import draw_report
from libs import charts
from libs.settings import conf_folder
from libs.synthetic.calendar import working_calendar
from libs.synthetic.comparison.report import Happened, Report, compare
from libs.synthetic.figures import Figures, load_figures


def run(world: Happened, folder: Path, console: Console, figures: Figures | None = None) -> Report:
    """Compare a world, write `folder`/report/*.csv and *.png, and show the limits. `figures` made the world."""
    made_of = figures if figures is not None else load_figures(conf_folder())
    report = compare(world, made_of.tables, working_calendar(made_of.bank_holidays))
    target = folder / "report"
    target.mkdir(parents=True, exist_ok=True)
    for field in fields(report):
        table = getattr(report, field.name)
        if isinstance(table, pd.DataFrame):
            table.round(5).to_csv(target / f"{field.name}.csv", index=False, lineterminator="\n")
    with mpl.rc_context({"backend": "agg"}):
        drawn = draw_report(report)
        charts.save(drawn, target)
        for each in drawn.values():
            plt.close(each)
    spec = world.spec
    made = f"{made_of.identity()}; seed {spec.seed}, {len(world.pathways):,} pathways, to {spec.ends_at:%Y-%m-%d %H:%M}"
    show_world_report(console, report, identity=made, folder=str(target))
    return report
