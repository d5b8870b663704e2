"""Reads exported files with readers that know nothing of their writer, and compares every value with what was stored."""

import csv
import datetime
import gzip
import json
import sys

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet
from openpyxl.utils.escape import unescape

MICROS = "%Y-%m-%dT%H:%M:%S.%fZ"
csv.field_size_limit(10_000_000)


def canonical(kind, value):
    """A value, or its text, as one thing that can be compared."""
    if value is None:
        return None
    if kind in ("int64", "int32"):
        return int(value)
    if kind in ("double", "float"):
        return float(value)
    if kind == "boolean":
        return value if isinstance(value, bool) else {"true": True, "false": False}[str(value).lower()]
    if kind == "timestamp" and isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).strftime(MICROS)
    return value


def open_text(file):
    if file.endswith(".gz"):
        return gzip.open(file, "rt", encoding="utf-8", newline="")
    return open(file, encoding="utf-8", newline="")


def by_csv(file, columns):
    with open_text(file) as lines:
        rows = list(csv.reader(lines, strict=True))
    assert rows[0] == [column["name"] for column in columns], "header"
    return rows[1:]


def by_pyarrow_csv(file, columns):
    types = {column["name"]: pa.string() for column in columns}
    table = pa.csv.read_csv(
        file,
        parse_options=pa.csv.ParseOptions(newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(
            column_types=types, strings_can_be_null=True, quoted_strings_can_be_null=False, null_values=[""]
        ),
    )
    return rows_of(table)


def by_duckdb(function):
    def read(file, columns):
        names = ", ".join(f'"{column["name"]}"' for column in columns)
        connection = duckdb.connect()
        connection.execute("set timezone = 'UTC'")
        return connection.execute(f"select {names} from {function.format(file=file)}").fetchall()

    return read


def by_json(file, columns):
    with open_text(file) as text:
        return [[row[column["name"]] for column in columns] for row in json.load(text)]


def by_ndjson(file, columns):
    with open(file, encoding="utf-8", newline="\n") as lines:
        return [[json.loads(line)[column["name"]] for column in columns] for line in lines]


def by_parquet(file, columns):
    return rows_of(pa.parquet.read_table(file))


def by_arrow(file, columns):
    return rows_of(pa.feather.read_table(file))


def by_openpyxl(file, columns):
    sheet = openpyxl.load_workbook(file, read_only=True).active
    rows = [[unescape(cell) if isinstance(cell, str) else cell for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert rows[0] == [column["name"] for column in columns], "header"
    return rows[1:]


def rows_of(table):
    return [list(row.values()) for row in table.to_pylist()]


CSV = "read_csv('{file}', all_varchar = true, allow_quoted_nulls = false, header = true)"
# Readers that give the same for null and empty text, as their formats have one cell for both.
ONE_EMPTY = {"csv", "openpyxl"}
READERS = {
    "csv": {"csv": by_csv, "pyarrow": by_pyarrow_csv, "duckdb": by_duckdb(CSV)},
    "json": {"json": by_json, "duckdb": by_duckdb("read_json('{file}', format = 'array')")},
    "ndjson": {"json": by_ndjson, "duckdb": by_duckdb("read_json('{file}', format = 'newline_delimited')")},
    "parquet": {"pyarrow": by_parquet, "duckdb": by_duckdb("read_parquet('{file}')")},
    "arrow": {"pyarrow": by_arrow},
    "xlsx": {"openpyxl": by_openpyxl},
}


def difference(columns, expected, found, one_empty):
    """The first value that is not what was stored, or None."""
    if len(found) != len(expected):
        return f"{len(found)} rows in place of {len(expected)}"
    for at, (wanted, got) in enumerate(zip(expected, found)):
        for column, one, other in zip(columns, wanted, got):
            if one_empty and (one or "") == "" and (other or "") == "":
                continue
            if canonical(column["type"], one) != canonical(column["type"], other):
                return f"row {at}, {column['name']}: {other!r} in place of {one!r}"
    return None


def main():
    passed = failed = 0
    for job in json.load(sys.stdin):
        with open(job["expected"], encoding="utf-8") as file:
            stored = json.load(file)
        for reader, read in READERS[job["format"]].items():
            try:
                found = read(job["file"], stored["columns"])
                problem = difference(stored["columns"], stored["values"], found, reader in ONE_EMPTY)
            except Exception as error:  # noqa: BLE001
                problem = f"{type(error).__name__}: {error}"
            if problem is None:
                passed += 1
            else:
                failed += 1
                print(f"failed: {job['name']} read by {reader}: {problem}")
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 else 1


sys.exit(main())
