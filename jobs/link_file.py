"""`link-files`: who is one person in one CSV file, or in two; without Spark."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jobs.row_file import RowFile, RowFileError, column_name, read_rows, write_rows
from jobs.short_names import short_forms
from libs.settings import Settings
from ml.linkage import written
from ml.linkage.backend import DuckDBBackend
from ml.linkage.comparisons import COMPARISONS
from ml.linkage.fit import fit
from ml.linkage.linked import Linked, linked
from ml.linkage.model import Model
from ml.linkage.repeats import repeats
from ml.linkage.scoring import Thresholds, make_pairs, prepare, scored_pairs, verified_numbers

ID = "record_id"
LINKS = ("left_id", "right_id", "probability", "match_weight", "rule")
REVIEW = ("left_id", "right_id", "probability", "match_weight", "reason", *(each.name for each in COMPARISONS))


@dataclass(frozen=True)
class LinkedFiles:
    """What came of one or two files: how many records, links, people with more than one record and pairs to decide.

    `taken` and `passed_over` are columns; `unreadable` counts the cells of a column that hold no such thing.
    """

    record_count: int
    link_count: int
    people_count: int
    review_count: int
    taken: tuple[str, ...]
    passed_over: tuple[str, ...]
    unreadable: dict[str, int]
    model: Model


@dataclass(frozen=True)
class _Records:
    """The records of all files in the order of file and id, so that the order of rows changes nothing."""

    cells: pa.Table
    ids: pd.Series
    source: np.ndarray[tuple[int], np.dtype[np.int64]]


def open_files(paths: list[Path]) -> list[RowFile]:
    """Read one or two files, of which every column but `record_id` may be missing.

    Raises RowFileError for what can't be read, an empty or repeated id, or files without any column to compare.
    """
    if not 1 <= len(paths) <= 2:
        raise RowFileError("one file is de-duplicated, two are linked", do="Give --input once or twice.")
    files = [read_rows(path, required=(ID,), known=(ID, *written.COLUMNS)) for path in paths]
    for file in files:
        _check_ids(file)
        if not any(file.column(name) is not None for name in written.COLUMNS):
            raise RowFileError(
                "no column can be compared", do=f"Name some of {', '.join(written.COLUMNS)}.", file=file.path.name
            )
    return files


def link_files(
    files: list[RowFile],
    thresholds: Thresholds,
    *,
    output: Path,
    clusters: Path | None = None,
    review: Path | None = None,
    listener: Callable[[str], None] = lambda doing: None,
) -> LinkedFiles:
    """Find who is one person, write the links, and where asked who belongs together and the pairs for people to decide.

    `listener` is told what is being done.
    """
    records = _in_order(files)
    taken = [name for name in written.COLUMNS if any(file.column(name) is not None for file in files)]
    with DuckDBBackend() as backend:
        listener("reading the records")
        backend.register("written", records.cells)
        backend.make("read", written.as_records("written", taken))
        same = repeats(backend, "read", "records")
        prepare(backend, "records", short_forms())
        listener("learning how true pairs look")
        model = fit(backend)
        listener("comparing")
        make_pairs(backend)
        pairs = scored_pairs(backend, model, thresholds)
        found = linked(pairs, verified_numbers(backend), records.source, same)
        unreadable = _unreadable(records.cells, backend.fetch("select * from read order by ordinal"))
    _write(output, LINKS, _with_ids(found.links, records))
    if review is not None:
        _write(review, REVIEW, _with_ids(found.review, records))
    if clusters is not None:
        _write(clusters, *_people(found, records))
    sizes = np.unique(found.person, return_counts=True)[1]
    return LinkedFiles(
        record_count=len(records.ids),
        link_count=len(found.links),
        people_count=int((sizes > 1).sum()),
        review_count=len(found.review),
        taken=tuple(taken),
        passed_over=tuple(name for file in files for name in file.header if column_name(name) not in (ID, *taken)),
        unreadable=unreadable,
        model=model,
    )


def _check_ids(file: RowFile) -> None:
    ids = file.cells.column(file.place_of(ID))
    frame = pd.DataFrame({ID: ids.to_pandas(), "line": file.lines.to_pandas()})
    empty = frame[frame[ID].str.strip() == ""]
    if len(empty):
        raise RowFileError(
            "the record_id is empty", do="Give each record one.", file=file.path.name, line=int(empty["line"].iloc[0])
        )
    repeated = frame[frame[ID].duplicated()]
    if len(repeated):
        raise RowFileError(
            "the record_id stands on an earlier line too",
            do="Give each record its own.",
            file=file.path.name,
            line=int(repeated["line"].iloc[0]),
        )


def _in_order(files: list[RowFile]) -> _Records:
    parts = []
    for place, file in enumerate(files):
        empty = pa.chunked_array([pa.nulls(len(file), pa.string())])
        columns = {name: file.column(name) for name in (ID, *written.COLUMNS)}
        cells = {name: empty if column is None else column for name, column in columns.items()}
        has_status = file.column("nhs_number_status") is not None
        facts = {"source": np.full(len(file), place), "has_status": np.full(len(file), has_status)}
        parts.append(pa.table({**cells, **facts}))
    every = pa.concat_tables(parts)
    every = every.take(pc.sort_indices(every, [("source", "ascending"), (ID, "ascending")]))
    ids, source = every[ID].to_pandas(), every["source"].to_numpy().astype(np.int64)
    return _Records(every.drop([ID]).append_column("ordinal", pa.array(np.arange(len(ids)))), ids, source)


def _with_ids(pairs: pd.DataFrame, records: _Records) -> pd.DataFrame:
    named = pairs.assign(
        left_id=records.ids.to_numpy()[pairs["left"]],
        right_id=records.ids.to_numpy()[pairs["right"]],
        probability=pairs["probability"].map("{:.6f}".format),
        match_weight=pairs["match_weight"].map("{:.2f}".format),
    )
    return named.drop(columns=["left", "right"])


def _people(found: Linked, records: _Records) -> tuple[tuple[str, ...], pd.DataFrame]:
    """Every record's person, named after the person's first record; with two files by the file's number too."""
    ids, source = records.ids.to_numpy(), records.source
    if not source.any():
        return (ID, "person_id"), pd.DataFrame({ID: ids, "person_id": ids[found.person]})
    numbers = (source + 1).astype(str)
    person = [f"{numbers[first]}:{ids[first]}" for first in found.person]
    return (ID, "person_id", "file"), pd.DataFrame({ID: ids, "person_id": person, "file": numbers})


def _unreadable(cells: pa.Table, read: pa.Table) -> dict[str, int]:
    """How many cells that are not empty say nothing, by column."""
    counts = {}
    for name in written.READ:
        is_filled = pc.not_equal(pc.utf8_trim_whitespace(cells[name]), "")
        count = pc.sum(pc.and_(pc.fill_null(is_filled, False), pc.is_null(read[name]))).as_py()
        if count:
            counts[name] = int(count)
    return counts


def _write(path: Path, header: tuple[str, ...], rows: pd.DataFrame) -> None:
    write_rows(path, header, [pa.table({name: pa.array(rows[name].astype(str), pa.string()) for name in header})])


def thresholds(settings: Settings) -> Thresholds:
    """From where on a pair is accepted, and from where on people decide."""
    return Thresholds(settings.linkage.accept_probability, settings.linkage.review_probability)
