"""Counts of a suite of expectations on a Parquet file, by Great Expectations."""

import json
import sys
import warnings

warnings.filterwarnings("ignore")
import great_expectations as gx
import pandas as pd

context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}
frame = pd.read_parquet(sys.argv[1])
asset = context.data_sources.add_pandas("p").add_dataframe_asset("a")
batch = asset.add_batch_definition_whole_dataframe("b").get_batch({"dataframe": frame})
spec = json.load(sys.stdin)
# The same expectation twice is one to Great Expectations.
suite = gx.ExpectationSuite(name=spec["name"], expectations=spec["expectations"])
found = batch.validate(suite, result_format="SUMMARY")


def about(result):
    kwargs = result.expectation_config.kwargs
    return [
        result.expectation_config.type,
        kwargs.get("column"),
        kwargs.get("mostly", 1),
        bool(result.success),
        result.result.get("unexpected_count"),
    ]


print(json.dumps([about(result) for result in found.results]))
