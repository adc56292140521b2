"""Pairs of records: how likely each is one person, and what is done with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log2

import numpy as np
import pandas as pd
import pyarrow as pa

from ml.linkage import blocking, households
from ml.linkage.backend import Backend
from ml.linkage.clusters import Integers
from ml.linkage.comparisons import ADDRESS, BIRTH, COMPARISONS, LOCAL_ID, NAMES, NHS_NUMBER, POSTCODE, SEX, on_sides
from ml.linkage.model import Model
from ml.linkage.promising import is_promising
from ml.linkage.records import PLACEHOLDERS, SHORT_FORMS, comparable, placeholder_values, worded
from ml.linkage.splink_model import LEVEL, is_at, predicted_pairs

RECORDS, KEYS, CROWDED, PAIRS = "comparable_records", "record_keys", "crowded_keys", "pairs"
_WORDED, _PROMISING = "worded_records", "promising_pairs"
BY_NUMBER, BY_DETAILS, BY_MODEL = "nhs_number", "same_details", "model"
_LEAST_WEIGHT = -10  # a pair below is two people, whatever a rule may say
# A pair by a verified number or by all details is as certain as it gets, whatever the model makes of what else differs.
_CERTAIN = 0.9999
_HAS_NO_NAMES, _HAS_NO_BIRTH = (f"{LEVEL}{each.name} = -1" for each in (NAMES, BIRTH))
_IS_IDENTIFIED = f"({is_at(NHS_NUMBER, 'same')} or {is_at(LOCAL_ID, 'same')})"
# Two given names under one number in one register: one of twins bears the other's number there.
_MAY_BE_TWINS = "(source_l = source_r and given_contradicts)"
# One number, and nothing else that agrees, is a slip of a pen.
_BY_NUMBER = (
    f"has_one_number and not birth_contradicts and not (given_contradicts and {is_at(SEX, 'differs')})"
    f" and not {_MAY_BE_TWINS} and not ({is_at(NAMES, 'differs')} and not {is_at(BIRTH, 'same')})"
    f" and not (given_contradicts and {_HAS_NO_BIRTH})"
)
_BY_DETAILS = (
    f"not has_two_numbers and {is_at(NAMES, 'same')} and {is_at(BIRTH, 'same')} and {is_at(POSTCODE, 'same')}"
    f" and not {is_at(SEX, 'differs')} and not {is_at(NHS_NUMBER, 'differs')} and not {is_at(LOCAL_ID, 'differs')}"
)
# A father and a son, or spouses, of whom one record tells no birth date.
_HAS_ONE_BIRTH = "((birth_l is null) <> (birth_r is null))"
_HAS_NO_GIVEN = "(given_l is null or given_r is null)"
_MAY_BE_ANY_RELATIVE = (
    f"(({_HAS_ONE_BIRTH} or ({_HAS_NO_BIRTH} and {_HAS_NO_GIVEN}) or {_HAS_NO_NAMES}) and not {_IS_IDENTIFIED})"
)
_IS_OF_RELATIVES = (
    f"(birth_contradicts or {_MAY_BE_TWINS} or (given_contradicts and not"
    f" ({is_at(NHS_NUMBER, 'same')} and not {is_at(SEX, 'differs')})) or {_MAY_BE_ANY_RELATIVE})"
)
# Two numbers that can exist, of which one was never traced; or a birth date and a place that some share by chance.
_IS_DOUBTFUL = (
    f"(number_l <> number_r or ({_HAS_NO_NAMES} and not {_IS_IDENTIFIED}"
    f" and not {is_at(ADDRESS, 'same', 'close', 'like')}))"
)


@dataclass(frozen=True)
class Thresholds:
    """From which probability a pair is accepted, and from which people look at it."""

    accept: float
    review: float


def prepare(
    backend: Backend, records: str, short_forms: pa.Table, placeholders: Mapping[str, pa.Table] | None = None
) -> None:
    """Make the comparable records and their keys of a table with `ordinal`, `source` and `records.COLUMNS`.

    Which telephones and ids are placeholders is found among these records, unless `placeholders` tells it by table.
    """
    make_comparable(backend, records, short_forms, placeholders)
    blocking.make_keys(backend, RECORDS, KEYS)


def make_comparable(
    backend: Backend, records: str, short_forms: pa.Table, placeholders: Mapping[str, pa.Table] | None = None
) -> None:
    """Make the comparable records alone, as `prepare` does."""
    backend.register(SHORT_FORMS, short_forms)
    backend.make(_WORDED, worded(records))
    for column, table in PLACEHOLDERS.items():
        if placeholders is None:
            backend.make(table, placeholder_values(_WORDED, column))
        else:
            backend.register(table, placeholders[table])
    backend.make(RECORDS, comparable(_WORDED))


def make_pairs(backend: Backend) -> None:
    """Make the pairs of prepared records that share a key which is not crowded."""
    backend.make(PAIRS, blocking.pairs(KEYS, CROWDED))


def verified_numbers(backend: Backend) -> Integers:
    """A code for each record's verified number, -1 where it has none, in the order of the ordinals."""
    numbers = backend.fetch(f"select verified_number from {RECORDS} order by ordinal").column(0)
    return np.asarray(pd.factorize(numbers.to_pandas())[0], dtype=np.int64)


def scored_pairs(backend: Backend, model: Model, thresholds: Thresholds) -> pa.Table:
    """Of the pairs that stand those that matter, one row each: `left` and `right` (ordinals), `match_weight`,
    `probability`, `rule` and the number of each comparison's level; whether it `is_accepted`, and whether it
    `is_apart`: never of one person, however they may hang together.
    """
    backend.make(_PROMISING, _promising(model, thresholds))
    predicted = predicted_pairs(backend, RECORDS, _PROMISING, model.weights, least_weight=_LEAST_WEIGHT)
    is_held = f"({_IS_OF_RELATIVES} or {_IS_DOUBTFUL})" if model.holds_families else _IS_DOUBTFUL
    levels = ", ".join(f"{LEVEL}{each.name} as {each.name}" for each in COMPARISONS)
    return backend.fetch(f"""
        with judged as (
            select *, {households.GIVEN_CONTRADICTS} as given_contradicts,
                {households.BIRTH_CONTRADICTS} as birth_contradicts,
                coalesce(verified_number_l = verified_number_r, false) as has_one_number,
                coalesce(verified_number_l <> verified_number_r, false) as has_two_numbers
            from {predicted}
        ),
        ruled as (
            select *, case when {_BY_NUMBER} then '{BY_NUMBER}' when {_BY_DETAILS} then '{BY_DETAILS}'
                else '{BY_MODEL}' end as rule
            from judged
        ),
        weighed as (
            select *, rule = '{BY_MODEL}' and coalesce({is_held}, false) as is_held,
                has_one_number and rule <> '{BY_NUMBER}' as is_misnumbered,
                case when rule = '{BY_MODEL}' then match_probability
                else greatest(match_probability, {_CERTAIN}) end as probability
            from ruled
        )
        select ordinal_l as left, ordinal_r as right, match_weight, probability, rule,
            not has_two_numbers and not is_held and not is_misnumbered and probability >= {thresholds.accept}
                as is_accepted,
            has_two_numbers or is_held or is_misnumbered as is_apart,
            has_two_numbers, given_contradicts, birth_contradicts,
            coalesce(number_l <> number_r, false) as numbers_differ, {levels}
        from weighed where probability >= {thresholds.review} or is_misnumbered
        union all by name {_unlike_of_one_number(predicted)}
    """)


def _promising(model: Model, thresholds: Thresholds) -> str:
    """The SQL of the pairs that may weigh enough to matter, or that a rule takes up however little they weigh."""
    weight = log2(thresholds.review / (1 - thresholds.review))
    return f"""
        select p."left", p."right"
        from {PAIRS} p join {RECORDS} l on l.ordinal = p."left" join {RECORDS} r on r.ordinal = p."right"
        where {on_sides(is_promising(model.weights, least_weight=weight))} or l.verified_number = r.verified_number
            or (l.family = r.family and l.given = r.given and l.birth = r.birth and l.place = r.place)
    """


def _unlike_of_one_number(predicted: str) -> str:
    """The SQL of pairs of one verified number that are so unlike that the model passed them over: two people."""
    levels = ", ".join(f"{0 if each is not NHS_NUMBER else 2} as {each.name}" for each in COMPARISONS)
    return f"""
        select p."left", p."right", {_LEAST_WEIGHT}.0::double as match_weight, 0.0::double as probability,
            '{BY_MODEL}' as rule, false as is_accepted, true as is_apart, false as has_two_numbers,
            true as given_contradicts, true as birth_contradicts, false as numbers_differ, {levels}
        from {_PROMISING} p join {RECORDS} l on l.ordinal = p."left" join {RECORDS} r on r.ordinal = p."right"
        where l.verified_number = r.verified_number
            and (p."left", p."right") not in (select (ordinal_l, ordinal_r) from {predicted})
    """
