"""What the integration tests share: the binary, photos, servers on the loopback address.

PACKSHOT_BIN names the binary (else target/debug/packshot), PACKSHOT_TEST_DATA the folder of real photos (else ../shared/data);
without real photos the demo catalogue takes their place.
"""

import contextlib
import csv
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
DEMO = ["--skus", "10", "--shots", "5", "--seed", "3"]


def free_port():
    """A port on the loopback address that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def answers(url):
    """Whether a server answers with 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status == 200
    except OSError:
        return False


def environment():
    """The environment for what the tests start: its Python and programs are those that run the tests."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    python = {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
    return os.environ | python | {"PATH": path, "SPARK_LOCAL_IP": "127.0.0.1"}


@contextlib.contextmanager
def server(command, url, log, env=None, cwd=None, seconds=120):
    """A server that answers at `url` until the block ends; its whole process group goes with it."""
    env = environment() | (env or {})
    with open(log, "wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=env, cwd=cwd, start_new_session=True)
    try:
        end = time.monotonic() + seconds
        while not answers(url):
            if process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"{command[0]} does not answer at {url}:\n{Path(log).read_text()[-3000:]}")
            time.sleep(0.3)
        yield process
    finally:
        stop(process)


def stop(process):
    """Ends a process and all it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(15)


def tool(name):
    """A program of the environment that runs the tests."""
    return str(Path(sys.executable).with_name(name))


def printed(page, name):
    """The commands that a page prints in a block marked with a comment `<!-- NAME -->`, without their remarks."""
    text = Path(page).read_text(encoding="utf-8")
    block = text.partition(f"<!-- {name} -->\n```")[2].partition("\n")[2].partition("\n```")[0]
    assert block, f"{page} has no block {name}"
    return "\n".join(line.partition("   #")[0].rstrip() for line in block.splitlines())


class Packshot:
    """The binary with a project."""

    def __init__(self, binary, project):
        self.binary = binary
        self.project = project

    def run(self, *arguments, expect=(0,)):
        """The JSON summary of a command."""
        command = [self.binary, "--project", self.project, "--json", "--progress", "none", *map(str, arguments)]
        ran = subprocess.run(command, capture_output=True, text=True)
        assert ran.returncode in expect, (command, ran.returncode, ran.stdout[-2000:], ran.stderr[-2000:])
        return json.loads(ran.stdout.splitlines()[-1])


@pytest.fixture(scope="session")
def binary():
    """The program under test."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    found = Path(os.environ.get("PACKSHOT_BIN", target / "debug" / "packshot"))
    assert found.exists(), f"there is no {found}: run `make build`, or name the binary in PACKSHOT_BIN"
    return str(found)


@pytest.fixture(scope="session")
def demo(binary, tmp_path_factory):
    """The demo catalogue, drawn once: images/ and labels.csv."""
    folder = tmp_path_factory.mktemp("demo") / "catalogue"
    subprocess.run([binary, "demo", folder, *DEMO], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def real_photos():
    """Real product photos of four sources, or nothing."""
    data = Path(os.environ.get("PACKSHOT_TEST_DATA", ROOT.parent / "shared" / "data")) / "products"
    found = []
    for source in ("abo-samples", "clothing-small", "grocery-iconic", "magento-luma"):
        found += sorted(path for path in (data / source).rglob("*") if path.suffix.lower() in {".jpg", ".png"})[:30]
    return found


@pytest.fixture(scope="session")
def photos(real_photos, demo, tmp_path_factory):
    """A folder of photos with awkward names, one file that is no photo and one that is cut short."""
    folder = tmp_path_factory.mktemp("photos")
    sources = real_photos or sorted((demo / "images").rglob("*.jpg"))[:60]
    for number, source in enumerate(sources):
        part = folder / ("plain" if number % 2 else "sku 7 & Äpfel")
        part.mkdir(exist_ok=True)
        shutil.copy(source, part / f"{number:03d} 100%{source.suffix.upper()}")
    (folder / "broken.jpg").write_bytes(b"no photo")
    whole = next(source for source in sources if source.suffix.lower() == ".jpg").read_bytes()
    (folder / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    return folder


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory):
    """An MLflow server with a database and artifacts of its own; its address."""
    folder = tmp_path_factory.mktemp("mlflow")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [tool("mlflow"), "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    env = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with server(command, f"{url}/health", folder / "server.log", env, folder):
        yield url


# How far the desktop's scores and those of exported models may lie apart, in points: over all photos at most and on average.
# Measured on 102 product photos: 0.018 and 0.004.
MOST_APART = 0.1
MEAN_APART = 0.02


def agree(rows, desktop):
    """Holds rows by path against the desktop's: the same photos, the same failures, scores within the tolerance."""
    assert set(rows) == set(desktop)
    failed = {path for path, row in rows.items() if row["error"]}
    assert failed == {path for path, row in desktop.items() if row["error"]}
    scored = sorted(set(rows) - failed)
    apart = {name: [abs(rows[path][name] - float(desktop[path][name])) for path in scored] for name in ("score", "low", "high")}
    for name, values in apart.items():
        print(f"{name}: {len(values)} photos, at most {max(values):.4f} apart, {sum(values) / len(values):.4f} on average")
        assert max(values) < MOST_APART and sum(values) / len(values) < MEAN_APART


@pytest.fixture(scope="session")
def project(binary, demo, tmp_path_factory):
    """A project whose champion was trained on the demo catalogue."""
    project = Packshot(binary, tmp_path_factory.mktemp("project") / "shop")
    project.run("open", demo / "images")
    project.run("label", "import", demo / "labels.csv")
    settings = ["--set", "train.architecture=cnn-xs", "--epochs", 12, "--device", "cpu"]
    trained = project.run("train", *settings)
    project.run("models", "promote", trained["model"])
    project.trained_run = trained["run"]
    return project


@pytest.fixture(scope="session")
def desktop_scores(project, photos, tmp_path_factory):
    """The desktop's rows by path."""
    file = tmp_path_factory.mktemp("scores") / "scores.csv"
    project.run("score", photos, "-o", file, "--scores-only", "--device", "cpu", expect=(3,))
    with open(file, encoding="utf-8", newline="") as table:
        return {row["path"]: row for row in csv.DictReader(table)}


@pytest.fixture(scope="session")
def champion(project, mlflow_server):
    """The champion in MLflow: its version."""
    import mlflow

    project.run("export", "mlflow", "--tracking-uri", mlflow_server, "--run", project.trained_run)
    mlflow.set_tracking_uri(mlflow_server)
    return mlflow.MlflowClient().get_model_version_by_alias("packshot", "champion").version
