"""The Spark job against a real MLflow server: the desktop's scores, and no row lost or doubled when a process is killed."""

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import conftest
import pyarrow.parquet
import pytest

SCRIPT = conftest.PACKAGING / "spark" / "score.py"
COPIES = 8


def submit(master, source, output, *more):
    """The command of the documented job."""
    memory = ["--driver-memory", "1g", "--conf", "spark.ui.enabled=false"]
    options = ["--source", str(source), "--output", str(output), *map(str, more)]
    return [conftest.tool("spark-submit"), "--master", master, *memory, str(SCRIPT), *options]


@contextlib.contextmanager
def job(command, url, log):
    """The job as a process; gone when the block ends."""
    env = conftest.environment() | {"MLFLOW_TRACKING_URI": url}
    with open(log, "wb") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=env, start_new_session=True)
    try:
        yield process
    finally:
        conftest.stop(process)


def finish(process, log):
    """The exit status and the JSON summary."""
    output, _ = process.communicate(timeout=400)
    lines = output.decode().splitlines()
    assert lines, Path(log).read_text()[-4000:]
    return process.returncode, json.loads(lines[-1])


def rows(folder):
    """The written rows by path."""
    found = pyarrow.parquet.read_table(folder).to_pylist()
    by_path = {row["path"].removeprefix("file:"): row for row in found}
    assert len(by_path) == len(found), "a photo has two rows"
    return by_path


def test_the_documented_job_scores_as_the_desktop_does(champion, mlflow_server, photos, desktop_scores, tmp_path):
    commands = conftest.printed(conftest.PACKAGING / "spark" / "README.md", "run")
    commands = commands.replace("http://127.0.0.1:5000", mlflow_server)
    (tmp_path / "photos").symlink_to(photos)
    env = conftest.environment() | {"HOME": str(tmp_path)}

    def run():
        return subprocess.run(["bash", "-ec", commands], cwd=SCRIPT.parent, env=env, capture_output=True, text=True)

    ran = run()
    assert ran.returncode == 3, ran.stderr[-4000:]
    found = {
        path.replace(str(tmp_path / "photos"), str(photos)): row for path, row in rows(tmp_path / "scores.parquet").items()
    }
    conftest.agree(found, desktop_scores)
    summary = json.loads(ran.stdout.splitlines()[-1])
    assert summary["photos"] == len(found) == len(desktop_scores) and summary["failed"] == 2
    assert {row["model"] for row in found.values()} == {f"models:/packshot/{champion}"}

    again = run()
    assert again.returncode not in (0, 3)
    assert "PATH_ALREADY_EXISTS" in again.stdout + again.stderr, again.stdout[-2000:] + again.stderr[-4000:]


@pytest.fixture(scope="module")
def many(photos, tmp_path_factory):
    """Enough photos for a job of many tasks."""
    folder = tmp_path_factory.mktemp("many")
    for copy in range(COPIES):
        (folder / str(copy)).mkdir()
        for path in photos.rglob("*"):
            if path.is_file():
                os.link(path, folder / str(copy) / f"{path.parent.name}-{path.name}")
    return folder


def processes(session):
    """Processes of a session: id -> (parent, command, processor seconds)."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                found[int(folder.name)] = (int(fields[1]), command, seconds)
    return found


def at_work(session):
    """A Python worker that scores photos, once there is one."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        found = processes(session)
        daemons = {id for id, (_, command, _) in found.items() if "pyspark.daemon" in command}
        workers = [id for id in daemons if found[id][0] in daemons and found[id][2] > 1]
        if workers:
            return workers[0]
        time.sleep(0.05)
    pytest.fail("no worker began to score")


def check_complete(status, summary, output, many, desktop_scores):
    found = rows(output)
    wanted = {str(path) for path in many.rglob("*") if path.is_file()}
    assert set(found) == wanted and len(wanted) == COPIES * len(desktop_scores)
    assert status == 3 and summary["failed"] == 2 * COPIES, summary


def test_a_killed_python_worker_loses_and_doubles_nothing(champion, mlflow_server, many, desktop_scores, tmp_path):
    log, output = tmp_path / "log", tmp_path / "scores"
    # In local mode a task is tried again only when the master says how often it may fail.
    with job(submit("local[2,4]", many, output, "--partition-mb", 32), mlflow_server, log) as process:
        os.kill(at_work(process.pid), signal.SIGKILL)
        assert process.poll() is None and not (output / "_SUCCESS").exists()
        status, summary = finish(process, log)
    said = log.read_text()
    assert "Lost task" in said and "Python worker exited unexpectedly" in said
    check_complete(status, summary, output, many, desktop_scores)


@pytest.fixture
def cluster(tmp_path):
    """A standalone Spark of two executors; its address and the session of the first one's worker."""
    spark = conftest.tool("spark-class")
    port, page = conftest.free_port(), conftest.free_port()
    deploy = "org.apache.spark.deploy"
    env = {"SPARK_DAEMON_MEMORY": "512m", "SPARK_WORKER_DIR": str(tmp_path / "work")}
    master = [spark, f"{deploy}.master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", str(page)]
    with contextlib.ExitStack() as stack:
        stack.enter_context(conftest.server(master, f"http://127.0.0.1:{page}", tmp_path / "master.log", env))
        url = f"spark://127.0.0.1:{port}"
        workers = []
        for number in range(2):
            page = conftest.free_port()
            options = ["--host", "127.0.0.1", "--cores", "1", "--memory", "1g", "--webui-port", str(page), url]
            worker = [spark, f"{deploy}.worker.Worker", *options]
            log = tmp_path / f"worker-{number}.log"
            workers.append(stack.enter_context(conftest.server(worker, f"http://127.0.0.1:{page}", log, env)))
        yield url, workers[0].pid


def test_a_killed_executor_loses_and_doubles_nothing(cluster, champion, mlflow_server, many, desktop_scores, tmp_path):
    url, session = cluster
    log, output = tmp_path / "log", tmp_path / "scores"
    with job(submit(url, many, output, "--partition-mb", 32), mlflow_server, log) as process:
        at_work(session)
        found = processes(session).items()
        executor = next(id for id, (_, command, _) in found if "CoarseGrainedExecutorBackend" in command)
        os.kill(executor, signal.SIGKILL)
        assert process.poll() is None and not (output / "_SUCCESS").exists()
        status, summary = finish(process, log)
    assert "Lost executor" in log.read_text()
    check_complete(status, summary, output, many, desktop_scores)
