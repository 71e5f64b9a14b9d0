#!/usr/bin/env python3
"""Scores the photos below a folder with a Packshot model from MLflow, on a Spark cluster.

    spark-submit score.py --model models:/packshot@champion --source PHOTOS --output SCORES

Writes Parquet, one row a photo: path, score, low, high, error, model, bytes, modified. A photo that cannot be read has an
error instead of a score. Prints one JSON summary; the exit status is 3 when some photos have no score. Every worker needs
what requirements.txt lists, and reaches the tracking server (MLFLOW_TRACKING_URI, or --tracking-uri).
"""

import argparse
import json
import os
import sys

EXTENSIONS = ["jpg", "jpeg", "jpe", "jfif", "png", "webp", "bmp", "gif", "tif", "tiff"]
# Photos a worker holds at once. Arrow batches are built before the model sees them: 10,000 photos would not fit.
BATCH = 64


def arguments():
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="models:/packshot@champion", help="MLflow model (%(default)s)")
    parser.add_argument("--source", required=True, help="folder of photos: a path or URI that Spark can read")
    parser.add_argument("--output", required=True, help="Parquet folder to write")
    parser.add_argument("--tracking-uri", help="MLflow server (MLFLOW_TRACKING_URI)")
    parser.add_argument("--overwrite", action="store_true", help="replace the output when it exists")
    parser.add_argument(
        "--partition-mb",
        type=int,
        default=64,
        help="megabytes of photos a task reads, each photo counting as 1 more; less is lost when a worker dies (%(default)s)",
    )
    return parser.parse_args()


def one_version(uri):
    """The model with its alias replaced by the version it stands for now, so that all workers score with the same."""
    from mlflow import MlflowClient

    name, at, alias = uri.removeprefix("models:/").partition("@")
    if not uri.startswith("models:/") or not at:
        return uri
    return f"models:/{name}/{MlflowClient().get_model_version_by_alias(name, alias).version}"


def any_case(extension):
    return "".join(f"[{letter}{letter.upper()}]" for letter in extension)


def photos(spark, source):
    """The photos below `source` with their content; files and folders that begin with a dot or underscore are left out."""
    names = "*.{" + ",".join(any_case(extension) for extension in EXTENSIONS) + "}"
    reader = spark.read.format("binaryFile").option("pathGlobFilter", names).option("recursiveFileLookup", "true")
    return reader.load(source)


def scores(found, udf, model):
    """One row a photo. The model runs once a photo: its result is taken apart after it is there."""
    from pyspark.sql import functions

    return found.select("path", udf("content").alias("result"), "length", "modificationTime").select(
        "path",
        "result.score",
        "result.low",
        "result.high",
        functions.when(functions.col("result.error") != "", functions.col("result.error")).alias("error"),
        functions.lit(model).alias("model"),
        functions.col("length").alias("bytes"),
        functions.col("modificationTime").alias("modified"),
    )


def session(options):
    """Spark's session with small batches and tasks, and one thread a worker: workers, not threads, fill the cores."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("packshot-score")
    settings = {
        "spark.sql.execution.arrow.maxRecordsPerBatch": BATCH,
        "spark.sql.files.maxPartitionBytes": options.partition_mb << 20,
        "spark.sql.files.openCostInBytes": 1 << 20,
        "spark.sql.parquet.compression.codec": "zstd",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.sql.session.timeZone": "UTC",
    }
    for key, value in settings.items():
        builder = builder.config(key, value)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        builder = builder.config(f"spark.executorEnv.{name}", "1")
        os.environ.setdefault(name, "1")
    if os.environ.get("MLFLOW_TRACKING_URI"):
        builder = builder.config("spark.executorEnv.MLFLOW_TRACKING_URI", os.environ["MLFLOW_TRACKING_URI"])
    return builder.getOrCreate()


def main():
    options = arguments()
    if options.tracking_uri:
        os.environ["MLFLOW_TRACKING_URI"] = options.tracking_uri
    import mlflow

    model = one_version(options.model)
    spark = session(options)
    spark.sparkContext.setLogLevel("WARN")
    udf = mlflow.pyfunc.spark_udf(spark, model, env_manager="local")
    table = scores(photos(spark, options.source), udf, model)
    table.write.mode("overwrite" if options.overwrite else "errorifexists").parquet(options.output)

    written = spark.read.parquet(options.output)
    count = written.count()
    failed = written.where("error is not null").count()
    summary = {"model": model, "output": options.output, "photos": count, "scored": count - failed, "failed": failed}
    spark.stop()
    print(json.dumps(summary), flush=True)
    return 3 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
