"""The stream of arriving files, on real files: what it gives once, and what happens when a batch is not taken."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from libs.intake.landing import local_path
from libs.lakehouse.arriving import arriving_files, take_available

pytestmark = pytest.mark.spark


def names(spark: SparkSession, folder: Path, checkpoint: Path, *, max_mib: int = 64) -> list[list[str]]:
    """The names of the files of each batch."""
    batches: list[list[str]] = []

    def take(paths: Sequence[str]) -> None:
        assert all(local_path(path).is_file() for path in paths)
        batches.append(sorted(local_path(path).name for path in paths))

    stream = arriving_files(spark, folder, max_mib=max_mib, has_auto_loader=False)
    take_available(stream, checkpoint=checkpoint, take=take)
    return batches


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "landing"
    folder.mkdir()
    return folder


def write(path: Path, size: int = 3) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)


def test_each_file_comes_once_whatever_pattern_its_name_spells(spark: SparkSession, folder: Path) -> None:
    spelt = ["[06].jwe", "a b.jwe", "a%20b.jwe", "d*.jwe", "e?.jwe", "{b,c}.jwe", "ü.jwe"]
    for name in spelt:
        write(folder / "RVW" / "2025 [06]*" / name)
    assert names(spark, folder, folder.parent / "seen") == [sorted(spelt)]
    write(folder / "RVW" / "new.jwe")
    assert names(spark, folder, folder.parent / "seen") == [["new.jwe"]]
    assert names(spark, folder, folder.parent / "seen") == []


def test_what_the_stream_passes_over_is_left_to_the_sweep_of_ingest(spark: SparkSession, folder: Path) -> None:
    write(folder / "RVW" / "one.jwe")
    write(folder / "RVW" / "empty.jwe", size=0)
    write(folder / "RVW" / "_hidden.jwe")
    assert names(spark, folder, folder.parent / "seen") == [["one.jwe"]]


def test_more_than_a_batch_may_hold_comes_in_several(spark: SparkSession, folder: Path) -> None:
    for number in range(3):
        write(folder / "RVW" / f"{number}.jwe", size=700_000)
    batches = names(spark, folder, folder.parent / "seen", max_mib=1)
    assert len(batches) > 1
    assert sorted(name for batch in batches for name in batch) == ["0.jwe", "1.jwe", "2.jwe"]


def test_a_batch_that_was_not_taken_comes_again_and_its_fault_is_raised_as_it_was(
    spark: SparkSession, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write(folder / "RVW" / "one.jwe")

    class Stopped(BaseException):
        """Not even an Exception."""

    def fail(paths: Sequence[str]) -> None:
        raise Stopped("Mary Smith 9434765919")

    stream = arriving_files(spark, folder, max_mib=64, has_auto_loader=False)
    with pytest.raises(Stopped):
        take_available(stream, checkpoint=folder.parent / "seen", take=fail)
    told = capfd.readouterr()
    assert "9434765919" not in told.out + told.err
    assert names(spark, folder, folder.parent / "seen") == [["one.jwe"]]


def test_a_file_that_is_gone_when_its_batch_comes_again_is_passed_over(spark: SparkSession, folder: Path) -> None:
    for name in ("gone.jwe", "there.jwe"):
        write(folder / "RVW" / name)

    def take_one(paths: Sequence[str]) -> None:
        (folder / "RVW" / "gone.jwe").unlink()
        raise KeyboardInterrupt

    stream = arriving_files(spark, folder, max_mib=64, has_auto_loader=False)
    with pytest.raises(KeyboardInterrupt):
        take_available(stream, checkpoint=folder.parent / "seen", take=take_one)
    assert names(spark, folder, folder.parent / "seen") == [["there.jwe"]]


def test_on_databricks_auto_loader_reads_the_stream(spark: SparkSession, folder: Path) -> None:
    """It is not there outside Databricks: Spark says that it does not know the format."""
    with pytest.raises(Exception, match="cloudFiles"):
        arriving_files(spark, folder, max_mib=64, has_auto_loader=True)
