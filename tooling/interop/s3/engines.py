"""Other engines on a table in an object store. Usage: engines.py ENGINE ACTION TABLE [NAME COUNT]. The environment names the store."""
import json
import os
import sys

engine, action, table = sys.argv[1:4]
endpoint = os.environ["AWS_ENDPOINT_URL_S3"]
options = {
    "AWS_ENDPOINT_URL": endpoint,
    "AWS_ALLOW_HTTP": "true",
    "AWS_ACCESS_KEY_ID": os.environ["AWS_ACCESS_KEY_ID"],
    "AWS_SECRET_ACCESS_KEY": os.environ["AWS_SECRET_ACCESS_KEY"],
    "AWS_REGION": os.environ["AWS_REGION"],
    "aws_virtual_hosted_style_request": "false",
}


def read_deltalake():
    from deltalake import DeltaTable

    return DeltaTable(table, storage_options=options).to_pyarrow_table(columns=["id"]).column("id").to_pylist()


def read_duckdb():
    import duckdb
    from duckdb_extensions import import_extension

    import_extension("httpfs")
    connection = duckdb.connect()
    connection.execute("load httpfs")
    host = endpoint.removeprefix("http://")
    connection.execute(
        "create secret (type s3, key_id ?, secret ?, region ?, endpoint ?, url_style 'path', use_ssl false)",
        [options["AWS_ACCESS_KEY_ID"], options["AWS_SECRET_ACCESS_KEY"], options["AWS_REGION"], host],
    )
    return [row[0] for row in connection.execute("select id from read_parquet(?)", [f"{table}/part-*.parquet"]).fetchall()]


if action == "read":
    print(json.dumps(sorted(read_deltalake() if engine == "delta-rs" else read_duckdb())))
else:
    import pyarrow
    from deltalake import CommitProperties, write_deltalake

    # It gives up after 15 lost races; every write here is to be stored.
    patient = CommitProperties(max_commit_retries=1000)

    name, count = sys.argv[4], int(sys.argv[5])
    for at in range(count):
        rows = pyarrow.table({"id": [f"{name}-{at}"], "writer": [name]})
        write_deltalake(table, rows, mode="append", storage_options=options, commit_properties=patient)
        print(f"{name}-{at}", flush=True)

# The answer is complete. Threads of delta-rs that still run at the end of the interpreter abort the process now and then.
sys.stdout.flush()
os._exit(0)
