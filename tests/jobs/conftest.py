"""A tiny world, its history and first hour taken in once, and what a test needs to compare two lakes or disturb one."""

import csv
import io
import os
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from sqlalchemy import inspect, text

from jobs import simulate
from jobs.simulate import Simulation, Wishes
from jobs.steps import STEPS, run_steps
from jobs.world_files import TRANSPORT
from libs.feeds import FeedContract, load_contracts
from libs.intake.envelope import Claims, seal, sealed_name
from libs.settings import Settings, conf_folder, load_settings
from libs.synthetic.calendar import LONDON
from libs.synthetic.registers.extracts import extract
from libs.warehouse.dialects import make_engine

# Four days lie between the two hours, so that the second brings work for every step, and a new day.
FIRST_HOUR = datetime(2025, 5, 29, 9, tzinfo=LONDON)
SECOND_HOUR = datetime(2025, 6, 2, 9, tzinfo=LONDON)
ORDER = tuple(STEPS)
RUN_COLUMNS = frozenset({"run_id", "as_at", "batch_id", "_batch_id"})
# In SQL the ledger's `row_hash` takes in the run; the columns that it is made from are compared anyway.
HASHED = frozenset({"row_hash"})
# What tells of runs and not of pathways: an hour that takes two runs leaves more of it.
OF_RUNS = frozenset({"ops.run", "gold.dq_result", "sql dq_result"})
Row = dict[str, str]
Tables = Mapping[str, Counter[str]]


@dataclass(frozen=True)
class Start:
    """A world whose second hour lies in landing and is not yet taken; `copy` gives a lake of one's own to take it in.

    `empty` is the same world before anything of it was taken: its history and first hour lie in landing.
    """

    simulation: Simulation
    folder: Path
    empty: Settings

    @property
    def settings(self) -> Settings:
        return self.simulation.settings

    def copy(self, source: Settings | None = None) -> Settings:
        """A copy of everything that lies under a root: this one's, or that of `source`."""
        root = self.folder / f"copy_{len(list(self.folder.iterdir()))}"
        shutil.copytree((source or self.settings).paths.root, root)
        return settings_of(root)


def settings_of(root: Path) -> Settings:
    return load_settings("local", [f"paths.root={root}"])


@pytest.fixture(scope="session")
def start(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Start:
    folder = tmp_path_factory.mktemp("worlds")
    settings = settings_of(folder / "start")
    hours = int((SECOND_HOUR - FIRST_HOUR) / timedelta(hours=1)) + 1
    # Without faults: what the flow makes of a trust's errors is told by stories of its own. The seed has shared waits.
    simulation = simulate.prepare(
        settings, pathways=500, hours=hours, seed=71, ends_at=SECOND_HOUR, wishes=Wishes(is_clean=True)
    )
    simulate.write_history(simulation, rows_per_file=90)
    simulate.write_hour(simulation, FIRST_HOUR)
    shutil.copytree(settings.paths.root, folder / "empty")
    run_hour(spark, settings, FIRST_HOUR)
    for trust in settings.trusts:
        deliver(simulation, settings, trust, edited(simulation, trust, SECOND_HOUR, SECOND_HOUR_EDITS[trust]))
    return Start(simulation, folder, settings_of(folder / "empty"))


@pytest.fixture(scope="session")
def undisturbed(spark: SparkSession, start: Start) -> Settings:
    """The lake after a second hour that nothing disturbed. Tests only read it."""
    settings = start.copy()
    run_hour(spark, settings)
    return settings


@pytest.fixture(scope="session")
def expected(spark: SparkSession, undisturbed: Settings) -> Tables:
    """What the tables hold after that hour."""
    return tables(spark, undisturbed)


def run_hour(spark: SparkSession, settings: Settings, as_at: datetime = SECOND_HOUR) -> None:
    run_steps(spark, settings, ORDER, as_at=as_at)


def tables(
    spark: SparkSession, settings: Settings, *, schema: str = "*", without: frozenset[str] = RUN_COLUMNS
) -> Tables:
    """Every row of the lake and of the SQL tables that tell of pathways and files, by table.

    With a schema, those of the lake's schema alone.
    """
    logs = sorted(settings.paths.lake.glob(f"{schema}/*/_delta_log"))
    folders = {f"{log.parts[-3]}.{log.parts[-2]}": log.parent for log in logs}
    lake = [folder for name, folder in folders.items() if name not in OF_RUNS]
    found: dict[str, Counter[str]] = {name: Counter() for name in folders if name not in OF_RUNS}
    rows = None
    for name, folder in zip(found, lake, strict=True):
        read = spark.read.format("delta").load(str(folder))
        columns = [F.col(f"`{column}`") for column in read.columns if column not in without]
        selected = read.select(F.lit(name).alias("name"), F.to_json(F.struct(*columns)).alias("row"))
        rows = selected if rows is None else rows.union(selected)
    for row in rows.collect() if rows is not None else []:
        found[row["name"]][row["row"]] += 1
    if schema != "*":
        return found
    published = published_rows(settings, without=without | HASHED if without else without)
    return found | {name: rows for name, rows in published.items() if name not in OF_RUNS}


def published_rows(settings: Settings, *, without: frozenset[str]) -> dict[str, Counter[str]]:
    engine = make_engine(settings.warehouse.url)
    with engine.connect() as connection:
        names = sorted(set(inspect(connection).get_table_names()) - {"load", "run"})
        found = {}
        for name in names:
            rows = connection.execute(text(f'select * from "{name}"')).mappings()  # noqa: S608 - a test's own tables
            found[f"sql {name}"] = Counter(
                str({key: value for key, value in sorted(row.items()) if key not in without}) for row in rows
            )
    engine.dispose()
    return found


def differing(left: Tables, right: Tables) -> list[str]:
    """The names of the tables that hold other rows, or that stand on one side only."""
    return sorted(name for name in set(left) | set(right) if left.get(name) != right.get(name))


def commits(settings: Settings) -> dict[str, int]:
    """The Delta commits of each table."""
    logs = sorted(settings.paths.lake.glob("*/*/_delta_log"))
    return {f"{log.parts[-3]}.{log.parts[-2]}": len(list(log.glob("*.json"))) for log in logs}


def deliver(
    simulation: Simulation,
    settings: Settings,
    trust: str,
    content: tuple[bytes, int],
    *,
    sequence: int | None = None,
    signing_key: Mapping[str, Any] | None = None,
) -> Path:
    """Seal a trust's extract of the second hour (or of the minutes after it) and put it into its folder."""
    extract_bytes, rows = content
    number = 90_000 if sequence is None else sequence
    extracted_at = SECOND_HOUR + timedelta(minutes=number - 90_000)
    claims = Claims(
        iss=trust,
        aud=settings.platform,
        sys=settings.trusts[trust].system,
        feed=1,
        seq=number,
        iat=int(extracted_at.timestamp()),
        kind="full",
        rows=rows,
    )
    key = signing_key or simulation.signing_keys[trust]
    path = settings.paths.landing / trust / sealed_name(claims)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(seal(extract_bytes, claims, signing_key=key, platform_key=simulation.platform_key))
    arrived = (extracted_at + TRANSPORT).timestamp()
    os.utime(path, (arrived, arrived))
    return path


def edited(
    simulation: Simulation, trust: str, at: datetime, edit: Callable[[list[Row], FeedContract], list[Row]]
) -> tuple[bytes, int]:
    """A trust's extract after an edit of its rows, and their number."""
    contract = load_contracts(conf_folder())[simulation.settings.trusts[trust].system]
    delimiter, quote = contract.dialect.delimiter, contract.dialect.quote
    source = extract(simulation.world, trust, at).content.decode(contract.dialect.encoding)
    read = csv.DictReader(io.StringIO(source, newline=""), delimiter=delimiter, quotechar=quote)
    rows = edit(list(read), contract)
    target = io.StringIO(newline="")
    writer = csv.DictWriter(target, list(rows[0]), delimiter=delimiter, quotechar=quote, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return target.getvalue().encode(contract.dialect.encoding), len(rows)


def as_it_is(rows: list[Row], contract: FeedContract) -> list[Row]:
    return rows


def one_departed_and_one_unreadable(rows: list[Row], contract: FeedContract) -> list[Row]:
    """An open pathway leaves the extract, and a date of another is a word."""
    waiting = [row[contract.pathway_key] for row in rows if not row["Closed Dt"]]
    kept = [row for row in rows if row[contract.pathway_key] != waiting[0]]
    return [{**row, "MDT Date": "soon"} if row[contract.pathway_key] == waiting[1] else row for row in kept]


def one_repeated_and_one_treatment_taken_back(rows: list[Row], contract: FeedContract) -> list[Row]:
    """The first row stands twice, and the last further treatment is gone while its pathway stays."""
    further = [row for row in rows if row["TREAT_NO"] not in ("", "1")]
    kept = [row for row in rows if row not in further[-1:]]
    return [*kept, kept[0]]


SECOND_HOUR_EDITS = {"RVW": one_departed_and_one_unreadable, "RTR": one_repeated_and_one_treatment_taken_back}
