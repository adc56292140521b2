"""Who is one person, held against the truth: precision and recall of pairs, in all and by what befell the records.

    python -m tests.benchmarks.people [people] [seed ...]

Index entries of two trusts are drawn with all their faults, a model is fitted to them as `train --model linkage` does,
and all are linked by the thresholds of `conf/base.yml`; then the same with the NHS number blanked on every record.
"""

import sys

import numpy as np
import pandas as pd
import pyarrow as pa

from jobs.short_names import short_forms
from libs.settings import load_settings
from ml.linkage import beside
from ml.linkage.backend import DuckDBBackend
from ml.linkage.fit import fit
from ml.linkage.increment import changed_keys, compared
from ml.linkage.persons import persons
from ml.linkage.records import COLUMNS
from ml.linkage.scoring import Thresholds, prepare
from tests.benchmarks.index_entries import IndexEntries, draw_index_entries

PEOPLE, SHARED, SEEDS = 20_000, 0.05, (101, 102)
TRUSTS = ("RTR", "RVW")
Pairs = set[tuple[int, int]]


def main() -> None:
    """Draw, link and print for each seed."""
    people, *seeds = [int(argument) for argument in sys.argv[1:]] or [PEOPLE]
    for seed in seeds or SEEDS:
        drawn = draw_index_entries(people, trusts=TRUSTS, shared=SHARED, seed=seed)
        say(f"\nSYNTHETIC index entries ({drawn.parameters}), {people:,} people of {' and '.join(TRUSTS)}, seed {seed}")
        for is_blanked in (False, True):
            say("NHS number blanked on every record" if is_blanked else "with NHS numbers")
            report(drawn, linked_pairs(drawn, is_blanked=is_blanked))


def linked_pairs(drawn: IndexEntries, *, is_blanked: bool) -> Pairs:
    """The pairs of entries, by their rows, that are one person."""
    base = load_settings("local").linkage
    records = as_records(drawn.patients, is_blanked=is_blanked)
    with DuckDBBackend() as backend:
        backend.register("records", records)
        prepare(backend, "records", short_forms())
        model, tables = fit(backend), beside.taken(backend)
    with DuckDBBackend() as backend:
        changed_keys(backend, records, short_forms(), tables)
        scored = compared(
            backend,
            records.slice(0, 0),
            pa.table({name: pa.array([], pa.int64()) for name in ("ordinal", "known", "file_id")}),
            model,
            Thresholds(base.accept_probability, base.review_probability),
            short_forms=short_forms(),
            beside=tables,
        )
    frame = records.to_pandas()
    frame = frame.assign(identity=frame["nhs_number"].where(frame["is_verified"]), arrived_at=frame["ordinal"])
    found = persons(frame, scored.to_pandas())
    say(f"  {len(found.review):,} pairs for people to decide")
    return _pairs(found.of_records.rename(columns={"ordinal": "row"}), "person")


def as_records(patients: pd.DataFrame, *, is_blanked: bool) -> pa.Table:
    """Entries as linkage takes them (`libs.pathways.linkage_records`); their rows are their ordinals."""
    none = pd.Series([None] * len(patients), dtype=object)
    numbers = none if is_blanked else patients["nhs_number"]
    cells = {
        "nhs_number": numbers,
        "is_verified": numbers.notna() & (patients["nhs_number_status"] == "01"),
        "birth_date": pd.to_datetime(patients["born_on"]).dt.strftime("%Y%m%d"),
        "sex": patients["sex"].where(patients["sex"].isin(["1", "2"])),
        "postcode": patients["postcode"].where(~patients["postcode"].fillna("").str.startswith("ZZ99")),
    }
    frame = pd.DataFrame({name: cells.get(name, patients.get(name, none)) for name in COLUMNS})
    text = {name: pa.string() for name in COLUMNS} | {"is_verified": pa.bool_()}
    table = pa.Table.from_pandas(frame.where(frame.notna(), None), schema=pa.schema(text), preserve_index=False)
    whole = {
        "ordinal": np.arange(len(patients)),
        "source": pd.factorize(patients["trust"] + patients["system"])[0].astype(np.int64),
        "file_id": np.ones(len(patients), dtype=np.int64),
    }
    for name, values in whole.items():
        table = table.append_column(name, pa.array(values, pa.int64()))
    return table


def report(drawn: IndexEntries, found: Pairs) -> None:
    """Print precision and recall, in all and of the pairs of which a record shows a kind of fault."""
    patients = drawn.patients.assign(row=np.arange(len(drawn.patients)))
    truth = _pairs(patients, "person_id")
    _line("all", found, truth)
    rows = patients.set_index(["trust", "person_id"])["row"]
    standing = drawn.faults[drawn.faults["until_at"].isna()]
    for kind, of_kind in standing.groupby("fault", observed=True):
        keys = pd.MultiIndex.from_frame(of_kind[["trust", "person_id"]].drop_duplicates())
        of = set(rows.reindex(keys).dropna().astype(int))
        _line(str(kind), *({pair for pair in pairs if of & set(pair)} for pairs in (found, truth)))


def _pairs(rows: pd.DataFrame, person: str) -> Pairs:
    several = rows[rows.groupby(person)["row"].transform("size") > 1]
    both = several.merge(several, on=person)
    both = both[both["row_x"] < both["row_y"]]
    return set(zip(both["row_x"].tolist(), both["row_y"].tolist(), strict=True))


def _line(kind: str, found: Pairs, truth: Pairs) -> None:
    right = len(found & truth)
    precision = f"{right / len(found):.4f}" if found else "-"
    recall = f"{right / len(truth):.4f}" if truth else "-"
    say(f"  {kind:28} true {len(truth):6,}  found {len(found):6,}  precision {precision:>6}  recall {recall:>6}")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
