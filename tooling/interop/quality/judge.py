"""Great Expectations as a judge: reads a JSON list of cases from stdin, writes a JSON list of verdicts after a line with a mark."""
import json
import logging
import math
import os
import sys
import warnings

os.environ["GX_ANALYTICS_ENABLED"] = "false"
logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")

import great_expectations as gx  # noqa: E402
import great_expectations.expectations as expectations  # noqa: E402
import pandas as pd  # noqa: E402

DTYPES = {"int64": "Int64", "double": "float64", "boolean": "boolean", "string": "object"}


def value_of(given):
    """JSON has no NaN, no instants and no long integers: these come with their kind."""
    if isinstance(given, list):
        return [value_of(each) for each in given]
    if not isinstance(given, dict):
        return given
    if "$" not in given:
        return {key: value_of(value) for key, value in given.items()}
    kind, text = given["$"]
    return {"double": float, "int64": int, "timestamp": pd.Timestamp}[kind](text)


def frame_of(columns, rows):
    frame = {}
    for at, (name, kind) in enumerate(columns.items()):
        values = [value_of(row[at]) for row in rows]
        if kind == "timestamp":
            frame[name] = pd.to_datetime(pd.Series(values, dtype="object"), utc=True)
        else:
            frame[name] = pd.Series(values, dtype=DTYPES[kind])
    return pd.DataFrame(frame)


def plain(value):
    if isinstance(value, dict):
        return [plain(each) for each in value.get("values", [])]
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)
    return number if math.isfinite(number) else str(number)


def judged(batch_definition, case):
    frame = frame_of(case["columns"], case["rows"])
    kind, options = case["expectation"]
    expectation = getattr(expectations, kind)(**{key: value_of(value) for key, value in options.items()})
    batch = batch_definition.get_batch(batch_parameters={"dataframe": frame})
    result = batch.validate(expectation, result_format="SUMMARY")
    raised = [each.get("exception_message") for each in exceptions_of(result.exception_info)]
    if any(raised):
        return {"error": next(each for each in raised if each)[:300]}
    found = result.result
    verdict = {"passed": bool(result.success)}
    if "unexpected_count" in found:
        verdict["checked"] = found["element_count"] - (found.get("missing_count") or 0)
        verdict["failing"] = found["unexpected_count"]
    if "observed_value" in found:
        verdict["observed"] = plain(found["observed_value"])
    return verdict


def exceptions_of(info):
    if "raised_exception" in info:
        return [info] if info["raised_exception"] else []
    return [each for each in info.values() if each.get("raised_exception")]


def main():
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    batch_definition = asset.add_batch_definition_whole_dataframe("whole")
    verdicts = []
    for case in json.load(sys.stdin):
        try:
            verdicts.append(judged(batch_definition, case))
        except Exception as error:  # the driver judges
            verdicts.append({"error": f"{type(error).__name__}: {str(error)[:300]}"})
    print("\x01" + json.dumps({"version": gx.__version__, "verdicts": verdicts}), flush=True)


main()
