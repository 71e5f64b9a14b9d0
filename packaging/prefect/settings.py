#!/usr/bin/env python3
"""What the flows need to know: a block, and variables for what changes more often.

    python settings.py --project /srv/packshot --photos /srv/photos --labels labels.csv --holdout held-out.csv

Writes the block `packshot/default` and the variables packshot_photos, packshot_labels, packshot_holdout and packshot_shards;
what is not named stays as it is.
"""

import argparse
import contextlib
import os
from pathlib import Path

from prefect.blocks.core import Block
from prefect.variables import Variable
from pydantic import Field, SecretStr


class Packshot(Block):
    """Where Packshot is, its project, and the MLflow server that models go to."""

    _block_type_name = "Packshot"
    _block_type_slug = "packshot"

    binary: str = Field(default="packshot", description="The packshot program: a name on the path, or a path.")
    project: str = Field(description="The project's folder. Reports and scores are written below its `reports`.")
    mlflow_tracking_uri: str | None = Field(default=None, description="MLflow server; none keeps models in the project.")
    mlflow_token: SecretStr | None = Field(default=None, description="Bearer token of that server.")

    @property
    def reports(self):
        """Where the flows write."""
        return Path(self.project) / "reports"

    def environment(self):
        """The environment of the program: the token goes there and nowhere else."""
        token = {"MLFLOW_TRACKING_TOKEN": self.mlflow_token.get_secret_value()} if self.mlflow_token else {}
        return os.environ | token


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    block = parser.add_argument_group("block")
    block.add_argument("--block", default="default", help="name of the block (%(default)s)")
    for field in ("binary", "project", "mlflow-tracking-uri"):
        block.add_argument(f"--{field}", help=Packshot.model_fields[field.replace("-", "_")].description)
    variables = parser.add_argument_group("variables")
    variables.add_argument("--photos", type=Path, help="folder of the photos to score and to learn from")
    variables.add_argument("--labels", type=Path, help="label file to train on")
    variables.add_argument("--holdout", type=Path, help="label file to judge models by; never trained on")
    variables.add_argument("--shards", type=int, help="parts that are scored at the same time")
    options = parser.parse_args()

    named = {field: getattr(options, field) for field in Packshot.model_fields if getattr(options, field, None)}
    if token := os.environ.get("MLFLOW_TRACKING_TOKEN"):
        named["mlflow_token"] = SecretStr(token)
    if named:
        with contextlib.suppress(ValueError):  # There may be none of this name yet.
            named = Packshot.load(options.block).model_dump(include=set(Packshot.model_fields)) | named
        if not named.get("project"):
            parser.error("name the project's folder with --project")
        Packshot(**named).save(options.block, overwrite=True)
        print(f"block packshot/{options.block}: {named['project']}")
    for name in ("photos", "labels", "holdout"):
        if path := getattr(options, name):
            Variable.set(f"packshot_{name}", str(path.absolute()), overwrite=True)
            print(f"variable packshot_{name}: {path.absolute()}")
    if options.shards:
        Variable.set("packshot_shards", options.shards, overwrite=True)
        print(f"variable packshot_shards: {options.shards}")


if __name__ == "__main__":
    main()
