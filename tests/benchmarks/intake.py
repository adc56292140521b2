"""`python -m tests.benchmarks.intake`: what opening and parsing cost by size of file, beside AES-GCM and DuckDB."""

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pyspark.sql import SparkSession

from libs.feeds import FeedContract, load_contracts
from libs.intake.envelope import Claims, Opener, open_sealed, seal, sealed_name
from libs.intake.keys import KeyRing, make_key_pair
from libs.intake.landed_frame import LandedRow, landed_frame
from libs.intake.opening import open_extracts
from libs.intake.parsing import parse_extract
from libs.intake.reasons import Refusal
from libs.lakehouse.session import start_session
from libs.settings import conf_folder, load_settings
from libs.synthetic.calendar import LONDON
from libs.synthetic.figures import load_figures
from libs.synthetic.registers.extracts import Extract, history
from libs.synthetic.spec import WorldSpec, two_years_before
from libs.synthetic.world import make_world

SIZES_MB = (2, 10, 30, 100)
MANY, FEW_ROWS = 2_000, 3
TOTAL_MB = 120  # of a size, so that what a Spark job costs in itself does not count
CORES = 2
PATHWAYS = 4_000
ENDS_AT = datetime(2026, 3, 2, 12, tzinfo=LONDON)
_TRUSTS = ("RVW", "RTR")  # both send the register that is measured, so that either core has files of its own
_IAT = 1_761_998_400
_MB = 1e6
_CIPHER, _NONCE = AESGCM(bytes(32)), bytes(12)


@dataclass(frozen=True)
class Files:
    """Sealed files of one size and register, with the extract (all have the same) and where it lies as UTF-8."""

    contract: FeedContract
    opener: Opener
    extract: bytes
    rows: int
    plain: Path
    landed: Sequence[LandedRow]

    @property
    def megabytes(self) -> float:
        """The CSV in all of them, in MB."""
        return len(self.extract) * len(self.landed) / _MB


def main() -> None:
    """Print MB/s of CSV a core for each register and size, then what many small files cost each."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        settings = load_settings("local", [f"paths.root={folder}", f"spark.master=local[{CORES}]"])
        systems = {trust: each.system for trust, each in settings.trusts.items()}
        spec = WorldSpec(1, PATHWAYS, two_years_before(ENDS_AT), ENDS_AT, systems)
        world = make_world(spec, load_figures(conf_folder()))
        contracts, spark = load_contracts(conf_folder()), start_session(settings)
        say("SYNTHETIC extracts, MB/s of CSV a core")
        say("  register  MB x files  AES-GCM  opened  and parsed  into Spark  DuckDB   parsed/DuckDB  Spark/parsed")
        for trust, system in systems.items():
            contract = contracts[system]
            (made,) = history(world, trust, ENDS_AT)
            for size in SIZES_MB:
                bench_size(spark, _files(Path(folder) / f"{contract.system}{size}", contract, made, size))
            bench_many(spark, _small_files(Path(folder) / f"{contract.system}-small", contract, made))


def bench_size(spark: SparkSession, files: Files) -> None:
    """One line: every way of reading the same files."""
    ciphertexts = _ciphertexts(files)
    aes = files.megabytes / _warm(lambda: [_CIPHER.decrypt(_NONCE, each, None) for each in ciphertexts])
    opened = files.megabytes / _warm(lambda: _in_process(files, is_parsed=False))
    parsed = files.megabytes / _warm(lambda: _in_process(files, is_parsed=True))
    framed = files.megabytes / CORES / _warm(lambda: _into_spark(spark, files))
    beside = files.megabytes / _warm(lambda: _of_duckdb(files))
    size = f"{len(files.extract) / _MB:5.0f} x {len(files.landed):<3}"
    say(
        f"  {files.contract.system:8}  {size}  {aes:7.0f}  {opened:6.0f}  {parsed:10.0f}  {framed:10.1f}"
        f"  {beside:6.0f}  {parsed / beside:14.2f}  {framed / parsed:12.2f}"
    )


def bench_many(spark: SparkSession, files: Files) -> None:
    """One line: milliseconds a file of a few rows, on one core."""
    count = len(files.landed)
    alone = _warm(lambda: _in_process(files, is_parsed=True)) * 1000 / count
    framed = _warm(lambda: _into_spark(spark, files)) * 1000 * CORES / count
    say(
        f"  {files.contract.system:8}  {count:,} files of {FEW_ROWS} rows: {alone:.2f} ms a file and core opened and"
        f" parsed, {framed:.2f} ms into Spark ({framed / alone:.1f} x)"
    )


def _files(folder: Path, contract: FeedContract, made: Extract, megabytes: int) -> Files:
    """Enough files for a timing that means something, and one for each core at least."""
    head, _, body = made.content.partition(b"\r\n")
    times = round(megabytes * _MB / len(body))
    extract = head + b"\r\n" + body * times
    return _sealed(folder, contract, extract, made.rows * times, count=max(CORES, TOTAL_MB // megabytes))


def _small_files(folder: Path, contract: FeedContract, made: Extract) -> Files:
    lines = made.content.splitlines(keepends=True)
    return _sealed(folder, contract, b"".join(lines[: FEW_ROWS + 1]), FEW_ROWS, count=MANY)


def _sealed(folder: Path, contract: FeedContract, extract: bytes, rows: int, *, count: int) -> Files:
    platform = make_key_pair("platform", algorithm="ECDH-ES+A256KW")
    keys = {trust: make_key_pair(trust, algorithm="EdDSA") for trust in _TRUSTS}
    opener = Opener(
        platform_name="bench",
        platform_keys=KeyRing([platform[0]], name="platform"),
        trust_keys=KeyRing([{**public, "iss": trust} for trust, (_, public) in keys.items()], name="trusts"),
        systems=dict.fromkeys(_TRUSTS, contract.system),
        max_sealed_bytes=1 << 30,
        max_extract_bytes=1 << 30,
    )
    landed = []
    for trust, (private, _) in keys.items():
        claims = Claims(trust, "bench", contract.system, contract.version, 1, _IAT, "full", rows)
        content = seal(extract, claims, signing_key=private, platform_key=platform[1])
        for number in range(count // len(keys)):  # of one name in folders of their own: compressing takes its time
            path = folder / trust / str(number) / sealed_name(claims)
            path.parent.mkdir(parents=True)
            path.write_bytes(content)
            landed.append(LandedRow(str(path), path.name, trust, len(content), _IAT))
    plain = folder / "plain.csv"
    plain.write_bytes(extract.decode(contract.dialect.encoding).encode("utf-8"))
    return Files(contract, opener, extract, rows, plain, landed)


def _ciphertexts(files: Files) -> list[bytes]:
    """As many bytes as the sealed files have: AES-GCM costs the same whatever they say."""
    lengths = [file.length for file in files.landed]
    made = {length: _CIPHER.encrypt(_NONCE, bytes(length), None) for length in set(lengths)}
    return [made[length] for length in lengths]


def _in_process(files: Files, *, is_parsed: bool) -> None:
    for file in files.landed:
        sealed = Path(file.path).read_bytes()
        opened = open_sealed(sealed, file_name=file.name, opener=files.opener, arrived_at=file.arrived_at)
        if isinstance(opened, Refusal):
            raise SystemExit(opened.reason)
        if is_parsed and isinstance(parse_extract(opened.extract, contract=files.contract, rows=files.rows), Refusal):
            raise SystemExit("an extract of the synthetic world was refused")


def _into_spark(spark: SparkSession, files: Files) -> None:
    landed = landed_frame(spark, files.landed, CORES)
    opened = open_extracts(landed, contract=files.contract, opener=files.opener)
    opened.write.format("noop").mode("overwrite").save()


def _of_duckdb(files: Files) -> None:
    delimiter = files.contract.dialect.delimiter
    with duckdb.connect(config={"threads": 1}) as connection:
        for _ in files.landed:
            connection.execute(
                f"create or replace temp table read as from read_csv('{files.plain}', all_varchar=true, header=true,"
                f" delim='{delimiter}', quote='\"')"
            )


def _warm(work: Callable[[], Any]) -> float:
    """Seconds of the quickest of three times: others use the same machine."""
    taken = []
    for _ in range(3):
        began = time.monotonic()
        work()
        taken.append(time.monotonic() - began)
    return min(taken)


def say(line: str) -> None:
    """Print a line of the report."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
