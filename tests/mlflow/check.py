#!/usr/bin/env python3
"""Exports runs to a real MLflow server on loopback and holds what it keeps against the project.

    scripts/mlflow-check.sh target/debug/packshot VENV

What is checked: one run an export, every point of every curve with its time and step, files, dataset, model, version and
alias; that a second export changes nothing; that a server or an exporter that is killed in the middle leaves nothing doubled
once the export is run again; that the registered model scores photos as Packshot does; bundles; refusals in words. Then a
training that is followed while it goes on, through kills on either side; and runs that another project imports.
"""

import base64
import csv
import json
import math
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

os.environ.update(MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false", MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT="true",
                  DO_NOT_TRACK="1", MLFLOW_DISABLE_TELEMETRY="true")

import mlflow  # noqa: E402
from mlflow.entities import Metric, Param  # noqa: E402
from mlflow.tracking import MlflowClient  # noqa: E402

BIN = Path(sys.argv[1]).resolve()
ENV = {name: value for name, value in os.environ.items() if not name.startswith(("PACKSHOT_", "MLFLOW_TRACKING"))}
EXPERIMENT, MODEL = "packshot/project", "packshot"
# Pillow decodes JPEG a little differently: so far apart may one score be, and all on average.
MOST, MEAN = 1.0, 0.2
# Epochs of a training that is long enough to be looked at; runs and points that need several pages.
LONG, MANY, STEPS = 30, 210, 26_000


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


def packshot(world, *arguments, code=0, project="project", **more):
    done = subprocess.run([BIN, "--project", world / project, *map(str, arguments)], capture_output=True, text=True,
                          env=ENV | more.pop("env", {}), **more)
    assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def packshot_json(world, *arguments, **more):
    return json.loads(packshot(world, "--json", "--progress", "none", *arguments, **more).stdout.splitlines()[-1])


def export(world, server, *arguments, **more):
    done = packshot(world, "--json", "--progress", "none", "export", "mlflow", "--tracking-uri", server.uri, *arguments, **more)
    return json.loads(done.stdout.splitlines()[-1]).get("runs", [])


def training(name, seed, epochs=12):
    # Another seed: the same one would give the same weights, and with them the same model.
    return ["train", "--device", "cpu", "--name", name, "--set", f"train.epochs={epochs}", "--set", f"train.seed={seed}",
            "--set", "train.architecture=cnn-xs", "--set", "train.test_share=0.2", "--set", "train.patience=0"]


def train(world, name, seed, *more):
    return packshot_json(world, *training(name, seed), *more)["run"]


def points_of(view):
    curves = {}
    for point in view["points"]:
        curves.setdefault(point["name"], []).append((point["step"], point["value"]))
    return {name: sorted(points) for name, points in curves.items()}


def held(server, world, run, epochs=12):
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
    assert kept.data.params["train.epochs"] == str(epochs) and kept.data.params["train.architecture"] == "cnn-xs"
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


def followed(world, server, name, seed, then):
    """A training that the server follows; `then` happens once the server has points of it. Gives how it ended."""
    process = subprocess.Popen([BIN, "--project", world / "project", "--json", "--progress", "none", *training(name, seed, LONG),
                                "--mlflow", server.uri], env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    client = MlflowClient(server.uri)
    experiment = client.get_experiment_by_name(EXPERIMENT).experiment_id
    for _ in range(600):
        found = client.search_runs([experiment], f"attributes.run_name = '{name}'")
        if found and "train_loss" in found[0].data.metrics:
            break
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    assert found[0].info.status == "RUNNING", found[0].info.status
    then(process)
    out, err = process.communicate(timeout=300)
    return found[0].data.tags["packshot.run_id"], process.returncode, out, err


def check_following(world, server):
    run, code, _, err = followed(world, server, "followed", 11, lambda process: None)
    assert code == 0 and "MLflow" not in err, (code, err)
    counts = held(server, world, run, LONG)[2]
    assert export(world, server, "--run", run)[0]["sent"]["unchanged"]
    say(f"a training was followed while it went on: {sum(counts.values())} points, and an export afterwards changed nothing")

    run, code, _, err = followed(world, server, "killed", 12, lambda process: process.kill())
    packshot(world, "train", "--resume", run, "--mlflow", server.uri)
    held(server, world, run, LONG)
    say("a training that was killed and gone on with has every point once, and none that was measured again")

    def outage(_process):
        server.kill()
        time.sleep(1)
        server.start()

    run, code, _, err = followed(world, server, "outage", 13, outage)
    assert code == 0, err
    export(world, server, "--run", run)
    held(server, world, run, LONG)
    say("a server that was killed during a training has everything afterwards")

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
    began = time.monotonic()
    done = packshot(world, "--json", "--progress", "plain", *training("alone", 14), "--mlflow", nobody)
    took = time.monotonic() - began
    run = json.loads(done.stdout.splitlines()[-1])["run"]
    assert "MLflow does not follow" in done.stderr and f"export mlflow --run {run}" in done.stderr, done.stderr
    export(world, server, "--run", run)
    held(server, world, run)
    say(f"a server that is not there is a warning, not a failure ({took:.1f} s), and the run is sent later")


def check_series(world, server):
    summary = packshot_json(world, *training("both", 21), "--seeds", "2", "--mlflow", server.uri)
    client = MlflowClient(server.uri)
    experiment = client.get_experiment_by_name(EXPERIMENT).experiment_id
    (head,) = client.search_runs([experiment], f"tags.`packshot.run_id` = '{summary['run']}'")
    members = client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{head.info.run_id}'")
    assert len(members) == 2 and head.info.status == "FINISHED", (head.info, len(members))
    mean = sum(run.data.metrics["test_srcc"] for run in members) / 2
    assert math.isclose(head.data.metrics["test_srcc"], mean, rel_tol=1e-9), (head.data.metrics, mean)
    say("a series of trainings was followed: its runs lie below it, and it has their means")


def same(one, other):
    """Curves are the same; numbers may come back from JSON with another last bit."""
    assert one.keys() == other.keys(), (one.keys(), other.keys())
    for name in one:
        assert [step for step, _ in one[name]] == [step for step, _ in other[name]], name
        assert all(math.isclose(a, b, rel_tol=1e-14) for (_, a), (_, b) in zip(one[name], other[name])), name


def imported(world, server, *arguments, project="other"):
    done = packshot_json(world, "import", "mlflow", "--tracking-uri", server.uri, *arguments, project=project)
    return {run["remote"]: run for run in done["runs"]}


def check_import(world, server):
    client = MlflowClient(server.uri)
    experiment = client.create_experiment("others")
    batch = [client.create_run(experiment, run_name=f"other {index}").info.run_id for index in range(MANY)]
    for run in batch:
        client.log_batch(run, [Metric("auc", 0.5, 1, 0)], [Param("lr", "1e-3")])
        client.set_terminated(run)
    long = client.create_run(experiment, run_name="long").info.run_id
    for start in range(0, STEPS, 1000):
        client.log_batch(long, [Metric("val/loss", 1 / (step + 1), step, step) for step in range(start, start + 1000)])
    client.log_batch(long, [Metric("odd", float("nan"), 1, 1), Metric("odd", float("inf"), 1, 2), Metric("odd", 3.0, 1, 3)])
    (world / "empty").mkdir()
    packshot(world, "open", world / "empty", project="other")

    runs = imported(world, server, "--experiment", "others")
    assert len(runs) == MANY + 1 and {run["state"] for run in runs.values()} == {"new"}, len(runs)
    view = packshot_json(world, "runs", "show", long, project="other")
    same(points_of(view), {"val/loss": [(step, 1 / (step + 1)) for step in range(STEPS)]})
    assert view["run"]["status"] == "running" and view["run"]["summary"]["odd"] == 3 and runs[long]["left_out"] == 2, runs[long]
    view = packshot_json(world, "runs", "show", batch[0], project="other")
    assert view["run"]["summary"] == {"auc": 0.5} and 'lr = "1e-3"' in view["run"]["config_toml"], view
    say(f"{len(runs)} runs of another program were imported, one with {STEPS:,} points")

    listed = packshot_json(world, "runs", "list", project="other")["runs"]
    assert {run["state"] for run in imported(world, server, "--experiment", "others").values()} == {"unchanged"}
    client.log_batch(long, [Metric("val/loss", 0.0, STEPS, STEPS)])
    client.set_terminated(long)
    states = [run["state"] for run in imported(world, server, "--experiment", "others").values()]
    assert sorted(set(states)) == ["refreshed", "unchanged"] and states.count("refreshed") == 1
    again = packshot_json(world, "runs", "list", project="other")["runs"]
    assert [run["id"] for run in again] == [run["id"] for run in listed]
    view = packshot_json(world, "runs", "show", long, project="other")
    assert view["run"]["status"] == "completed" and len(points_of(view)["val/loss"]) == STEPS + 1
    say("imported again: nothing doubled, and the run that had gone on is refreshed")

    own = packshot_json(world, "runs", "list")["runs"]
    assert {run["state"] for run in imported(world, server, "--experiment", EXPERIMENT, project="project").values()} == {"own"}
    there = {run["name"]: run["run"] for run in imported(world, server, "--experiment", EXPERIMENT).values()}
    for run in own:
        here = packshot_json(world, "runs", "show", run["id"])
        copy = packshot_json(world, "runs", "show", there[run["meta"]["name"]], project="other")
        same(points_of(copy), points_of(here))
        results = [{name: [(0, value)] for name, value in view["run"]["summary"].items() if isinstance(value, (int, float))}
                   for view in (here, copy)]
        same(*results)
        for fact in ("status", "seed", "device", "dataset_digest", "started_ms", "finished_ms"):
            assert copy["run"][fact] == here["run"][fact], (run["id"], fact, copy["run"][fact], here["run"][fact])
        assert copy["run"]["origin"] == {"server": server.uri, "experiment": EXPERIMENT, "run": copy["run"]["origin"]["run"]}
    say(f"{len(own)} runs that one project exported are the same in another: curves, results, settings")

    first = there[own[0]["meta"]["name"]]
    for arguments in (["train", "--resume", first], ["export", "mlflow", "--tracking-uri", server.uri, "--run", first],
                      ["models", "promote", first], ["score", world / "demo" / "images", "-o", world / "no.csv", "--model", first]):
        refused = packshot(world, *arguments, code=2, project="other")
        assert f"run {first} was imported from {server.uri}" in refused.stderr, refused.stderr
    packshot(world, "runs", "delete", first, project="other")
    assert first not in [run["id"] for run in packshot_json(world, "runs", "list", project="other")["runs"]]
    for arguments, said in ((["--experiment", "nowhere"], "no experiment"), (["--run", "0" * 32], "no run")):
        refused = packshot(world, "import", "mlflow", "--tracking-uri", server.uri, *arguments, code=1, project="other")
        assert said in refused.stderr, refused.stderr
    say("what an imported run cannot do is refused in words")


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
            check_following(world, server)
            check_series(world, server)
            check_import(world, server)
        finally:
            server.kill()
    print("MLflow holds what Packshot sent.")


if __name__ == "__main__":
    main()
