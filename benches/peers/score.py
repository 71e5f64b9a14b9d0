"""The steps of score.sh: each appends one line a measurement to a results file, `table` prints them as Markdown."""

import csv
import importlib.util
import json
import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from peers import Clock, append

PEER = "onnxruntime"
ROWS = [
    (PEER, "Pillow + onnxruntime on the exported graph"),
    ("burn", "`packshot score --scores-only`, engine burn"),
    ("tract", "`packshot score --scores-only`, engine tract"),
    ("auto", "`packshot score --scores-only`, engine by measurement"),
    ("full", "`packshot score`: with all attributes and the reason"),
]


def load_script(model):
    """The script that `packshot export onnx` wrote beside the model."""
    spec = importlib.util.spec_from_file_location("model_score", model.with_name(model.stem + "_score.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def start_worker(model):
    global script, session
    script = load_script(Path(model))
    session = script.open_model(model, threads=1)


def score_one(path):
    return str(path), float(session.run(["score"], {"views": script.views(path)[None]})[0][0])


def run_onnxruntime(results, folder, model, jobs, table):
    """One process a core, one thread each; start of the interpreters, imports and loading are not timed."""
    files = list(load_script(Path(model)).photos([Path(folder)]))
    with multiprocessing.get_context("spawn").Pool(int(jobs), start_worker, (model,)) as pool:
        pool.map(score_one, files[: 4 * int(jobs)], chunksize=1)
        before = workers_cpu()
        clock = Clock()
        scores = pool.map(score_one, files, chunksize=8)
        taken = clock.read()
        taken["cpu"] += workers_cpu() - before
    taken["others"] = max(taken["others"] - taken["cpu"], 0.0)
    with open(table, "w", encoding="utf-8") as file:
        csv.writer(file).writerows([("path", "score"), *scores])
    append(results, PEER, photos=len(scores), **taken)


def workers_cpu():
    """CPU seconds of the running worker processes; Linux only, 0 elsewhere."""
    total = 0.0
    for child in multiprocessing.active_children():
        try:
            fields = Path(f"/proc/{child.pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            return 0.0
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def run_command(results, name, *command):
    """Times a whole process: start, warm-up and writing the table included."""
    clock = Clock()
    done = subprocess.run(command, capture_output=True, text=True)
    taken = clock.read()
    if done.returncode not in (0, 3):
        sys.exit(f"{name}: exit status {done.returncode}: {done.stderr.strip()}")
    engine = next((line.split(None, 1)[1] for line in done.stdout.splitlines() if line.startswith("engine")), "")
    append(results, name, engine=engine, **taken)


def scores_in(path):
    with open(path, encoding="utf-8") as file:
        return {row["path"]: float(row["score"]) for row in csv.DictReader(file) if row["score"]}


def print_table(results, folder, packshot, jobs, out):
    with open(results, encoding="utf-8") as file:
        runs = [json.loads(line) for line in file]
    by_name = {name: [run for run in runs if run["name"] == name] for name, _ in ROWS}
    count = by_name[PEER][0]["photos"]
    ours = subprocess.run([packshot, "--version"], capture_output=True, text=True).stdout.strip()
    theirs = ", ".join(f"{package} {version(package)}" for package in ("onnxruntime", "pillow", "numpy"))
    print(f"{count} photos, {os.cpu_count()} cores, {jobs} workers, {len(by_name[PEER])} rounds; {ours}, {theirs}, ", end="")
    print(f"Python {platform.python_version()}\n")
    print("| | images/s, median | min | max | times the peer | CPU ms a photo | times the peer | cores used by others |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    medians = {}
    for name, words in ROWS:
        speeds = sorted(count / run["wall"] for run in by_name[name])
        cpu = statistics.median(run["cpu"] for run in by_name[name]) / count * 1e3
        others = statistics.median(run["others"] / run["wall"] for run in by_name[name])
        medians[name] = statistics.median(speeds), cpu
        against = [f"{medians[name][0] / medians[PEER][0]:.2f}", f"{medians[PEER][1] / cpu:.2f}"] if name != PEER else ["", ""]
        print(f"| {words} | {medians[name][0]:.1f} | {speeds[0]:.1f} | {speeds[-1]:.1f} | {against[0]} ", end="")
        print(f"| {cpu:.1f} | {against[1]} | {others:.1f} |")
    print(f"\nEngine by measurement: {by_name['auto'][-1]['engine']}.")
    base, other = scores_in(f"{out}/score-{PEER}.csv"), scores_in(f"{out}/score-auto.csv")
    apart = sorted(abs(base[path] - other[path]) for path in base.keys() & other.keys())
    print(f"Scores of {len(apart)} photos: {statistics.mean(apart):.4f} points apart on average, {apart[-1]:.4f} at most.")


if __name__ == "__main__":
    steps = {PEER: run_onnxruntime, "command": run_command, "table": print_table}
    steps[sys.argv[1]](*sys.argv[2:])
