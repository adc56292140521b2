"""Persons out of pairs of records: who is one, by which tier, and what that changes for who was one before."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ml.linkage.clusters import Pairs, clusters, hanging_pairs, pair_set
from ml.linkage.ranked import BY_DECISION, as_pairs, best_first, strength
from ml.linkage.review import to_decide, unsettled

_ALONE = 0
MERGED, PARTED = "merge", "split"


@dataclass(frozen=True)
class Persons:
    """`of_records`: one row a record, `ordinal`, `person` (the ordinal of its record that came first), `tier` and
    `probability`. `review`: the pairs for people to decide (`review.to_decide`), by their ordinals; what they decided
    is not asked again. `unkept_decisions`: how many contradict a verified number, or one another.
    """

    of_records: pd.DataFrame
    review: pd.DataFrame
    unkept_decisions: int


def persons(records: pd.DataFrame, pairs: pd.DataFrame) -> Persons:
    """Who is one person among records.

    `records` have `ordinal`, `arrived_at`, `source` (a register, of which two records are two people unless they say
    otherwise themselves), `identity` (a verified number, or null) and perhaps `birth_date` (eight digits); `pairs` are
    all that matter (`scored_pairs`, with what people decided) by their ordinals. Neither the order of rows nor the
    batches in which they came change anything: the first record names the person, so a later one never renames it. A
    record's tier is that of its best pair, its probability too.
    """
    # Most records have nobody beside them: they are persons of their own without further ado.
    every = records.sort_values(["arrived_at", "ordinal"])
    is_paired = every["ordinal"].isin(pairs["left"]) | every["ordinal"].isin(pairs["right"])
    alone = every.loc[~is_paired, ["ordinal"]]
    alone = alone.assign(person=alone["ordinal"], tier=_ALONE, probability=1.0)
    known = every[is_paired].reset_index(drop=True)
    place = pd.Series(known.index, index=known["ordinal"])
    placed = pairs.assign(left=place.loc[pairs["left"]].to_numpy(), right=place.loc[pairs["right"]].to_numpy())
    placed = best_first(placed)
    accepted = placed[placed["is_accepted"]].reset_index(drop=True)
    made = clusters(
        len(known),
        as_pairs(accepted),
        strength(accepted),
        apart=_apart(known, placed, as_pairs(accepted)),
        identity=np.asarray(pd.factorize(known["identity"])[0], dtype=np.int64),
        source=np.asarray(pd.factorize(known["source"])[0], dtype=np.int64),
    )
    ordinal = known["ordinal"].to_numpy()
    broken, undecided = accepted.iloc[list(made.broken)], accepted.iloc[list(made.undecided)]
    asked = to_decide(
        *(of_kind[of_kind["rule"] != BY_DECISION] for of_kind in (unsettled(placed, made.person), broken, undecided))
    )
    asked = asked.assign(left=ordinal[asked["left"]], right=ordinal[asked["right"]])
    best = _best(accepted.drop([*made.broken, *made.undecided]), len(known))
    of_records = pd.DataFrame(
        {"ordinal": ordinal, "person": ordinal[made.person], "tier": best["tier"], "probability": best["probability"]}
    )
    of_records = pd.concat([of_records, alone], ignore_index=True) if len(of_records) else alone
    unkept = int((pd.concat([broken, undecided])["rule"] == BY_DECISION).sum())
    return Persons(of_records, asked, unkept)


def _apart(known: pd.DataFrame, pairs: pd.DataFrame, accepted: Pairs) -> Pairs:
    """The pairs that are never one person: those that say so, and of those that nobody compared, since they share no
    key, the ones that would hang together with two birth dates.
    """
    told = as_pairs(pairs[pairs["is_apart"]])
    if "birth_date" not in known:
        return told
    seen = pair_set(as_pairs(pairs))
    born = known["birth_date"].to_numpy()
    found = [pair for pair in hanging_pairs(len(known), accepted) if pair not in seen and _are_two(*born[list(pair)])]
    more = np.asarray(found, dtype=np.int64).reshape(-1, 2)
    return Pairs(np.concatenate([told.left, more[:, 0]]), np.concatenate([told.right, more[:, 1]]))


def _are_two(one: object, other: object) -> bool:
    """Whether two birth dates differ by more than a digit, or day and month that changed places."""
    if not (isinstance(one, str) and isinstance(other, str)) or len(one) != len(other):
        return False
    is_exchanged = one[:4] + one[6:] + one[4:6] == other
    return not is_exchanged and sum(a != b for a, b in zip(one, other, strict=True)) > 1


def _best(kept: pd.DataFrame, count: int) -> pd.DataFrame:
    """The `tier` and the `probability` of each place: those of its best pair."""
    ends = pd.concat([kept.assign(record=kept["left"]), kept.assign(record=kept["right"])])
    first = ends.sort_values(["rank", "probability"], ascending=[True, False]).drop_duplicates("record")
    best = first.set_index("record")[["tier", "probability"]].reindex(range(count))
    return pd.DataFrame(
        {
            "tier": best["tier"].astype(float).fillna(_ALONE).astype(int),
            "probability": best["probability"].astype(float).fillna(1.0),
        }
    )


def events(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """What became of persons: `kind`, `person` and `other_person`, one row for each that was merged or split off.

    Both frames have `ordinal` and `person`. Where all records of a person went to another one both were merged: it
    names the person that goes on and the one that is no more. Where they went several ways they were split: it names
    the person that loses records and the one to whom they belong now. Who is new makes no event.
    """
    ways = before.merge(after, on="ordinal", suffixes=("_before", "_after"))
    ways = ways[["person_before", "person_after"]].drop_duplicates()
    is_split = ways.duplicated("person_before", keep=False)
    is_moved = ways["person_before"] != ways["person_after"]
    merged = ways[is_moved & ~is_split].rename(columns={"person_after": "person", "person_before": "other_person"})
    parted = ways[is_moved & is_split].rename(columns={"person_before": "person", "person_after": "other_person"})
    told = pd.concat([merged.assign(kind=MERGED), parted.assign(kind=PARTED)])
    return told[["kind", "person", "other_person"]].sort_values(["kind", "person", "other_person"], ignore_index=True)
