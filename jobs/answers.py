"""The answers to the files that the ledger has judged, put into the outbox of the trust that sent each.

`outbox/<ODS>/<file id>_<name>.answer.jwe`, sealed to the trust, or `.answer.json` where the ring holds no key of the
trust to seal to; and `.answer.txt` beside it, one line without anything of a row.
"""

import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs.changed import LEDGER, bronze_between
from jobs.outcome import Run
from libs import log
from libs.feeds import FeedContract, load_contracts
from libs.intake.answers import (
    FoundTwice,
    JudgedFile,
    Listed,
    RowCounts,
    RowFault,
    answer_line,
    answer_stem,
    build_answer,
    seal_answer,
)
from libs.intake.changes import PRESENT
from libs.intake.keys import KeyRing, RingKey
from libs.intake.ledger import ACCEPTED
from libs.intake.secrets import read_secret
from libs.lakehouse.tables import Lake
from libs.settings import Settings, conf_folder

REJECTS, DUPLICATES = "silver.reject", "silver.duplicate"
_LISTED_AT_ONCE = 200_000  # refused rows in the driver's memory
_OWNER_ONLY, _ANYONE_READS = 0o600, 0o644
_MOMENTS = ("extracted_at", "arrived_at")
_WRITTEN = "file_id bigint, made_at bigint, row_number bigint, row_key string"
_REJECTED = "file_id bigint, row_number bigint, row_key string, rule_code string, field string, place int"
_REFUSED, _EMPTIED, _WARNED = range(3)  # the order in which faults are listed

Faults = Mapping[int, Sequence[RowFault]]


@dataclass(frozen=True)
class _Outbox:
    """Where answers go, in whose name, and by trust the key to which they are sealed (None: it has given none).

    `has_plain_keys`: whether an answer that can't be sealed names its rows by their local keys.
    """

    folder: Path
    has_plain_keys: bool
    platform: str
    answered_at: datetime
    contracts: Mapping[str, FeedContract]
    recipients: Mapping[str, RingKey | None]

    def put(self, file: JudgedFile, counts: RowCounts, named: Listed) -> None:
        """Write a file's answer and its line; an answer that stood there in the other form goes."""
        key = self.recipients[file.trust]
        names_keys = key is not None or self.has_plain_keys
        answer = build_answer(
            file,
            counts,
            named if names_keys else Listed(),
            contract=self.contracts.get(file.system or ""),
            answered_at=self.answered_at,
            platform=self.platform,
        )
        content = json.dumps(answer, ensure_ascii=False, indent=2).encode()
        place = self.folder / file.trust / f"{answer_stem(file)}.answer"
        sealed, plain, line = (place.with_name(f"{place.name}.{form}") for form in ("jwe", "json", "txt"))
        if key is not None:
            _write_whole(sealed, seal_answer(content, key), mode=_ANYONE_READS)
            plain.unlink(missing_ok=True)
        else:
            _write_whole(plain, content, mode=_OWNER_ONLY)
            sealed.unlink(missing_ok=True)
        _write_whole(line, f"{answer_line(answer)}\n".encode(), mode=_ANYONE_READS)


def answer(lake: Lake, settings: Settings, run: Run, *, after: int, upto: int) -> int:
    """Answer every file after `after`, up to and with `upto`, of a configured trust; return how many there were.

    To be called once their rows are judged. Repeating it writes the same answers in the same places.
    Raises KeyRingError where there are files to answer and the ring of the trusts can't be read.
    """
    files = _judged_files(lake, settings, after=after, upto=upto) if upto > after else []
    if not files:
        return 0
    outbox = _open_outbox(settings, run, {file.trust for file in files})
    rows = _written_rows(lake, after=after, upto=upto)
    written = {tuple(row[:2]): row["count"] for row in rows.groupBy("file_id", "made_at").count().collect()}
    own = {file.file_id: written.pop(_place(file), 0) for file in files}
    others = {file_id for file_id, _ in written}  # what is left was told again under the number of a late file
    late = [file for file in files if file.file_id in others]
    rejects = _own_rejects(lake, rows, late, after=after, upto=upto)
    most = settings.intake.answer_rows
    twice = _found_twice(lake, files, after=after, upto=upto)
    counts = _counts(own, rejects, {file_id: len(of_file) for file_id, of_file in twice.items()})
    for batch in _batches(files, counts, most=most):
        has_faults = any(counts[file.file_id].faults for file in batch)
        faults = _listed_faults(rejects, batch, most=most) if most and has_faults else {}
        for file in batch:
            named = Listed(faults.get(file.file_id, []), twice.get(file.file_id, [])[:most])
            outbox.put(file, counts[file.file_id], named)
    log.event("files_answered", files=len(files), run_id=run.run_id)
    return len(files)


def _open_outbox(settings: Settings, run: Run, trusts: Collection[str]) -> _Outbox:
    ring = KeyRing.from_json(read_secret(settings.keys.trusts, settings.paths.secrets), name="trust keys")
    for trust in trusts:
        (settings.paths.outbox / trust).mkdir(parents=True, exist_ok=True)
    return _Outbox(
        folder=settings.paths.outbox,
        has_plain_keys=settings.intake.has_plain_row_keys,
        platform=settings.platform,
        answered_at=run.as_at,
        contracts=load_contracts(conf_folder()),
        recipients={trust: ring.recipient(trust, at=int(run.as_at.timestamp())) for trust in trusts},
    )


def _judged_files(lake: Lake, settings: Settings, *, after: int, upto: int) -> list[JudgedFile]:
    ledger = lake.read(LEDGER).where((F.col("file_id") > after) & (F.col("file_id") <= upto))
    names = JudgedFile.__dataclass_fields__
    columns = [F.unix_timestamp(name).alias(name) if name in _MOMENTS else F.col(name) for name in names]
    rows = ledger.where(F.col("trust").isin(*settings.trusts)).select(*columns).orderBy("file_id").collect()
    return [JudgedFile(**{**row.asDict(), **{name: _moment(row[name]) for name in _MOMENTS}}) for row in rows]


def _written_rows(lake: Lake, *, after: int, upto: int) -> DataFrame:
    """The new or changed rows under each file's number, `made_at` being the time of the extract that tells them.

    With a late extract those that follow it are told again under its number (`libs.intake.told_files`): such rows were
    answered for with their own file.
    """
    written = [
        bronze_between(lake, system, after=after, upto=upto)
        .where(F.col("_presence") == PRESENT)
        .select(
            F.col("_file_id").alias("file_id"),
            F.unix_timestamp("_extracted_at").alias("made_at"),
            F.col("_row_number").alias("row_number"),
            F.col("_row_key").alias("row_key"),
        )
        for system in load_contracts(conf_folder())
        if lake.exists(f"bronze.{system}_row")
    ]
    return reduce(DataFrame.union, written) if written else lake.spark.createDataFrame([], _WRITTEN)


def _own_rejects(lake: Lake, rows: DataFrame, late: Sequence[JudgedFile], *, after: int, upto: int) -> DataFrame:
    """What is wrong with the files' own rows; `place` tells refused rows, emptied values and warnings apart.

    `late` are the files under whose number others are told again; of these only the rows of their own count.
    """
    if not lake.exists(REJECTS):
        return lake.spark.createDataFrame([], _REJECTED)
    place = F.when(F.col("severity") == "reject", _REFUSED).when(F.col("severity") == "warn", _WARNED)
    found = lake.read(REJECTS).where((F.col("file_id") > after) & (F.col("file_id") <= upto))
    rejects = found.select(
        "file_id", "row_number", "row_key", "rule_code", "field", place.otherwise(_EMPTIED).alias("place")
    )
    if not late:
        return rejects
    is_late = F.col("file_id").isin(*(file.file_id for file in late))
    made = (F.struct(F.lit(file_id).alias("file_id"), F.lit(at).alias("made_at")) for file_id, at in map(_place, late))
    own = rows.where(F.struct("file_id", "made_at").isin(*made)).drop("made_at")
    return rejects.where(~is_late).union(
        rejects.where(is_late).join(own, own.columns, "left_semi").select(*rejects.columns)
    )


def _counts(own: Mapping[int, int], rejects: DataFrame, twice: Mapping[int, int]) -> dict[int, RowCounts]:
    """The counts of each file, `own` telling how many of its rows are new or changed, `twice` how many pathways stand
    twice.
    """
    refused = rejects.groupBy("file_id").agg(
        F.count_if(F.col("place") == _REFUSED).alias("refused"),
        F.count_distinct(F.when(F.col("place") == _EMPTIED, F.col("row_number"))).alias("emptied"),
        F.count("*").alias("faults"),
    )
    by_file = {row["file_id"]: (row["refused"], row["emptied"], row["faults"]) for row in refused.collect()}
    return {
        file_id: RowCounts(changed, *by_file.get(file_id, (0, 0, 0)), twice.get(file_id, 0))
        for file_id, changed in own.items()
    }


def _found_twice(lake: Lake, files: Sequence[JudgedFile], *, after: int, upto: int) -> dict[int, list[FoundTwice]]:
    """What was found to stand twice in each register, told with the last file that was taken of it."""
    last = {(file.trust, file.system): file.file_id for file in files if file.status == ACCEPTED}
    if not last or not lake.exists(DUPLICATES):
        return {}
    found = lake.read(DUPLICATES).where((F.col("file_id") > after) & (F.col("file_id") <= upto))
    numbers = ("source_pathway_id", "survivor_pathway_id")
    told: dict[int, list[FoundTwice]] = {}
    for row in found.select("trust", "system", *numbers).orderBy("trust", "system", *numbers).collect():
        file_id = last.get((row["trust"], row["system"]))
        if file_id is not None:
            told.setdefault(file_id, []).append(FoundTwice(*(row[name] for name in numbers)))
    return told


def _batches(files: Sequence[JudgedFile], counts: Mapping[int, RowCounts], *, most: int) -> Iterator[list[JudgedFile]]:
    """Neighbouring files whose refused rows fit into memory together: in all but a first load one batch."""
    batch: list[JudgedFile] = []
    listed = 0
    for file in files:
        of_file = min(counts[file.file_id].faults, most)
        if batch and listed + of_file > _LISTED_AT_ONCE:
            yield batch
            batch, listed = [], 0
        batch.append(file)
        listed += of_file
    if batch:
        yield batch


def _listed_faults(rejects: DataFrame, batch: Sequence[JudgedFile], *, most: int) -> Faults:
    """The first `most` faults of each file: refused rows, emptied values, warnings, each by row number."""
    order = Window.partitionBy("file_id").orderBy("place", "row_number", "field", "rule_code")
    of_batch = rejects.where(F.col("file_id").between(batch[0].file_id, batch[-1].file_id))
    ranked = of_batch.withColumn("rank", F.row_number().over(order)).where(F.col("rank") <= most)
    faults: dict[int, list[RowFault]] = {}
    columns = ("row_number", "row_key", "rule_code", "field")
    for row in ranked.orderBy("file_id", "rank").select("file_id", *columns).collect():
        faults.setdefault(row["file_id"], []).append(RowFault(*(row[name] for name in columns)))
    return faults


def _write_whole(path: Path, content: bytes, *, mode: int) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_name(f".{path.name}.part")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    temporary.replace(path)


def _place(file: JudgedFile) -> tuple[int, int | None]:
    """A file's number and the time of its extract, by which its own rows are told from others under its number."""
    return file.file_id, int(file.extracted_at.timestamp()) if file.extracted_at is not None else None


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
