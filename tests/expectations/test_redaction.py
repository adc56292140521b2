"""Redaction keeps counts and nothing else, however much a result holds."""

import great_expectations as gx
import pandas as pd
from great_expectations import expectations as gxe
from great_expectations.core import ExpectationSuite, ExpectationSuiteValidationResult

from expectations.redaction import without_values

SECRET = "9434765919"


def full_result() -> ExpectationSuiteValidationResult:
    """What Great Expectations says when it is asked for everything."""
    context = gx.get_context(mode="ephemeral")
    frame = pd.DataFrame({"number": ["a", SECRET, SECRET]})
    asset = context.data_sources.add_pandas("full").add_dataframe_asset("full")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch(batch_parameters={"dataframe": frame})
    expected = [
        gxe.ExpectColumnValuesToBeInSet(column="number", value_set=["a"]),
        gxe.ExpectColumnValuesToBeUnique(column="number"),
    ]
    suite = context.suites.add(ExpectationSuite(name="full", expectations=expected))
    return batch.validate(suite, result_format="COMPLETE")


def test_counts_stay_and_values_go() -> None:
    full = full_result()
    assert SECRET in str(full.to_json_dict())
    kept = without_values(full)
    assert SECRET not in str(kept.to_json_dict())
    assert [result.result["unexpected_count"] for result in kept.results] == [2, 2]
    assert [result.success for result in kept.results] == [False, False]
    assert kept.statistics == full.statistics


def test_the_fingerprint_of_the_data_goes() -> None:
    full = full_result()
    assert "fingerprint" in str(full.to_json_dict())
    assert "fingerprint" not in str(without_values(full).to_json_dict())
