"""Fits a linkage model to records, and makes the tables that are used beside it."""

from ml.linkage import blocking, households
from ml.linkage.backend import Backend
from ml.linkage.frequencies import count_frequencies, fill_frequencies
from ml.linkage.model import Model
from ml.linkage.scoring import CROWDED, KEYS, RECORDS
from ml.linkage.splink_model import linker
from ml.linkage.training import FEWEST_RECORDS, learnt
from ml.linkage.weights import first_weights

# Some pairs that are surely true, counted to guess how many there are: these rules find about this share of them.
_SURE = (
    "full_name || '|' || birth", "full_name || '|' || place", "full_name || '|' || address", "verified_number", "local",
)  # fmt: skip
_FOUND_BY_SURE = 0.6
# Where nothing is sure, still one record in a hundred may have a second; more than this no model should start from.
_LEAST_SHARE, _MOST_PROBABLE = 0.01, 0.05


def fit(backend: Backend) -> Model:
    """Learn from the prepared records; make the tables of their names' frequencies and of their crowded keys."""
    count = _value(backend, f"select count(*) as value from {RECORDS}")
    count_frequencies(backend, RECORDS, record_count=int(count))
    fill_frequencies(backend, RECORDS)
    blocking.make_crowded(backend, KEYS, CROWDED)
    weights = first_weights(_match_probability(backend, int(count)))
    if count < FEWEST_RECORDS:
        return Model(weights, holds_families=True, is_learnt=False)
    weights = learnt(
        lambda these: linker(backend, RECORDS, these, frequencies=False),
        weights,
        record_count=int(count),
        filled=_filled(backend),
    )
    return Model(weights, households.are_there(backend, RECORDS), is_learnt=True)


def _match_probability(backend: Backend, count: int) -> float:
    """How likely two records taken at random are of one person."""
    if count < 2:
        return _MOST_PROBABLE
    sure = max(
        _value(
            backend,
            f"select coalesce(sum(n * (n - 1) / 2), 0) as value from "
            f"(select count(*) as n from {RECORDS} where {key} is not null group by {key})",
        )
        for key in _SURE
    )
    expected = sure / _FOUND_BY_SURE + _LEAST_SHARE * count
    return float(min(expected / (count * (count - 1) / 2), _MOST_PROBABLE))


def _filled(backend: Backend) -> dict[str, float]:
    """The share of records that have each field from which a pass of training starts."""
    columns = {"birth_date": "birth", "postcode": "place", "names": "full_name", "local_id": "local"}
    shares = ", ".join(f"avg(({column} is not null)::int) as {name}" for name, column in columns.items())
    return {
        name: value or 0.0 for name, value in backend.fetch(f"select {shares} from {RECORDS}").to_pylist()[0].items()
    }


def _value(backend: Backend, sql: str) -> float:
    return float(backend.fetch(sql).column("value")[0].as_py())
