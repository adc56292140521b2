"""What the hour links by: the champion of the linkage models, and what stands beside it in the lake."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from jobs.linkage_terms import has_terms, read_terms
from jobs.short_names import short_forms
from libs import log
from libs.lakehouse.tables import Lake
from libs.settings import Settings
from ml.linkage import blocking, records, registry
from ml.linkage.comparisons import COMPARISONS
from ml.linkage.model import Model
from ml.linkage.scoring import Thresholds
from ml.store import model_store


@dataclass(frozen=True)
class Basis:
    """A model with its version, the tables beside it (`ml.linkage.beside`), short forms of names and the thresholds."""

    model: Model
    version: int
    beside: Mapping[str, pa.Table]
    short_forms: pa.Table
    thresholds: Thresholds

    @property
    def name(self) -> str:
        """What keys and pairs are made by: anything else makes others. DuckDB's hash may change with its version."""
        learnt = (self.model.to_json(), self.thresholds, self.short_forms.to_pylist())
        written = (records.worded("records"), records.comparable("worded"), blocking.KEYS, COMPARISONS)
        made_of = hashlib.sha256(repr((learnt, written)).encode()).hexdigest()[:12]
        return f"linkage {self.version} ({made_of}), DuckDB {duckdb.__version__}"


def linkage_basis(lake: Lake, settings: Settings) -> Basis | None:
    """The champion and what it needs; None where no version is champion, or nothing stands beside it in this lake."""
    registered = registry.champion(model_store(settings.paths.root))
    if registered is None:
        return None
    if not has_terms(lake, version=registered.version):
        reason = "the lake was built anew: run `cancollaborate train --model linkage`"
        log.event("not_linked_by_model", level="WARNING", step="link", kind=registry.NAME, reason=reason)
        return None
    return Basis(
        registered.model,
        registered.version,
        read_terms(lake, version=registered.version),
        short_forms(),
        Thresholds(settings.linkage.accept_probability, settings.linkage.review_probability),
    )
