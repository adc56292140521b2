"""Nothing but counts: whatever a cell held is taken out of a result before anyone keeps it."""

from numbers import Real

from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult

from libs.errors import Terminal

# A result may hold these fields and no others: what is not listed can't leak through a page or a table.
COUNTS = frozenset(
    {
        "element_count", "unexpected_count", "unexpected_percent", "missing_count", "missing_percent",
        "unexpected_percent_total", "unexpected_percent_nonmissing",
    }
)  # fmt: skip


def without_values(found: ExpectationSuiteValidationResult) -> ExpectationSuiteValidationResult:
    """The same result with its counts alone: no unexpected or observed value, no fingerprint of the data.

    Raises Terminal for an expectation that could not be computed: its exception's text would hold values.
    """
    return ExpectationSuiteValidationResult(
        success=bool(found.success),
        results=[_without_values(result, found.suite_name) for result in found.results],
        suite_name=found.suite_name,
        statistics=found.statistics,
        batch_id=found.batch_id,
        meta={"great_expectations_version": found.meta["great_expectations_version"]},
    )


def _without_values(result: ExpectationValidationResult, suite_name: str) -> ExpectationValidationResult:
    if set(result.result) >= {"element_count", "unexpected_count"}:
        counts = {name: value for name, value in result.result.items() if name in COUNTS and _is_count(value)}
        return ExpectationValidationResult(
            success=result.success, expectation_config=result.expectation_config, result=counts
        )
    configuration = result.expectation_config
    raise Terminal(
        "an expectation could not be computed",
        do="Compare the suite's columns with the table's.",
        table=suite_name,
        rule=str(configuration.meta["rule_code"]) if configuration and configuration.meta else "",
    )


def _is_count(value: object) -> bool:
    return value is None or isinstance(value, Real)
