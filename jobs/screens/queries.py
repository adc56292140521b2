"""What the screens ask of the publication, as SQL; one connection sees one publication."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, Table, and_, case, func, inspect, or_, select
from sqlalchemy.exc import SQLAlchemyError

from jobs.screens.tables import EXTRACT_FILE, FRESHNESS, PERFORMANCE, PTL, RUN, WAITLIST
from libs.errors import StepOrderError, WarehouseError
from libs.warehouse.dialects import is_absent, schema_of
from libs.warehouse.load import LOAD

_DO_FIRST = "Run `cancollaborate hourly` first, or `cancollaborate demo` for a synthetic world."

Found = Row[*tuple[Any, ...]]  # a row of any columns

# The last day in time of the standard that breaches next, and the day that the clock stands at.
_in_time_until: ColumnElement[date] = case(
    {"28": PTL.c.last_compliant_28_on, "31": PTL.c.last_compliant_31_on, "62": PTL.c.last_compliant_62_on},
    value=PTL.c.next_breach_standard,
)
_day = case({"28": PTL.c.days_28, "31": PTL.c.days_31, "62": PTL.c.days_62}, value=PTL.c.next_breach_standard)


@contextmanager
def publication(engine: Engine, needed: Sequence[Table]) -> Iterator[Connection]:
    """A connection to a publication that holds the tables needed.

    Raises StepOrderError where nothing or too little is published, WarehouseError where the database fails.
    """
    if is_absent(engine):
        raise StepOrderError("there is no publication yet", do=_DO_FIRST)
    try:
        with engine.connect() as connection:
            standing = set(inspect(connection).get_table_names(schema=schema_of(connection)))
            lacking = sorted(table.name for table in needed if table.name not in standing)
            if LOAD.name not in standing or lacking:
                raise StepOrderError(
                    "the database holds no complete publication", do=_DO_FIRST, missing=", ".join(lacking) or LOAD.name
                )
            yield connection
    except SQLAlchemyError as fault:
        raise WarehouseError(
            "the publication could not be read", do="Look at the database, then try again.", kind=type(fault).__name__
        ) from None


def loads(connection: Connection) -> Sequence[Found]:
    """The published tables by name."""
    return connection.execute(select(LOAD).order_by(LOAD.c.table_name)).all()


def as_at(connection: Connection) -> datetime:
    """The moment of the whole list, UTC. Raises StepOrderError if no table is published."""
    moment: datetime | None = connection.scalar(select(func.max(LOAD.c.as_at)))
    if moment is None:
        raise StepOrderError("the publication holds no table", do=_DO_FIRST)
    return moment


def accepted_files(connection: Connection) -> Sequence[Found]:
    """Files taken, oldest first."""
    columns = EXTRACT_FILE.c
    statement = select(columns.trust, columns.system, columns.kind, columns.row_count, columns.rows_changed)
    return connection.execute(
        statement.where(columns.status == "accepted").order_by(columns.extracted_at, columns.sequence)
    ).all()


def refused_counts(connection: Connection) -> Sequence[Found]:
    """How many files of whom were not taken, by reason."""
    columns = EXTRACT_FILE.c
    grouping = (columns.trust, columns.status, columns.reason)
    statement = select(*grouping, func.count().label("files")).where(columns.status != "accepted")
    return connection.execute(statement.group_by(*grouping).order_by(*grouping)).all()


def files_not_taken(connection: Connection, *, since: datetime, limit: int) -> Sequence[Found]:
    """The newest files that were quarantined or duplicate."""
    columns = EXTRACT_FILE.c
    statement = select(EXTRACT_FILE).where(columns.status != "accepted", columns.arrived_at >= since)
    return connection.execute(statement.order_by(columns.arrived_at.desc(), columns.file_id).limit(limit)).all()


def open_counts(connection: Connection) -> Found:
    """How many pathways are open, are held by two trusts, have passed day 62 still running, and the longest wait."""
    is_over = PTL.c.outcome_62 == "OPEN_BREACHED"
    return connection.execute(
        select(
            func.count().label("open"),
            func.count(case((PTL.c.is_shared, 1))).label("shared"),
            func.count(case((is_over, 1))).label("over"),
            func.max(case((is_over, PTL.c.days_62))).label("longest"),
        )
    ).one()


def waiting_list(connection: Connection) -> Sequence[Found]:
    """The list by tumour site, longest first; a shared pathway counts once (`org` ALL)."""
    sums = [
        func.sum(WAITLIST.c[name]).label(name) for name in ("on_list", "past_28", "past_62", "past_104")
    ]  # fmt: skip
    statement = select(WAITLIST.c.tumour_site, *sums).where(WAITLIST.c.org == "ALL").group_by(WAITLIST.c.tumour_site)
    return connection.execute(statement.order_by(sums[0].desc(), WAITLIST.c.tumour_site)).all()


def last_complete_month(connection: Connection, *, today: date) -> str | None:
    """The newest month with figures that is over by `today`."""
    month = PERFORMANCE.c.month
    newest: str | None = connection.scalar(select(func.max(month)).where(month < f"{today:%Y-%m}"))
    return newest


def performance(connection: Connection, month: str) -> Sequence[Found]:
    """Numerator and denominator of a month by organisation and standard."""
    columns = PERFORMANCE.c
    grouping = (columns.org, columns.standard)
    within = func.sum(columns.within_share).label("within")
    denominator = func.sum(columns.denominator_share).label("denominator")
    statement = select(*grouping, within, denominator).where(columns.month == month)
    return connection.execute(statement.group_by(*grouping).order_by(*grouping)).all()


def most_urgent(connection: Connection, *, today: date, limit: int) -> Sequence[Found]:
    """Pathways whose next breach can still be prevented and that have no treatment booked in time, soonest first.

    On one day the 62-day standard goes before the 31- and the 28-day, then the longest on its clock.
    """
    day, until = _day.label("day"), _in_time_until.label("in_time_until")
    statement = _preventable(select(PTL, day, until), today=today)
    order = (until, PTL.c.next_breach_standard.desc(), day.desc(), PTL.c.pathway_key)
    return connection.execute(statement.order_by(*order).limit(limit)).all()


def preventable_counts(connection: Connection, *, today: date, days: int) -> dict[str, int]:
    """How many such pathways breach within `days`, by standard."""
    standard = PTL.c.next_breach_standard
    statement = _preventable(select(standard, func.count()), today=today)
    soon = statement.where(_in_time_until < today + timedelta(days=days)).group_by(standard)
    return {row[0]: row[1] for row in connection.execute(soon)}


def latest_feeds(connection: Connection, *, hours: int) -> Sequence[Found]:
    """The expected hours of each feed, newest first, as far back as `hours` before its last one."""
    newest = connection.scalar(select(func.max(FRESHNESS.c.expected_at)))
    if newest is None:
        return []
    statement = select(FRESHNESS).where(FRESHNESS.c.expected_at > newest - timedelta(hours=hours))
    order = (FRESHNESS.c.trust, FRESHNESS.c.system, FRESHNESS.c.expected_at.desc())
    return connection.execute(statement.order_by(*order)).all()


def last_runs(connection: Connection, *, limit: int) -> list[list[Found]]:
    """The steps of the last runs, newest run first, steps in the order in which they ran."""
    begun = func.min(RUN.c.started_at)
    newest = select(RUN.c.run_id).group_by(RUN.c.run_id).order_by(begun.desc(), RUN.c.run_id).limit(limit)
    names = connection.scalars(newest).all()
    steps = connection.execute(select(RUN).where(RUN.c.run_id.in_(names)).order_by(RUN.c.started_at)).all()
    return [[step for step in steps if step.run_id == name] for name in names]


def _preventable(statement: Select[Any], *, today: date) -> Select[Any]:
    until, planned = _in_time_until, PTL.c.planned_treatment_on
    is_booked_in_time = and_(PTL.c.next_breach_standard != "28", planned >= today, planned <= until)
    return statement.where(until >= today, or_(planned.is_(None), ~is_booked_in_time))
