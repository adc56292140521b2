"""Who waits, who is urgent, and what each month's performance was."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select

from jobs.screens.queries.publication import Found
from jobs.screens.tables import PERFORMANCE, PTL, WAITLIST

# The last day in time of the standard that breaches next, and the day that the clock stands at.
_in_time_until: ColumnElement[date] = case(
    {"28": PTL.c.last_compliant_28_on, "31": PTL.c.last_compliant_31_on, "62": PTL.c.last_compliant_62_on},
    value=PTL.c.next_breach_standard,
)
_day = case({"28": PTL.c.days_28, "31": PTL.c.days_31, "62": PTL.c.days_62}, value=PTL.c.next_breach_standard)


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


def _preventable(statement: Select[Any], *, today: date) -> Select[Any]:
    until, planned = _in_time_until, PTL.c.planned_treatment_on
    is_booked_in_time = and_(PTL.c.next_breach_standard != "28", planned >= today, planned <= until)
    return statement.where(until >= today, or_(planned.is_(None), ~is_booked_in_time))
