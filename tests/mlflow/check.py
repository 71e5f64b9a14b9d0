#!/usr/bin/env python3
"""Exports runs to a real MLflow server on loopback and holds what it keeps against the project.

    scripts/mlflow-check.sh target/debug/packshot VENV

What is checked: one run an export, every point of every curve with its time and step, files, dataset, model, version and
alias; that a second export changes nothing; that a server or an exporter that is killed in the middle leaves nothing doubled
once the export is run again; that the registered model scores photos as Packshot does; bundles; refusals in words.
"""

import base64
import csv
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

os.environ.update(MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false", DO_NOT_TRACK="1", MLFLOW_DISABLE_TELEMETRY="true")

import mlflow  # noqa: E402
from mlflow.tracking import MlflowClient  # noqa: E402

BIN = Path(sys.argv[1]).resolve()
ENV = {name: value for name, value in os.environ.items() if not name.startswith(("PACKSHOT_", "MLFLOW_TRACKING"))}
EXPERIMENT, MODEL = "packshot/project", "packshot"
# Pillow decodes JPEG a little differently: so far apart may one score be, and all on average.
MOST, MEAN = 1.0, 0.2


def say(text):
    print(f"ok  {text}", flush=True)


class Server:
    """An MLflow server of its own, with its data in a folder."""

    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.uri = f"http://127.0.0.1:{self.port}"
        self.process = None

    def start(self, *more):
        self.folder.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1"]
        log = open(self.folder / "server.log", "ab")
        self.process = subprocess.Popen([*command, *more], cwd=self.folder, stdout=log, stderr=log, start_new_session=True)
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{self.uri}/health", timeout=2).read()
                return self
            except OSError:
                time.sleep(0.2)
        sys.exit("the MLflow server did not come up:\n" + (self.folder / "server.log").read_text()[-3000:])

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def packshot(world, *arguments, code=0, **more):
    done = subprocess.run([BIN, "--project", world / "project", *map(str, arguments)], capture_output=True, text=True,
                          env=ENV | more.pop("env", {}), **more)
    assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def packshot_json(world, *arguments):
    return json.loads(packshot(world, "--json", "--progress", "none", *arguments).stdout.splitlines()[-1])


def export(world, server, *arguments, **more):
    done = packshot(world, "--json", "--progress", "none", "export", "mlflow", "--tracking-uri", server.uri, *arguments, **more)
    return json.loads(done.stdout.splitlines()[-1]).get("runs", [])


def train(world, name, seed):
    # Another seed: the same one would give the same weights, and with them the same model.
    return packshot_json(world, "train", "--device", "cpu", "--name", name, "--set", "train.epochs=2", "--set", f"train.seed={seed}",
                         "--set", "train.architecture=cnn-xs", "--set", "train.test_share=0.2")["run"]


def points_of(view):
    curves = {}
    for point in view["points"]:
        curves.setdefault(point["name"], []).append((point["step"], point["value"]))
    return {name: sorted(points) for name, points in curves.items()}


def held(server, world, run):
    """What the server holds of a run, after checking it against the project."""
    client = MlflowClient(server.uri)
    experiment = client.get_experiment_by_name(EXPERIMENT)
    found = client.search_runs([experiment.experiment_id], f"tags.`packshot.run_id` = '{run}'")
    assert len(found) == 1, f"{len(found)} runs of {run}"
    kept = found[0]
    view = packshot_json(world, "runs", "show", run)
    for name, points in points_of(view).items():
        history = client.get_metric_history(kept.info.run_id, name)
        assert sorted((point.step, point.value) for point in history) == points, name
        assert all(view["run"]["started_ms"] <= point.timestamp <= view["run"]["finished_ms"] for point in history), name
    summary = view["run"]["summary"]
    assert kept.data.metrics["test_srcc"] == summary["test_srcc"]
    assert (kept.info.status, kept.info.start_time, kept.info.end_time) == (
        "FINISHED", view["run"]["started_ms"], view["run"]["finished_ms"])
    assert kept.data.params["train.epochs"] == "2" and kept.data.params["train.architecture"] == "cnn-xs"
    assert kept.data.tags["packshot.export_state"] == "complete"
    assert [entry.dataset.digest for entry in kept.inputs.dataset_inputs] == [view["run"]["dataset_digest"][:36]]
    files = {file.path for folder in ("", "figures", "evaluation") for file in client.list_artifacts(kept.info.run_id, folder)}
    assert {"config.toml", "figures/curves.png", "figures/validation-confusion.png", "evaluation/report.html"} <= files, files
    assert len(kept.outputs.model_outputs) == 1, kept.outputs
    versions = [version for version in client.search_model_versions(f"name = '{MODEL}'") if version.run_id == kept.info.run_id]
    assert len(versions) == 1, versions
    return kept, versions[0], {name: len(client.get_metric_history(kept.info.run_id, name)) for name in kept.data.metrics}


def check_export(world, server, run):
    first = export(world, server, "--run", run)
    assert not first[0]["sent"]["unchanged"] and first[0]["sent"]["points"] > 5, first
    kept, version, counts = held(server, world, run)
    again = export(world, server, "--run", run)
    assert again[0]["sent"]["unchanged"] and again[0]["sent"]["points"] == 0, again
    assert held(server, world, run)[2] == counts
    assert MlflowClient(server.uri).get_model_version_by_alias(MODEL, "champion").version == version.version
    say(f"a run with {sum(counts.values())} points went out; a second export changed nothing")
    return kept.info.run_id


def check_scores(world, server, photos):
    table = world / "scores.csv"
    packshot(world, "score", *photos, "-o", table, "--overwrite", "--scores-only", "--device", "cpu")
    desktop = {row["path"]: float(row["score"]) for row in csv.DictReader(table.open())}
    mlflow.set_tracking_uri(server.uri)
    model = mlflow.pyfunc.load_model(f"models:/{MODEL}@champion")
    names = sorted(desktop)
    import pandas
    frame = pandas.DataFrame({"content": [Path(name).read_bytes() for name in names] + [b"no photo"]})
    rows = model.predict(frame)
    apart = [abs(row - desktop[name]) for name, row in zip(names, rows["score"])]
    assert max(apart) <= MOST and sum(apart) / len(apart) <= MEAN, (max(apart), sum(apart) / len(apart))
    assert (rows["error"][: len(names)] == "").all() and rows["error"].iloc[-1] and rows["score"].isna().iloc[-1]
    folder = Path(mlflow.artifacts.download_artifacts(f"models:/{MODEL}@champion", dst_path=world / "model"))
    golden = json.loads((folder / "data/golden.json").read_text())
    own = model.predict(pandas.DataFrame({"content": [base64.b64decode(golden["photo"])]}))["score"][0]
    assert abs(own - golden["score"]) <= golden["tolerance"], (own, golden["score"])
    say(f"{len(names)} photos through mlflow.pyfunc: at most {max(apart):.4f} points from Packshot, {sum(apart) / len(apart):.4f} on average")
    return names, list(rows["score"])


def check_serving(world, names, scores):
    """The same request to `packshot serve` gives the same scores."""
    process = subprocess.Popen([BIN, "--project", world / "project", "serve", "--port", "0", "--scores-only"], env=ENV,
                               stderr=subprocess.PIPE, text=True)
    try:
        url = next(line for line in process.stderr if line.startswith("listening on")).split()[-1]
        cells = [[base64.b64encode(Path(name).read_bytes()).decode()] for name in names[:16]]
        body = json.dumps({"dataframe_split": {"columns": ["content"], "data": cells}}).encode()
        request = urllib.request.Request(f"{url}/invocations", body, {"content-type": "application/json"})
        rows = json.loads(urllib.request.urlopen(request, timeout=60).read())["predictions"]
        apart = max(abs(row["score"] - score) for row, score in zip(rows, scores))
        assert apart <= MOST, apart
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    assert process.returncode == 0
    say(f"`packshot serve` answers the same /invocations within {apart:.4f} points")


def check_killed_server(world, server, run):
    for delay in (0.15, 0.5, 1.0):
        process = subprocess.Popen([BIN, "--project", world / "project", "--json", "--progress", "none", "export", "mlflow",
                                    "--tracking-uri", server.uri, "--run", run], env=ENV, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        time.sleep(delay)
        server.kill()
        out, err = process.communicate(timeout=180)
        assert process.returncode in (75, 0), (process.returncode, out, err)
        if process.returncode == 75:
            assert "cannot be reached" in err, err
        server.start()
    export(world, server, "--run", run)
    counts = held(server, world, run)[2]
    say(f"a server killed three times during an export: afterwards one run, {sum(counts.values())} points, one version")


def check_killed_exporter(world, server, run):
    for delay in (0.3, 0.6, 0.9, 1.2):
        process = subprocess.Popen([BIN, "--project", world / "project", "--progress", "none", "export", "mlflow",
                                    "--tracking-uri", server.uri, "--run", run], env=ENV, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        time.sleep(delay)
        process.kill()
        process.wait()
    export(world, server, "--run", run)
    counts = held(server, world, run)[2]
    say(f"an exporter killed four times: afterwards one run, {sum(counts.values())} points, one version")


def check_champion(world, server, first, last):
    packshot(world, "models", "promote", first)
    export(world, server, "--all")
    client = MlflowClient(server.uri)
    alias = lambda: client.get_run(client.get_model_version_by_alias(MODEL, "champion").run_id).data.tags["packshot.run_id"]  # noqa: E731
    assert alias() == first
    packshot(world, "models", "promote", last)
    export(world, server, "--all")
    assert alias() == last
    packshot(world, "models", "rollback")
    export(world, server, "--all")
    assert alias() == first
    say("the alias follows promotions and roll-backs, and nothing was doubled")


def check_bundle(world, server, run):
    bundle = world / "bundle"
    packshot(world, "export", "mlflow", "--offline", bundle, "--run", run)
    sent = export(world, server, "--bundle", bundle)
    assert sent[0]["sent"]["unchanged"], sent
    packshot(world, "export", "mlflow", "--offline", bundle, "--run", run, "--experiment", "elsewhere")
    sent = export(world, server, "--bundle", bundle)
    assert sent[0]["sent"]["points"] > 5, sent
    say("a bundle written offline is sent later, and is the same run")


def check_refusals(world, server, run):
    class Proxyless(Server):
        pass

    closed = Proxyless(world / "closed").start("--no-serve-artifacts", "--default-artifact-root", str(world / "closed-files"))
    try:
        refused = packshot(world, "export", "mlflow", "--tracking-uri", closed.uri, "--run", run, code=1)
        assert "--no-serve-artifacts" in refused.stderr, refused.stderr
    finally:
        closed.kill()
    refused = packshot(world, "export", "mlflow", "--tracking-uri", "mlruns", "--run", run, code=2)
    assert "http://" in refused.stderr, refused.stderr
    secret = {"MLFLOW_TRACKING_TOKEN": "t0k3n-t0k3n"}
    done = packshot(world, "--log", "debug", "export", "mlflow", "--tracking-uri", server.uri, "--run", run, env=secret)
    kept = [path for path in (world / "project").rglob("*") if path.is_file() and b"t0k3n-t0k3n" in path.read_bytes()]
    assert not kept and "t0k3n-t0k3n" not in done.stderr + done.stdout, kept
    say("refusals say what to change, and the token is nowhere in the project or its log")


def main():
    with tempfile.TemporaryDirectory() as temporary:
        world = Path(temporary)
        packshot(world, "demo", world / "demo", "--skus", 24, "--shots", 3)
        packshot(world, "open", world / "demo" / "images")
        packshot(world, "label", "import", world / "demo" / "labels.csv")
        photos = sorted((world / "demo" / "images").rglob("*.*"))[:30]
        shared = Path(os.environ.get("PACKSHOT_TEST_DATA", BIN.parent / "none")) / "products"
        photos += sorted(path for path in shared.rglob("*.jpg"))[:40] if shared.is_dir() else []
        server = Server(world / "server").start()
        try:
            first = train(world, "first", 1)
            check_export(world, server, first)
            names, scores = check_scores(world, server, photos)
            check_serving(world, names, scores)
            second = train(world, "second", 2)
            check_killed_server(world, server, second)
            third = train(world, "third", 3)
            check_killed_exporter(world, server, third)
            check_champion(world, server, first, third)
            check_bundle(world, server, third)
            check_refusals(world, server, first)
        finally:
            server.kill()
    print("MLflow holds what Packshot sent.")


if __name__ == "__main__":
    main()
