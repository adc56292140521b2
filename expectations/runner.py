"""Runs suites on frames with Great Expectations, in memory: rows of counts come back, and pages go into a folder."""

import logging
import shutil
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import great_expectations as gx
import pandas as pd
from great_expectations.core import ExpectationSuiteValidationResult, RunIdentifier
from great_expectations.data_context import EphemeralDataContext
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.data_context.types.resource_identifiers import (
    ExpectationSuiteIdentifier,
    ValidationResultIdentifier,
)
from pyspark.sql import DataFrame

from expectations import EVERY_SOURCE
from expectations.pages import close_pages, write_index
from expectations.redaction import without_values
from expectations.suite import Suite

# Great Expectations' own default keeps failing values in its results (platform notes 4.3).
RESULT_FORMAT = {"result_format": "SUMMARY", "partial_unexpected_count": 0}
_SITE = "data_docs"


@dataclass(frozen=True)
class Finding:
    """What one expectation found in one table: counts, never values.

    `source` is the trust whose rows were looked at, or `all`; `quarantined` counts the rows that were refused for it.
    """

    table_name: str
    rule_code: str
    severity: str
    checked: int
    failed: int
    status: str
    sentence: str
    source: str = EVERY_SOURCE
    quarantined: int = 0

    @property
    def is_failed(self) -> bool:
        """Whether the expectation is not met; a share may tolerate rows that fail."""
        return self.status == "failed"


def run_suites(
    checks: Iterable[tuple[Suite, pd.DataFrame | DataFrame]],
    *,
    run_id: str,
    run_time: datetime,
    docs: Path | None = None,
) -> list[Finding]:
    """Validate each suite's measures (pandas or Spark) and build the pages of this run into the folder `docs`.

    The folder is made anew. Raises Terminal where an expectation can't be computed.
    """
    context = _context(docs)
    findings: list[tuple[str, Finding]] = []
    for suite, measures in checks:
        found = without_values(_validate(context, suite, measures))
        _keep(context, found, RunIdentifier(run_name=run_id, run_time=run_time))
        findings.extend((suite.name, finding) for finding in _findings(suite, found))
    if docs is not None:
        shutil.rmtree(docs, ignore_errors=True)
        context.build_data_docs(site_names=[_SITE])
        close_pages(docs)
        write_index(docs, findings, run_id=run_id)
    return [finding for _, finding in findings]


def _context(docs: Path | None) -> EphemeralDataContext:
    """A context in memory: no folder of its own, no word to anyone, whatever the environment says."""
    # It logs the text of a failed computation, cell values included.
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    configuration = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        data_docs_sites={_SITE: _site(docs)} if docs is not None else {},
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False),
    )
    return gx.get_context(mode="ephemeral", project_config=configuration)


def _site(docs: Path) -> dict[str, Any]:
    return {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(docs.absolute())},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        "site_section_builders": {"profiling": "None"},
    }


def _validate(
    context: EphemeralDataContext, suite: Suite, measures: pd.DataFrame | DataFrame
) -> ExpectationSuiteValidationResult:
    name = suite.name
    # persist=False: a serverless cluster refuses to cache (platform notes 4.3).
    source = (
        context.data_sources.add_pandas(name)
        if isinstance(measures, pd.DataFrame)
        else context.data_sources.add_spark(name, persist=False)
    )
    batch = (
        source.add_dataframe_asset(name)
        .add_batch_definition_whole_dataframe("changed rows")
        .get_batch(batch_parameters={"dataframe": measures})
    )
    # Copies: adding a suite to a context marks its expectations as that suite's own.
    expected = context.suites.add(gx.ExpectationSuite(name=name, expectations=[*map(copy, suite.expectations)]))
    return batch.validate(expected, result_format=RESULT_FORMAT)


def _keep(context: EphemeralDataContext, found: ExpectationSuiteValidationResult, run: RunIdentifier) -> None:
    """Hand a redacted result to the store that the pages are built from."""
    suite = ExpectationSuiteIdentifier(name=found.suite_name)
    found.meta["run_id"] = run
    found.meta["validation_time"] = run.run_time
    identifier = ValidationResultIdentifier(
        batch_identifier=found.batch_id, expectation_suite_identifier=suite, run_id=run
    )
    context.validation_results_store.store_validation_results(found, identifier, suite)


def _findings(suite: Suite, found: ExpectationSuiteValidationResult) -> list[Finding]:
    findings = []
    for result in found.results:
        expected = result.expectation_config
        counts = result.result
        findings.append(
            Finding(
                table_name=suite.table_name,
                rule_code=expected.meta["rule_code"],
                severity=str(expected.severity.value),
                checked=int(counts["element_count"]) - int(counts.get("missing_count") or 0),
                failed=int(counts["unexpected_count"]),
                status="passed" if result.success else "failed",
                sentence=expected.description,
            )
        )
    return findings
