"""One hour's pairs and persons: what changed, what hangs together with it, and what becomes of both."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.linkage.clusters import Pairs, hanging_groups
from ml.linkage.decisions import with_decisions
from ml.linkage.persons import MERGED, events, persons
from ml.linkage.ranked import BY_DECISION

Ordinals = npt.NDArray[np.int64]
_REASONS = {
    1: "the same verified NHS number",
    2: "the same details",
    3: "the model",
    4: "a decision of people",
}
_OTHER_RECORDS = "the records are others than before"


@dataclass(frozen=True)
class Concerned:
    """`pairs`: all that stand now among `ordinals`, the records that hang together with what changed; `gone`: the pairs
    (`left`, `right`) that stood before and do not stand now; `is_news`: of each new pair whether it did not stand just
    so before.
    """

    pairs: pd.DataFrame
    ordinals: Ordinals
    gone: pd.DataFrame
    is_news: npt.NDArray[np.bool_]


def concerned(
    standing: pd.DataFrame, new: pd.DataFrame, changed: Ordinals, decisions: pd.DataFrame, *, unfinished: Ordinals
) -> Concerned:
    """What is to be looked at again when these records changed and have these new pairs.

    The pairs that stood of a changed record are replaced by the new ones. Whatever hangs together with such a pair, or
    with a decision of people, is looked at again, and so are the `unfinished`, whose persons a run wrote that was
    killed; nothing else can have become another person.
    """
    is_of_changed = standing["left"].isin(changed) | standing["right"].isin(changed)
    replaced = standing[is_of_changed]
    ends = ["left", "right"]
    is_gone = ~pd.MultiIndex.from_frame(replaced[ends]).isin(pd.MultiIndex.from_frame(new[ends]))
    # Without what stood alone an empty frame keeps its columns' types: pandas can't tell them of nothing.
    parts = [part for part in (standing[~is_of_changed], new) if len(part)]
    now = with_decisions(pd.concat(parts, ignore_index=True) if parts else new, decisions)
    touched = [replaced[end] for end in ends] + [decisions[end] for end in ends]
    start = np.unique(np.concatenate([changed, unfinished, *(part.to_numpy(np.int64) for part in touched)]))
    ordinals = _hanging_with(start, now)
    of_these = now[now["left"].isin(ordinals)].reset_index(drop=True)
    return Concerned(of_these, ordinals, replaced.loc[is_gone, ends], _is_news(replaced, new))


def _is_news(standing: pd.DataFrame, new: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Of each new pair whether it did not stand just so."""
    if standing.empty or new.empty:
        return np.ones(len(new), dtype=bool)
    is_again = pd.concat([standing, new], ignore_index=True).duplicated()
    return ~is_again.to_numpy()[len(standing) :]


def _hanging_with(start: Ordinals, pairs: pd.DataFrame) -> Ordinals:
    """The records that hang together with these by pairs of any kind, these among them."""
    left, right = (pairs[end].to_numpy(np.int64) for end in ("left", "right"))
    paired = np.unique(np.concatenate([left, right]))
    group = hanging_groups(len(paired), Pairs(np.searchsorted(paired, left), np.searchsorted(paired, right)))
    reached = paired[np.isin(group, group[np.isin(paired, start)])]
    return np.union1d(start, reached)


@dataclass(frozen=True)
class Became:
    """`links`: the records (`ordinal`) whose `person`, `tier` or `probability` is another than before or that are new;
    `events`: persons that were merged or split, with a `reason`; `review`: pairs for people to decide;
    `unkept_decisions`: how many decisions contradict a verified number, or one another.
    """

    links: pd.DataFrame
    events: pd.DataFrame
    review: pd.DataFrame
    unkept_decisions: int


def became(records: pd.DataFrame, pairs: pd.DataFrame, before: pd.DataFrame, *, is_of_another_model: bool) -> Became:
    """What becomes of the records that are looked at again (`persons.persons`), who were `before` these persons.

    `before` has `ordinal`, `person`, `tier` and `probability`, of those records that were known.
    """
    now = persons(records, pairs)
    both = now.of_records.merge(before, on="ordinal", how="left", suffixes=("", "_before"))
    columns = ["person", "tier", "probability"]
    is_same = np.logical_and.reduce([both[name].eq(both[f"{name}_before"]) for name in columns])
    told = events(before[["ordinal", "person"]], now.of_records[["ordinal", "person"]])
    links = now.of_records[~is_same].reset_index(drop=True)
    parted = pairs[pairs["is_apart"] & (pairs["rule"] == BY_DECISION)]
    reasons = _reasons(told, now.of_records.set_index("ordinal"), parted, is_of_another_model=is_of_another_model)
    return Became(links, told.assign(reason=reasons), now.review, now.unkept_decisions)


def _reasons(
    told: pd.DataFrame, now: pd.DataFrame, parted: pd.DataFrame, *, is_of_another_model: bool
) -> npt.NDArray[np.object_]:
    """A merge for what holds the record after which the person was named that is no more; a split for what changed."""
    joined_by = told["other_person"].map(now["tier"]).map(_REASONS).fillna(_OTHER_RECORDS)
    decided = {
        frozenset(ends) for ends in zip(*(parted[end].map(now["person"]) for end in ("left", "right")), strict=True)
    }
    is_decided = [frozenset(ends) in decided for ends in zip(told["person"], told["other_person"], strict=True)]
    parted_by = np.where(is_decided, _REASONS[4], "another model" if is_of_another_model else _OTHER_RECORDS)
    return np.where(told["kind"] == MERGED, joined_by, parted_by)
