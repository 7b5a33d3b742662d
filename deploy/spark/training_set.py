"""A training set by Spark SQL, on the Parquet parts of `tocsin features export`.

    spark-submit training_set.py FEATURES OUT [--points POINTS] [--view windows]

FEATURES is the folder of the store, POINTS has {"entity", "at", "known"} a line (times in ms; `known` is `at` where it is
missing). A row of OUT is a point with the newest row of its entity, about `at` or before, that was known by then: the same
that `tocsin features as-of` gives. Without points each stored row is one, joined with its answer as it stands now.
"""

import argparse
import json
from pathlib import Path

from pyspark.sql import SparkSession


def listed(store: str, view: str) -> list[str]:
    """Parts that the manifest lists: what a killed export left counts for nobody."""
    manifest = json.loads(Path(store, "manifest.json").read_text())
    return [str(Path(store, part["path"])) for part in manifest["parts"] if part["view"] == view]


AS_OF = """
select * except (place) from (
  select p.i, p.at, w.*, row_number() over (partition by p.i order by w.event_time desc, w.known_time desc) as place
  from points p left join view w
    on w.entity = p.entity and w.event_time <= timestamp_millis(p.at) and w.known_time <= timestamp_millis(p.known)
) where place = 1
"""

ANSWERED = """
select w.*, a.anomaly
from view w left join (
  select entity, event_time, max_by(if(revoked, null, anomaly), known_time) as anomaly
  from answers where session = '' group by entity, event_time
) a on a.entity = w.entity and a.event_time = w.event_time
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("store")
    parser.add_argument("out")
    parser.add_argument("--points")
    parser.add_argument("--view", default="windows")
    given = parser.parse_args()
    spark = SparkSession.builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()
    # A part of an older schema lacks columns of a newer one: they are null there.
    reader = spark.read.option("mergeSchema", "true")
    reader.parquet(*listed(given.store, given.view)).createOrReplaceTempView("view")
    if given.points is not None:
        points = spark.read.schema("i int, entity string, at long, known long").json(given.points)
        points.selectExpr("i", "entity", "at", "coalesce(known, at) as known").createOrReplaceTempView("points")
        found = spark.sql(AS_OF)
    else:
        answers = listed(given.store, "answers")
        if answers:
            reader.parquet(*answers).createOrReplaceTempView("answers")
            found = spark.sql(ANSWERED)
        else:
            found = spark.sql("select *, cast(null as boolean) as anomaly from view")
    found.write.mode("overwrite").parquet(given.out)
    spark.stop()


if __name__ == "__main__":
    main()
