"""Runs other engines. Reads one JSON request on each line of stdin, and prints one JSON answer on a line."""
import datetime
import decimal
import json
import math
import sys

UTC = datetime.timezone.utc
engines = {}


def canonical(value):
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            value = value.replace(tzinfo=UTC)
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, float):
        return value + 0 if math.isfinite(value) else {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    if hasattr(value, "asDict"):
        return canonical_struct(value.asDict())
    if isinstance(value, SparkMap):
        return sorted([canonical(key), canonical(item)] for key, item in value.items())
    if isinstance(value, dict):
        return canonical_struct(value)
    if isinstance(value, (list, tuple)):
        items = [canonical(item) for item in value]
        is_map = len(value) > 0 and all(isinstance(item, tuple) for item in value)
        return sorted(items) if is_map else items
    return value


class SparkMap(dict):
    """A map, which Spark returns in the form that others use for a struct."""


def canonical_struct(value):
    return {name: canonical(item) for name, item in value.items()}


def rows_of(records):
    rows = [{name: canonical(value) for name, value in record.items()} for record in records]
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


def arrow(rows):
    import pyarrow as pa

    return pa.table(
        {
            "id": pa.array([row["id"] for row in rows], pa.int64()),
            "name": pa.array([row["name"] for row in rows], pa.string()),
            "at": pa.array([datetime.datetime.fromisoformat(row["at"]) if row["at"] else None for row in rows], pa.timestamp("us", "UTC")),
            "score": pa.array([row["score"] for row in rows], pa.float64()),
        }
    )


class DeltaRs:
    def __init__(self):
        import deltalake

        self.lib = deltalake

    def table(self, path, version=None):
        return self.lib.DeltaTable(path, version=version)

    def read(self, path, version=None):
        return rows_of(self.table(path, version).to_pyarrow_table().to_pylist())

    def versions(self, path):
        return sorted(entry["version"] for entry in self.table(path).history())

    def append(self, path, rows):
        self.lib.write_deltalake(path, arrow(rows), mode="append")

    def append_plain(self, path, id):
        import pyarrow as pa

        table = pa.table({"id": pa.array([id], pa.int64()), "name": pa.array([f"n{id}"], pa.string())})
        self.lib.write_deltalake(path, table, mode="append")

    def zeros(self, path, column):
        # Its own reader answers the condition, by statistics and bloom filters.
        import pyarrow as pa
        from deltalake import QueryBuilder

        found = QueryBuilder().register("t", self.table(path)).execute(f"select count(*) as n from t where {column} = 0")
        batches = found.read_all() if hasattr(found, "read_all") else found
        return pa.table(batches).to_pylist()[0]["n"]

    def merge(self, path, rows):
        source = arrow(rows)
        merger = self.table(path).merge(source, "t.id = s.id", source_alias="s", target_alias="t")
        merger.when_matched_update_all().when_not_matched_insert_all().execute()

    def delete(self, path, id):
        self.table(path).delete(f"id = {id}")

    def optimize(self, path):
        self.table(path).optimize.compact()

    def vacuum(self, path):
        self.table(path).vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)

    def evolve(self, path, rows):
        table = arrow(rows)
        table = table.append_column("extra", [[row["id"] for row in rows]])
        self.lib.write_deltalake(path, table, mode="append", schema_mode="merge")

    def checkpoint(self, path):
        self.table(path).create_checkpoint()


class Spark:
    def __init__(self):
        from delta import configure_spark_with_delta_pip
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.master("local[2]").appName("interop")
        for name, value in {
            "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
            "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
            "spark.databricks.delta.snapshotPartitions": "2",
            "spark.sql.shuffle.partitions": "2",
            "spark.ui.enabled": "false",
            "spark.sql.session.timeZone": "UTC",
            "spark.driver.extraJavaOptions": "-Duser.timezone=UTC",
            "spark.databricks.delta.retentionDurationCheck.enabled": "false",
            "spark.databricks.delta.schema.autoMerge.enabled": "true",
        }.items():
            builder = builder.config(name, value)
        self.spark = configure_spark_with_delta_pip(builder).getOrCreate()
        self.spark.sparkContext.setLogLevel("ERROR")

    def read(self, path, version=None):
        reader = self.spark.read.format("delta")
        if version is not None:
            reader = reader.option("versionAsOf", version)
        return rows_of(self.pandasless(reader.load(path)))

    def pandasless(self, frame):
        # Spark formats times as text, because Python would use the zone of the machine.
        names = [field.name for field in frame.schema]
        texts = [
            f"date_format(`{field.name}`, \"yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'\") as `{field.name}`"
            if field.dataType.typeName() == "timestamp"
            else f"`{field.name}`"
            for field in frame.schema
        ]
        return [
            {name: SparkMap(value) if isinstance(value, dict) else value for name, value in zip(names, row)}
            for row in frame.selectExpr(*texts).collect()
        ]

    def sql(self, path, statement):
        self.spark.sql(statement.replace("{table}", f"delta.`{path}`")).collect()

    def count(self, path, condition):
        return self.spark.sql(f"select count(*) as n from delta.`{path}` where {condition}").collect()[0].n

    def versions(self, path):
        return sorted(row.version for row in self.spark.sql(f"describe history delta.`{path}`").collect())

    def frame(self, rows, extra=False):
        columns = "id bigint, name string, at string, score double" + (", extra bigint" if extra else "")
        data = [(row["id"], row["name"], row["at"], row["score"]) + ((row["id"],) if extra else ()) for row in rows]
        return self.spark.createDataFrame(data, columns).selectExpr(
            "id", "name", "cast(at as timestamp) as at", "score", *(["extra"] if extra else [])
        )

    def append(self, path, rows):
        self.frame(rows).write.format("delta").mode("append").save(path)

    def merge(self, path, rows):
        self.frame(rows).createOrReplaceTempView("incoming")
        self.spark.sql(
            f"merge into delta.`{path}` t using incoming s on t.id = s.id "
            "when matched then update set * when not matched then insert *"
        )

    def vectors(self, path):
        self.spark.sql(f"alter table delta.`{path}` set tblproperties ('delta.enableDeletionVectors' = true)")

    def delete(self, path, id):
        self.spark.sql(f"delete from delta.`{path}` where id = {id}")

    def optimize(self, path):
        self.spark.sql(f"optimize delta.`{path}`")

    def vacuum(self, path):
        self.spark.sql(f"vacuum delta.`{path}` retain 0 hours")

    def evolve(self, path, rows):
        self.frame(rows, extra=True).write.format("delta").mode("append").option("mergeSchema", "true").save(path)

    def checkpoint(self, path):
        jvm = self.spark._jvm
        jvm.org.apache.spark.sql.delta.DeltaLog.forTable(self.spark._jsparkSession, path).checkpoint()

    def mapped(self, path):
        self.spark.sql(
            f"alter table delta.`{path}` set tblproperties ('delta.columnMapping.mode' = 'name', "
            "'delta.minReaderVersion' = '2', 'delta.minWriterVersion' = '5')"
        )
        self.spark.sql(f"alter table delta.`{path}` rename column name to title")
        self.spark.sql(f"alter table delta.`{path}` drop column score")


class DuckDb:
    def __init__(self):
        import duckdb
        from duckdb_extensions import import_extension

        self.connection = duckdb.connect()
        for name in ("icu", "delta"):
            import_extension(name, con=self.connection) if "con" in import_extension.__code__.co_varnames else import_extension(name)
            self.connection.load_extension(name)
        self.connection.execute("set timezone = 'UTC'")

    def read(self, path, version=None):
        at = "" if version is None else f", version => {version}"
        reader = self.connection.execute(f"select * from delta_scan('{path}'{at})")
        table = reader.to_arrow_table() if hasattr(reader, "to_arrow_table") else reader.arrow()
        return rows_of(table.to_pylist())


KINDS = {"delta-rs": DeltaRs, "spark": Spark, "duckdb": DuckDb}
for line in sys.stdin:
    request = json.loads(line)
    try:
        name = request["engine"]
        if name not in engines:
            engines[name] = KINDS[name]()
        answer = {"result": getattr(engines[name], request["call"])(*request.get("args", []))}
    except Exception as error:  # the caller decides
        answer = {"error": f"{type(error).__name__}: {str(error)[:600]}"}
    print("\x01" + json.dumps(answer), flush=True)
