"""Counts and sums of a view, as pyarrow reads it."""

import json
import sys

import pyarrow.compute as compute
import pyarrow.dataset as dataset

table = dataset.dataset(sys.argv[1], format="parquet", partitioning="hive").to_table()
print(
    json.dumps(
        {
            "rows": table.num_rows,
            "volume": compute.sum(table["volume"]).as_py(),
            "type": str(table.schema.field("event_time").type),
        }
    )
)
