"""What is likely to come: the risk of each clock that still runs, and the forecast of demand."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Connection, and_, case, func, not_, or_, select

from jobs.screens.queries.publication import Found, is_published
from jobs.screens.tables import FORECAST, PTL, RISK

_newest_scores = RISK.c.scored_on == select(func.max(RISK.c.scored_on)).scalar_subquery()
_newest_forecast = FORECAST.c.origin == select(func.max(FORECAST.c.origin)).scalar_subquery()
_series = (FORECAST.c.org, FORECAST.c.tumour_site, FORECAST.c.stage)


def models(connection: Connection) -> Sequence[Found]:
    """Each standard's model as it stands in the newest scores: how many it scored and what it expects of them.

    `expected` and `lookup_expected` are sums of probabilities: breaches by the model and by the look-up table.
    """
    if not is_published(connection, RISK):
        return []
    columns = RISK.c
    grouping = (
        columns.standard, columns.model_name, columns.model_version, columns.is_calibrated, columns.scored_on,
    )  # fmt: skip
    sums = [func.sum(columns.p_breach).label("expected"), func.sum(columns.baseline_p).label("lookup_expected")]
    statement = select(*grouping, func.count().label("scored"), *sums).where(_newest_scores)
    return connection.execute(statement.group_by(*grouping).order_by(columns.standard, columns.model_version)).all()


def riskiest(connection: Connection, *, today: date, days: int, limit: int) -> Sequence[Found]:
    """The open pathways most likely to breach among those with `days` or more left and no treatment booked in time.

    A pathway stands once, with the likelier of its standards.
    """
    if not is_published(connection, RISK):
        return []
    day, until = _of_standard("days_{}"), _of_standard("last_compliant_{}_on")
    planned = PTL.c.planned_treatment_on
    is_booked_in_time = and_(RISK.c.standard == "62", planned >= today, planned <= until)
    listed = (PTL.c.tumour_site, PTL.c.tracked_by, PTL.c.next_action, PTL.c.next_action_due_on)
    statement = (
        select(RISK, *listed, day.label("day"), until.label("in_time_until"))
        .join(PTL, PTL.c.pathway_key == RISK.c.pathway_key)
        .where(
            _newest_scores,
            _of_standard("outcome_{}") == "OPEN",
            until >= today + timedelta(days=days),
            or_(planned.is_(None), not_(is_booked_in_time)),
        )
    )
    # Two standards at most are scored of a pathway, so twice as many rows hold enough pathways.
    order = (RISK.c.p_breach.desc(), RISK.c.pathway_key, RISK.c.standard.desc())
    by_pathway: dict[str, Found] = {}
    for row in connection.execute(statement.order_by(*order).limit(2 * limit)):
        by_pathway.setdefault(row.pathway_key, row)
    return list(by_pathway.values())[:limit]


def forecast_origin(connection: Connection) -> Found | None:
    """The Monday of the last week that the newest forecast knew, how many series it tells and weeks ahead."""
    if not is_published(connection, FORECAST):
        return None
    columns = FORECAST.c
    statement = select(columns.origin, *_series, func.max(columns.week_ahead).label("weeks")).where(_newest_forecast)
    of_series = statement.group_by(columns.origin, *_series).subquery()
    counts = [func.count().label("series"), func.max(of_series.c.weeks).label("weeks")]
    return connection.execute(select(of_series.c.origin, *counts).group_by(of_series.c.origin)).one_or_none()


def largest_forecast(connection: Connection, *, stage: str) -> Sequence[Found]:
    """The newest forecast of the series of a stage that expects most, week by week."""
    if not is_published(connection, FORECAST):
        return []
    columns = FORECAST.c
    largest = connection.execute(
        select(*_series)
        .where(_newest_forecast, columns.stage == stage)
        .group_by(*_series)
        .order_by(func.sum(columns.mean).desc(), *_series)
        .limit(1)
    ).one_or_none()
    if largest is None:
        return []
    is_largest = and_(*(column == value for column, value in zip(_series, largest, strict=True)))
    return connection.execute(select(FORECAST).where(_newest_forecast, is_largest).order_by(columns.period)).all()


def _of_standard(name: str) -> ColumnElement[object]:
    """The column of the list that belongs to the standard of the score."""
    return case({standard: PTL.c[name.format(standard)] for standard in ("28", "62")}, value=RISK.c.standard)
