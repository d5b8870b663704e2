"""Appends to a table on an object store by Spark, with the conditional log store: spark.py TABLE NAME COUNT JAR... The environment names the store."""
import os
import sys

from pyspark.sql import SparkSession

table, name, count, *jars = sys.argv[1:]
table = table.replace("s3://", "s3a://", 1)
builder = (
    SparkSession.builder.master("local[1]")
    .config("spark.ui.enabled", "false")
    .config("spark.ui.showConsoleProgress", "false")
    .config("spark.sql.shuffle.partitions", "1")
    .config("spark.databricks.delta.snapshotPartitions", "1")
    .config("spark.jars", ",".join(jars))
    .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
    .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
    .config("spark.delta.logStore.s3a.impl", "ConditionalPutLogStore")
    .config("spark.hadoop.fs.s3a.endpoint", os.environ["AWS_ENDPOINT_URL_S3"])
    .config("spark.hadoop.fs.s3a.endpoint.region", os.environ["AWS_REGION"])
    .config("spark.hadoop.fs.s3a.path.style.access", "true")
    .config("spark.hadoop.fs.s3a.access.key", os.environ["AWS_ACCESS_KEY_ID"])
    .config("spark.hadoop.fs.s3a.secret.key", os.environ["AWS_SECRET_ACCESS_KEY"])
)
spark = builder.getOrCreate()
for at in range(int(count)):
    row_id = f"{name}-{at}"
    rows = spark.createDataFrame([(row_id, name)], "id string, writer string")
    rows.write.format("delta").mode("append").save(table)
    print(row_id, flush=True)
ids = [row.id for row in spark.read.format("delta").load(table).select("id").collect()]
# Rows that Spark itself stored and does not read, or reads twice, end the process with an error.
assert len(set(ids)) == len(ids) and {f"{name}-{at}" for at in range(int(count))} <= set(ids), sorted(ids)
spark.stop()
