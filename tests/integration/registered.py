"""Puts an exported model into MLflow with MLflow's own client, laid out as Packshot lays it out."""

import dataclasses
import shutil

import mlflow
from conftest import PACKAGING
from mlflow.models import Model, ModelSignature
from mlflow.types import ColSpec, DataType, Schema

NUMBERS = ["score", "low", "high"]


@dataclasses.dataclass
class Registered:
    """A model in MLflow's registry."""

    uri: str
    version: str


def lay_out(onnx, script, folder):
    """The folder of a model: MLmodel, code, data, requirements."""
    (folder / "code").mkdir(parents=True)
    (folder / "data").mkdir()
    shutil.copy(PACKAGING / "mlflow" / "packshot_pyfunc.py", folder / "code")
    shutil.copy(script, folder / "code" / "packshot_score.py")
    shutil.copy(onnx, folder / "data" / "model.onnx")
    shutil.copy(PACKAGING / "mlflow" / "requirements.txt", folder)
    outputs = [ColSpec(DataType.double, name) for name in NUMBERS] + [ColSpec(DataType.string, "error")]
    model = Model(signature=ModelSignature(Schema([ColSpec(DataType.binary, "content")]), Schema(outputs)))
    model.add_flavor("python_function", loader_module="packshot_pyfunc", code="code", data="data", config={"threads": 1})
    model.save(str(folder / "MLmodel"))
    return folder


def register(url, folder, name="packshot", alias="champion"):
    """A version of the registered model `name` that holds `folder`, with an alias."""
    mlflow.set_tracking_uri(url)
    mlflow.set_experiment("packshot")
    with mlflow.start_run() as run:
        mlflow.log_artifacts(str(folder), "model")
    client = mlflow.MlflowClient()
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name)
    source = f"{run.info.artifact_uri}/model"
    version = client.create_model_version(name, source, run.info.run_id)
    client.set_registered_model_alias(name, alias, version.version)
    return Registered(f"models:/{name}@{alias}", version.version)
