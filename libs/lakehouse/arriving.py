"""The stream of arriving files: Auto Loader on Databricks, Spark's plain file source elsewhere."""

from collections.abc import Callable, Sequence
from pathlib import Path

from pyspark.errors import StreamingQueryException
from pyspark.sql import DataFrame, SparkSession

from libs.errors import ConcurrentRunError, MachineError

_SCHEMA = "path string, modificationTime timestamp, length bigint, content binary"


def arriving_files(spark: SparkSession, folder: Path, *, max_mib: int, has_auto_loader: bool) -> DataFrame:
    """A stream of the paths of files below a folder, at most about `max_mib` MiB of them in one batch.

    Only paths: the executors read the files themselves, so content passes neither the JVM nor the driver. What is
    gone again when its batch comes is passed over, since another run has taken it.
    """
    if has_auto_loader:
        options = {
            "cloudFiles.format": "binaryFile",
            "cloudFiles.includeExistingFiles": "true",
            # A name that comes again is a file that comes again: the ledger says what it is.
            "cloudFiles.allowOverwrites": "true",
            "cloudFiles.maxBytesPerTrigger": f"{max_mib}m",
        }
        reader = spark.readStream.format("cloudFiles")
    else:
        options = {"recursiveFileLookup": "true", "maxBytesPerTrigger": str(max_mib * 1024 * 1024)}
        reader = spark.readStream.format("binaryFile").schema(_SCHEMA)
    stream = reader.options(**options, ignoreMissingFiles="true").load(str(folder.absolute()))
    return stream.select("path")


def take_available(stream: DataFrame, *, checkpoint: Path, take: Callable[[Sequence[str]], None]) -> None:
    """Give every path that has not come before to `take`, batch by batch, and end when no more are there.

    A batch counts as seen when `take` returns: after a crash it comes again. What `take` raises is raised here as it
    is; Spark hears of a bare failure only, since what it hears goes into its log. Raises ConcurrentRunError where
    another run reads the same stream, MachineError when the stream itself fails; both name the checkpoint.
    """
    faults: list[BaseException] = []

    def take_batch(batch: DataFrame, _: int) -> None:
        try:
            take([row["path"] for row in batch.collect()])
        except BaseException as fault:
            faults.append(fault)
            raise RuntimeError("this batch was not taken") from None

    writer = stream.writeStream.foreachBatch(take_batch).option("checkpointLocation", str(checkpoint.absolute()))
    try:
        query = writer.trigger(availableNow=True).start()
    except Exception as fault:  # py4j has no class of its own for it
        raise ConcurrentRunError(
            f"another run is taking in what arrives ({type(fault).__name__})",
            do="Let it finish, then run again.",
            checkpoint=str(checkpoint),
        ) from None
    try:
        query.awaitTermination()
    except StreamingQueryException as fault:
        if faults:
            raise faults[0] from None
        raise MachineError(
            f"the stream of arriving files failed ({fault.getCondition() or type(fault).__name__})",
            do="Delete the checkpoint: no file is lost or taken twice by it, for the ledger knows each.",
            checkpoint=str(checkpoint),
        ) from None
    finally:
        query.stop()
