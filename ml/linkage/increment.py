"""What changed is compared with what is known: only the changed get keys anew, only who shares one is looked at."""

from collections.abc import Mapping

import pyarrow as pa

from ml.linkage.backend import Backend
from ml.linkage.beside import used
from ml.linkage.blocking import open_keys
from ml.linkage.model import Model
from ml.linkage.scoring import CROWDED, KEYS, PAIRS, Thresholds, make_comparable, make_pairs, prepare, scored_pairs

_CHANGED = "changed_records"


def changed_keys(
    backend: Backend, changed: pa.Table, short_forms: pa.Table, beside: Mapping[str, pa.Table]
) -> pa.Table:
    """The keys of the changed records (`ordinal`, `file_id`, `source` and `records.COLUMNS`): `ordinal`, `keys` (a list
    in the order of `blocking.KEYS`) and `file_id`.

    The engine keeps the records for `compared` and `changed_open_keys`.
    """
    backend.register(_CHANGED, changed)
    prepare(backend, _CHANGED, short_forms, beside)
    backend.register(CROWDED, beside[CROWDED])
    make_pairs(backend)
    return backend.fetch(
        f"select k.ordinal, k.keys, c.file_id from {KEYS} k join {_CHANGED} c on k.ordinal = c.ordinal"
    )


def changed_open_keys(backend: Backend) -> pa.Table:
    """The keys of the changed records by which others are sought: `ordinal` and `key`, each once. Crowded ones, by what
    stands beside the model, are left out.
    """
    return backend.fetch(f"select distinct * from ({open_keys(KEYS, CROWDED)}) each")


def compared(  # noqa: PLR0913 - the model, what stands beside it, and the two tables that are met
    backend: Backend,
    known: pa.Table,
    sharing: pa.Table,
    model: Model,
    thresholds: Thresholds,
    *,
    short_forms: pa.Table,
    beside: Mapping[str, pa.Table],
) -> pa.Table:
    """The scored pairs (`scored_pairs`) of the changed records among themselves and with those that are known.

    `known` are records as the changed ones, each with the `file_id` that told of it last; `sharing` are pairs that
    share a key: `ordinal` of a changed one, `known` and the `file_id` of which the known one had the key. A key that it
    has no more brings no pair.
    """
    if len(known):
        backend.register("known_records", known)
        backend.register("sharing", sharing)
        backend.make("records_at_hand", f"select * from {_CHANGED} union all by name select * from known_records")
        make_comparable(backend, "records_at_hand", short_forms, beside)
        backend.make(
            PAIRS,
            f'select "left", "right" from {PAIRS} union select least(s.ordinal, s.known), greatest(s.ordinal, s.known)'
            " from sharing s join known_records k on k.ordinal = s.known and k.file_id = s.file_id",
        )
    used(backend, beside)
    return scored_pairs(backend, model, thresholds)
