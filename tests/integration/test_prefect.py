"""The flows against a real Prefect server: as the README prints them, and when programs fail, are killed or are cancelled."""

import contextlib
import csv
import os
import subprocess
import sys
import time
from pathlib import Path

import conftest
import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import TaskRunFilter, TaskRunFilterFlowRunId

FLOWS = conftest.PACKAGING / "prefect"
README = FLOWS / "README.md"
sys.path.insert(0, str(FLOWS))


@pytest.fixture(scope="module")
def home(binary, demo, tmp_path_factory):
    """A home folder with all that the README names: photos with labels, labels to judge by, and the program on the path."""
    home = tmp_path_factory.mktemp("home")
    (home / "photos").symlink_to(demo / "images")
    subprocess.run([binary, "demo", home / "other", "--skus", "8", "--shots", "4", "--seed", "9"], check=True)
    # Paths in a label file are relative to it.
    for file, labels, folder in (("labels.csv", demo, "photos"), ("held-out.csv", home / "other", "other/images")):
        text = (labels / "labels.csv").read_text()
        (home / file).write_text(text.replace("images/", f"{folder}/"))
    (home / "bin").mkdir()
    (home / "bin" / "packshot").symlink_to(binary)
    (home / "photos" / "broken.jpg").write_bytes(b"no photo")
    yield home
    (home / "photos" / "broken.jpg").unlink()


@pytest.fixture(scope="module")
def env(home):
    """The environment of a Prefect server, which runs as long."""
    port = conftest.free_port()
    env = conftest.environment() | {
        "HOME": str(home),
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    env["PATH"] = f"{home / 'bin'}{os.pathsep}{env['PATH']}"
    command = [conftest.tool("prefect"), "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with conftest.server(command, f"{env['PREFECT_API_URL']}/health", home / "server.log", env):
        yield env


def shell(text, env, expect=0):
    """Runs lines as a person types them in the folder of the flows."""
    ran = subprocess.run(["bash", "-ec", text], cwd=FLOWS, env=env, capture_output=True, text=True)
    assert ran.returncode == expect, f"{text}\n{ran.stdout[-4000:]}\n{ran.stderr[-4000:]}"
    return ran.stdout


@pytest.fixture(scope="module")
def api(env):
    """A client of the server."""
    before = os.environ.copy()
    os.environ.update({key: value for key, value in env.items() if key.startswith(("PREFECT", "DO_NOT"))})
    from prefect.settings.context import temporary_settings

    with temporary_settings(), get_client(sync_client=True) as client:
        yield client
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def worker(env, home):
    """What the README sets up, and a worker that runs until the tests end."""
    *setup, start = conftest.printed(README, "set up").splitlines()
    shell("\n".join(setup), env)
    with open(home / "worker.log", "wb") as log:
        process = subprocess.Popen(["bash", "-ec", start], cwd=FLOWS, env=env, stdout=log, stderr=log, start_new_session=True)
    yield home / "worker.log"
    conftest.stop(process)


def newest_run(api, deployment):
    """The flow run that ended last, of a deployment."""
    found = api.read_deployment_by_name(deployment)
    runs = api.read_flow_runs(limit=200)
    runs = [run for run in runs if run.deployment_id == found.id and run.start_time]
    return max(runs, key=lambda run: run.start_time)


def artifacts(api):
    """The newest artifact of every key."""
    found = sorted(api.read_artifacts(), key=lambda artifact: artifact.created)
    return {artifact.key: artifact for artifact in found}


def test_the_flows_run_as_documented(worker, env, home, api, binary):
    train, score = conftest.printed(README, "run").splitlines()
    shell(train, env)
    run = newest_run(api, "packshot-training/weekly")
    assert run.state.is_completed() and "is in use" in run.state.message, worker.read_text()[-4000:]
    shell(score, env)
    run = newest_run(api, "packshot-inference/nightly")
    assert run.state.is_completed() and "1 without a score" in run.state.message, worker.read_text()[-4000:]

    found = artifacts(api)
    wanted = {"packshot-training-report", "packshot-broken-rules", "packshot-worst-photos", "packshot-scores"}
    assert wanted | {"packshot-part-1", "packshot-part-2", "packshot-training"} <= set(found)
    assert "| srcc |" in found["packshot-training-report"].data
    assert "broken.jpg" in found["packshot-scores"].data and found["packshot-part-1"].data == 100.0

    file = next((home / "shop" / "reports").glob("scores-*/scores.csv"))
    flow_rows = read(file)
    shop = conftest.Packshot(binary, home / "shop")
    model = next(row["model"] for row in flow_rows if row["model"])
    shop.run("score", home / "photos", "--model", model, "-o", home / "direct.csv", expect=(3,))
    direct = read(home / "direct.csv")
    assert [row["path"] for row in flow_rows] == [row["path"] for row in direct] and len(direct) == 51
    assert [row["score"] for row in flow_rows] == [row["score"] for row in direct]
    assert not list(file.parent.glob("part-*"))


def read(file):
    with open(file, encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


def test_schedules_make_runs(worker, api):
    names = {"packshot-training/weekly": "0 3 * * 0", "packshot-inference/nightly": "0 2 * * *"}
    end = time.monotonic() + 60
    while time.monotonic() < end:
        runs = [run for run in api.read_flow_runs(limit=200) if run.state.is_scheduled() and run.auto_scheduled]
        deployments = {run.deployment_id for run in runs}
        if len(deployments) == len(names):
            break
        time.sleep(1)
    for name, cron in names.items():
        found = api.read_deployment_by_name(name)
        assert found.id in deployments, f"no run of {name} is scheduled"
        assert [schedule.schedule.cron for schedule in found.schedules] == [cron] and found.schedules[0].active


def use(binary, env, home, project):
    """Points the block at another program and project."""
    shell(f"python settings.py --binary {binary} --project {home / project}", env)


def failing(home, binary, name, failure):
    """A program that fails once for each part in a given way, and then does what it should."""
    file = home / name
    file.write_text(
        f"""#!/bin/bash
case "$*" in
  *--shard*) all="$*"; part=${{all##*--shard }}; mark="{home}/{name}-${{part%%/*}}"
             [ -e "$mark" ] || {{ touch "$mark"; {failure}; }};;
esac
exec {binary} "$@"
"""
    )
    file.chmod(0o755)
    return file


@pytest.mark.parametrize(
    ("name", "failure"),
    [("busy", """echo '{"error": {"code": "busy", "message": "in use", "hint": null}}'; exit 75"""), ("killed", "kill -9 $$")],
)
def test_what_trying_again_can_help_is_tried_again(worker, env, home, api, binary, name, failure):
    use(failing(home, binary, name, failure), env, home, "shop")
    shell("prefect deployment run packshot-inference/nightly --watch --param model=default", env)
    run = newest_run(api, "packshot-inference/nightly")
    assert run.state.is_completed() and "50 photos scored" in run.state.message
    assert counts(api, run) == [2, 2]


def counts(api, run):
    """How often each scoring task ran."""
    by_run = TaskRunFilter(flow_run_id=TaskRunFilterFlowRunId(any_=[run.id]))
    end = time.monotonic() + 30
    while time.monotonic() < end:
        tasks = [task for task in api.read_task_runs(task_run_filter=by_run) if task.task_key.startswith("score_part")]
        if tasks and all(task.state.is_final() for task in tasks):
            break
        time.sleep(0.5)
    return sorted(task.run_count for task in tasks)


def test_what_trying_again_cannot_help_fails_at_once(worker, env, home, api, binary):
    use(binary, env, home, "shop")
    shell("prefect deployment run packshot-inference/nightly --watch --param model=none-such", env, expect=1)
    run = newest_run(api, "packshot-inference/nightly")
    assert run.state.is_failed() and "none-such" in run.state.message
    assert counts(api, run) == [1, 1]


def started_by(marker):
    """Processes whose command line contains a text."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if marker in command and "score" in command and int(folder.name) != os.getpid():
                found.append(int(folder.name))
    return found


def test_a_cancelled_flow_leaves_no_program_behind(worker, env, home, api, binary):
    many = home / "many"
    for copy in range(30):
        (many / str(copy)).mkdir(parents=True)
        for photo in (home / "photos").resolve().rglob("*.jpg"):
            # Each has a content of its own: a photo that is known is not scored again.
            (many / str(copy) / f"{photo.parent.name}-{photo.name}").write_bytes(photo.read_bytes() + bytes([copy]))
    use(binary, env, home, "cancelled")
    marker = str(home / "cancelled")
    command = ["prefect", "deployment", "run", "packshot-inference/nightly", "--param", f"photos={many}"]
    shell(" ".join(command), env)
    wait_until(lambda: len(started_by(marker)) == 2, 120, "the scoring did not begin")
    time.sleep(2)
    assert len(started_by(marker)) == 2, "the scoring is over already"
    run = newest_run(api, "packshot-inference/nightly")
    shell(f"prefect flow-run cancel {run.id}", env)
    wait_until(lambda: api.read_flow_run(run.id).state.is_cancelled(), 90, "the flow was not cancelled")
    wait_until(lambda: not started_by(marker), 30, "a program goes on scoring")


def wait_until(done, seconds, otherwise):
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, otherwise
        time.sleep(0.5)


def test_parts_that_overlap_are_no_table(tmp_path):
    import tables

    first, second, merged = tmp_path / "1.csv", tmp_path / "2.csv", tmp_path / "all.csv"
    first.write_text("path,score,error\nb,2,\n")
    second.write_text("path,score,error\na,,broken\n")
    assert [row["path"] for row in tables.merge([first, second], merged)] == ["a", "b"]
    merged.unlink()
    second.write_text("path,score,error\nb,3,\n")
    with pytest.raises(ValueError, match="more than one part"):
        tables.merge([first, second], merged)
    second.write_text("path,score,low,error\nc,3,1,\n")
    with pytest.raises(ValueError, match="other columns"):
        tables.merge([first, second], merged)
    assert not merged.exists()
