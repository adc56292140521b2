"""The demo's last screen: what came in, who waits, who is at risk, what is to come, and where to look next."""

import shlex
from collections.abc import Mapping

from rich.console import Console
from rich.text import Text
from sqlalchemy import Connection, Engine

from jobs.screens.arrivals import show_arrivals
from jobs.screens.forecast import show_forecast
from jobs.screens.gate import held_back, last_verdict, show_gate
from jobs.screens.layout import heading, line, titled
from jobs.screens.performance import show_performance
from jobs.screens.queries.publication import as_at, publication
from jobs.screens.risk import show_riskiest
from jobs.screens.tables import EXTRACT_FILE, PERFORMANCE, PTL, WAITLIST
from jobs.screens.waiting import show_urgent, show_waiting_list
from jobs.screens.wording import full_time, local_date
from libs.settings import Trust
from libs.warehouse.dialects import place_of, schema_of

_EXAMPLE = (
    "select tumour_site, count(*) as past_62 from ptl_current where days_62 > 62 group by tumour_site order by 2 desc"
)


def show_demo(
    console: Console, engine: Engine, *, trusts: Mapping[str, Trust], status_command: str = "cancollaborate status"
) -> None:
    """Show the publication of a synthetic world on one screen; `status_command` is what to type next.

    Raises StepOrderError if nothing is published.
    """
    with publication(engine, (EXTRACT_FILE, PERFORMANCE, PTL, WAITLIST)) as connection:
        moment, verdict = as_at(connection), last_verdict(connection)
        today = local_date(moment)
        text = Text("SYNTHETIC DATA", style="bold")
        text.append(": every patient, pathway and file is made up. ", style="not bold")
        text.append(f"The list as at {full_time(moment)}.", style="not bold")
        console.print(titled("CanCollaborate", text.append_text(held_back(verdict))))
        show_arrivals(console, connection, trusts)
        show_waiting_list(console, connection, trusts)
        show_performance(console, connection, trusts, today=today)
        show_urgent(console, connection, today=today)
        show_riskiest(console, connection, today=today)
        show_forecast(console, connection, trusts)
        show_gate(console, verdict)
        _show_where_next(console, connection, status_command)


def example_query(connection: Connection) -> str:
    """A query that works as it stands: where people have waited more than 62 days."""
    schema = schema_of(connection)
    return _EXAMPLE.replace("ptl_current", f"{schema}.ptl_current") if schema else _EXAMPLE


def _show_where_next(console: Console, connection: Connection, status_command: str) -> None:
    place = place_of(connection.engine)
    query = example_query(connection)
    heading(console, "Where to look next")
    line(console, f"The publication is {place}; any SQL or BI tool reads it. For example:")
    command = (
        f'sqlite3 -header -column {shlex.quote(place)} "{query}"'
        if connection.dialect.name == "sqlite"
        else f"{query};"
    )
    # Printed as it is, not wrapped: a person copies it.
    console.print(Text(command), soft_wrap=True)
    line(console, Text.assemble("Then type ", (status_command, "bold"), "."))
