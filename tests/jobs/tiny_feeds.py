"""Two trusts with tiny extracts written by hand, sealed for real, and what their lake says was told."""

import io
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pyspark.sql import Row, SparkSession

from jobs import cleanse, ingest
from jobs.changed import LEDGER, vouched
from jobs.outcome import Outcome, Run
from libs.feeds import load_contracts
from libs.intake.envelope import Claims, seal, sealed_name
from libs.intake.keys import KeyRing, make_key_pair
from libs.intake.ledger import Moment
from libs.lakehouse.tables import open_lake
from libs.settings import Settings, conf_folder, load_settings
from tests.libs.intake.told_model import Content, Place, State, Told, as_at

MIDNIGHT = datetime(2025, 6, 2, tzinfo=UTC)
SYSTEM = "infoflex"
Keys = Mapping[str, tuple[dict[str, Any], dict[str, Any]]]


def make_keys() -> Keys:
    """(private, public) by owner."""
    pairs = {owner: make_key_pair(owner, algorithm="EdDSA") for owner in ("RVW", "RTR")}
    return pairs | {"platform": make_key_pair("platform", algorithm="ECDH-ES+A256KW")}


def at(hour: int, sequence: int | None = None) -> Moment:
    return MIDNIGHT + timedelta(hours=hour), hour if sequence is None else sequence


@dataclass
class Feeds:
    """A platform whose lake starts empty; `told` holds what was accepted of each trust, as the test expects it."""

    spark: SparkSession = field(repr=False)
    settings: Settings = field(repr=False)
    keys: Keys = field(repr=False)
    runs: int = 0

    def deliver(
        self,
        trust: str,
        moment: Moment,
        rows: Mapping[Place, Content],
        *,
        kind: str = "full",
        folder: str = "",
        arrives: timedelta = timedelta(minutes=2),
    ) -> Path:
        """Seal an extract and put it into the trust's folder."""
        extract = written(rows)
        claims = Claims(
            trust, self.settings.platform, SYSTEM, 1, moment[1], int(moment[0].timestamp()), kind, len(rows)
        )
        path = self.settings.paths.landing / trust / folder / sealed_name(claims)
        sealed = seal(extract, claims, signing_key=self.keys[trust][0], platform_key=self.keys["platform"][1])
        return self.put(path, sealed, moment[0] + arrives)

    def put(self, path: Path, content: bytes, arrived_at: datetime) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (arrived_at.timestamp(), arrived_at.timestamp()))
        return path

    def ingest(self, settings: Settings | None = None) -> Outcome:
        self.runs += 1
        return ingest.run(self.spark, settings or self.settings, self.new_run())

    def cleanse(self, *, after: int = 0) -> Outcome:
        return cleanse.run(self.spark, self.settings, self.new_run(after))

    def new_run(self, after: int = 0) -> Run:
        moment = MIDNIGHT + timedelta(days=1)
        return Run(f"run-{self.runs}", moment, moment, {"cleanse": after})

    def ledger(self) -> list[Row]:
        lake = open_lake(self.spark, self.settings)
        return lake.read(LEDGER).orderBy("file_id").collect() if lake.exists(LEDGER) else []

    def answers(self) -> list[tuple[str, str | None]]:
        return [(row["status"], row["reason"]) for row in self.ledger()]

    def bronze(self) -> list[Row]:
        lake = open_lake(self.spark, self.settings)
        return vouched(lake, SYSTEM).collect() if lake.exists(f"bronze.{SYSTEM}_row") else []

    def standing(self, trust: str, moment: Moment) -> State:
        return as_at(self.bronze(), trust, moment, read)

    def silver(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        return sorted(
            map(tuple, open_lake(self.spark, self.settings).read(f"silver.{table}").select(*columns).collect())
        )

    def waiting(self) -> list[Path]:
        return [path for path in self.settings.paths.landing.rglob("*") if path.is_file()]


def make_feeds(spark: SparkSession, root: Path, keys: Keys, *overrides: str) -> Feeds:
    """Both trusts run Infoflex here, so that one table holds what they tell."""
    settings = load_settings("local", [f"paths.root={root}", f"trusts.RTR.system={SYSTEM}", *overrides])
    trusts = [{**keys[trust][1], "iss": trust} for trust in ("RVW", "RTR")]
    for reference, ring in ((settings.keys.platform, [keys["platform"][0]]), (settings.keys.trusts, trusts)):
        path = settings.paths.secrets / reference.scope / reference.key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(KeyRing(ring).to_json())
    settings.paths.landing.mkdir(parents=True)
    return Feeds(spark, settings, keys)


def written(rows: Mapping[Place, Content]) -> bytes:
    """An Infoflex extract of the mandatory columns, which says of each row its patient's name and closing date."""
    names = load_contracts(conf_folder())[SYSTEM].mandatory
    target = io.StringIO(newline="")
    target.write("|".join(names) + "\r\n")
    for (pathway, number), (name, closed) in rows.items():
        said = {
            "Pathway No": pathway,
            "Hosp No": f"H{pathway}",
            "Tx Seq": number,
            "Patient Name": name,
            "Closed Dt": closed,
        }
        target.write("|".join(said.get(column, "") for column in names) + "\r\n")
    return target.getvalue().encode("windows-1252")


def read(row: Row) -> tuple[Place, Content]:
    return (row["Pathway No"], row["Tx Seq"]), (row["Patient Name"], row["Closed Dt"])


def told(*names: str, closed: str = "", **rows: str) -> dict[Place, Content]:
    """Pathways of one row each, as in told(A="Smith"): pathway A, whose patient is named so."""
    return {(pathway, "1"): (name, closed) for pathway, name in rows.items()}


__all__ = ["Feeds", "Told", "at", "make_feeds", "make_keys", "read", "told", "written"]
