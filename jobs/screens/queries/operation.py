"""How the platform itself does: files, feeds, runs, and what the quality gate found."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, or_, select

from expectations import EVERY_SOURCE
from jobs.screens.queries.publication import Found, is_published
from jobs.screens.tables import DQ, EXTRACT_FILE, FRESHNESS, LINK_QUALITY, RUN
from libs.settings import Retention

_HELD = ("FULL_SHRANK",)  # reasons for which a file is held until a person releases it


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


def held_files(connection: Connection) -> Sequence[Found]:
    """Files that are held for a person to decide, each feed's newest first.

    Not those that were released, nor those that a full extract of the feed taken since has made pointless.
    """
    held, other = EXTRACT_FILE.c, EXTRACT_FILE.alias("other")
    is_same = other.c.sha256 == held.sha256
    is_newer = and_(
        other.c.trust == held.trust,
        other.c.system == held.system,
        other.c.kind == "full",
        other.c.extracted_at > held.extracted_at,
    )
    is_settled = exists().where(other.c.status == "accepted", or_(is_same, is_newer))
    statement = select(EXTRACT_FILE).where(held.status == "quarantined", held.reason.in_(_HELD), ~is_settled)
    return connection.execute(statement.order_by(held.trust, held.system, held.extracted_at.desc())).all()


def drifted_feeds(connection: Connection) -> Sequence[Found]:
    """The last accepted file of each feed whose columns are not those of its contract."""
    columns = EXTRACT_FILE.c
    age = func.row_number().over(
        partition_by=(columns.trust, columns.system), order_by=(columns.extracted_at.desc(), columns.file_id.desc())
    )
    files = select(EXTRACT_FILE, age.label("age")).where(columns.status == "accepted", columns.kind != "history")
    last = files.subquery()
    has_drift = or_(last.c.extra_columns.is_not(None), last.c.missing_columns.is_not(None))
    return connection.execute(select(last).where(last.c.age == 1, has_drift).order_by(last.c.trust)).all()


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


def last_maintenance(connection: Connection) -> Found | None:
    """The last run that applied retention; None before the first."""
    is_done = (RUN.c.step == "maintain") & (RUN.c.status == "done")
    return connection.execute(select(RUN).where(is_done).order_by(RUN.c.started_at.desc()).limit(1)).one_or_none()


def past_their_day(connection: Connection, days: Retention, *, since: datetime | None, until: datetime) -> Found:
    """How many sealed originals, and the rows of how many accepted extracts, came past their day between two moments.

    A raw row is due by the time of the extract whose row took its place; the database tells of extracts, not of rows.
    """
    files = EXTRACT_FILE.c

    def came_past(moment: ColumnElement[datetime], kept: int) -> ColumnElement[bool]:
        day = timedelta(days=kept)
        is_past = moment < until - day
        return is_past if since is None else and_(is_past, moment >= since - day)

    is_accepted = files.status == "accepted"
    of_archive = and_(is_accepted, came_past(files.arrived_at, days.archive_days))
    of_quarantine = and_(~is_accepted, came_past(files.arrived_at, days.quarantine_days))
    of_rows = and_(is_accepted, came_past(files.extracted_at, days.bronze_days))
    originals, extracts = (func.count(case((holds, 1))) for holds in (or_(of_archive, of_quarantine), of_rows))
    return connection.execute(select(originals.label("originals"), extracts.label("extracts"))).one()


def last_check(connection: Connection) -> Sequence[Found]:
    """Every rule of the gate in the last run that was checked, critical ones first; none before the first check.

    A run's name begins with the moment at which it started, so the greatest name is the last one.
    """
    if not is_published(connection, DQ):
        return []
    newest = select(func.max(DQ.c.run_id)).scalar_subquery()
    order = (DQ.c.severity, DQ.c.table_name, DQ.c.rule_code)
    of_gate = select(DQ).where(DQ.c.run_id == newest, DQ.c.source == EVERY_SOURCE)
    return connection.execute(of_gate.order_by(*order)).all()


def last_scorecards(connection: Connection) -> Sequence[Found]:
    """What the row rules found in the last run that judged a trust's rows: by trust, what failed most first."""
    if not is_published(connection, DQ):
        return []
    of_trusts = DQ.c.source != EVERY_SOURCE
    last = select(DQ.c.source, func.max(DQ.c.run_id).label("run_id")).where(of_trusts)
    newest = last.group_by(DQ.c.source).subquery()
    is_newest = (DQ.c.source == newest.c.source) & (DQ.c.run_id == newest.c.run_id)
    rows = select(DQ).join(newest, is_newest).order_by(DQ.c.source, DQ.c.failed.desc(), DQ.c.rule_code)
    return connection.execute(rows).all()


def last_links(connection: Connection) -> Found | None:
    """How the records of all registers are linked, by the last count; None before the first."""
    if not is_published(connection, LINK_QUALITY):
        return None
    columns = LINK_QUALITY.c
    of_all = select(LINK_QUALITY).where(columns.left_source == EVERY_SOURCE, columns.dimension == "all")
    return connection.execute(of_all.order_by(columns.linked_on.desc()).limit(1)).first()
