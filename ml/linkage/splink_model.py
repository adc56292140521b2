"""The model in Splink's own terms."""

from collections.abc import Callable
from typing import Any

import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import Linker, SettingsCreator

from ml.linkage.backend import Backend
from ml.linkage.comparisons import COMPARISONS, FREQUENCIES_OF, Comparison, Level
from ml.linkage.weights import DIFFERS, LevelWeight, Weights

LEVEL = "level_"  # before a comparison's name: the number of the level at which a pair stands
# What is known of a record besides its fields, and is wanted of both sides of a pair.
RETAINED = ("source", "number", "verified_number", "birth", "given", "first_given", "given_roots", "forenames")
LEAST_FREQUENCY = 1e-7  # a rarer value counts as one of this


def linker(backend: Backend, table: str, weights: Weights, *, frequencies: bool) -> Linker:
    """A linker of the comparable records in a table; with the tables of frequencies where these are there already."""
    made = Linker(backend.splink_frame(table), _settings(backend, weights), log_level="ERROR", validate_settings=False)
    if frequencies:
        for column in FREQUENCIES_OF:
            made.table_management.register_term_frequency_lookup(backend.splink_frame(frequency_table(column)), column)
    return made


def predicted_pairs(backend: Backend, records: str, pairs: str, weights: Weights, *, least_weight: float) -> str:
    """The name of a table of the pairs (`left`, `right`: ordinals) whose weight is not less, with weight and levels."""
    linking = linker(backend, records, weights, frequencies=True)
    backend.make(
        "blocked_pairs", f'select \'0\' as match_key, "left" as join_key_l, "right" as join_key_r from {pairs}'
    )
    linking.table_management.register_blocked_pairs_for_predict(backend.splink_frame("blocked_pairs"))
    return str(linking.inference.predict(threshold_match_weight=least_weight, warning_mode="never").physical_name)


def frequency_table(column: str) -> str:
    """The name of the table that holds how frequent each value of a comparable column is."""
    return f"frequency_of_{column}"


def is_at(comparison: Comparison, *names: str) -> str:
    """The SQL condition that a predicted pair stands at one of these levels of a comparison."""
    numbers = ", ".join(str(comparison.level_names().index(name)) for name in names)
    return f"{LEVEL}{comparison.name} in ({numbers})"


def _settings(backend: Backend, weights: Weights) -> SettingsCreator:
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[_comparison(each, weights, backend.splink_condition) for each in COMPARISONS],
        probability_two_random_records_match=weights.match_probability,
        unique_id_column_name="ordinal",
        retain_matching_columns=True,
        additional_columns_to_retain=list(RETAINED),
        comparison_vector_value_column_prefix=LEVEL,
    )


def _comparison(comparison: Comparison, weights: Weights, spoken: Callable[[str], str]) -> Any:
    of_levels = weights.levels[comparison.name]
    levels: list[Any] = [cll.CustomLevel(spoken(comparison.is_null), "not recorded").configure(is_null_level=True)]
    levels += [_level(level, spoken(level.condition), of_levels[level.name]) for level in comparison.levels]
    differs = of_levels[DIFFERS]
    levels.append(cll.ElseLevel().configure(m_probability=differs.m, u_probability=differs.u))
    return cl.CustomComparison(levels, output_column_name=comparison.name)


def _level(level: Level, condition: str, weight: LevelWeight) -> Any:
    made = cll.CustomLevel(condition, level.name).configure(m_probability=weight.m, u_probability=weight.u)
    if level.frequency_of:
        made = made.configure(
            tf_adjustment_column=level.frequency_of,
            tf_minimum_u_value=LEAST_FREQUENCY,
            disable_tf_exact_match_detection=True,
        )
    return made
