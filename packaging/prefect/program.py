"""Runs the packshot program from a task: progress and messages into Prefect, one summary back."""

import contextlib
import json
import re
import signal
import subprocess
import threading
import time

from prefect import get_run_logger
from prefect.artifacts import create_progress_artifact, update_progress_artifact

PARTIAL = 3  # Some photos failed, and all of them are listed.
TRY_AGAIN = {75, 128 + signal.SIGKILL}  # Somebody holds what is needed; killed, as for memory.
SECONDS_BETWEEN_LINES = 5

_running = set()
_lock = threading.Lock()


class PackshotError(RuntimeError):
    """The program failed: its exit status, the code of its error, and what it said."""

    def __init__(self, status, error):
        message = error.get("message", "it was ended before it could say why")
        hint = error.get("hint")
        super().__init__(f"packshot ended with {status}: {message}" + (f" ({hint})" if hint else ""))
        self.status = status
        self.code = error.get("code")

    def __reduce__(self):
        return (_error_again, (self.args[0], self.status, self.code))


def _error_again(text, status, code):
    error = PackshotError(status, {"code": code})
    error.args = (text,)
    return error


def worth_retrying(_task, _task_run, state):
    """Whether trying again can help: by the exit status, and never for bad data or wrong arguments."""
    try:
        state.result()
    except PackshotError as error:
        return error.status in TRY_AGAIN
    except Exception:
        return False
    return False


@contextlib.contextmanager
def stopping_what_runs():
    """Stops the programs that still run when a flow ends early, as by a cancellation; what they finished is kept."""
    try:
        yield
    finally:
        with _lock:
            processes = list(_running)
        for process in processes:
            process.terminate()


def run(settings, *arguments, artifact=None):
    """The JSON summary of a packshot command. `artifact` names a progress artifact to keep up to date."""
    command = [settings.binary, "--project", settings.project, "--json", "--progress", "json", "--log", "warn"]
    command += [str(argument) for argument in arguments]
    logger = get_run_logger()
    logger.info("packshot %s", " ".join(_without_user(argument) for argument in command[8:]))
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", env=settings.environment()
    )
    with _lock:
        _running.add(process)
    try:
        watcher = threading.Thread(target=_drain, args=(process.stdout, lines := []))
        watcher.start()
        _watch(process.stderr, logger, create_progress_artifact(0.0, key=artifact) if artifact else None)
        watcher.join()
        status = process.wait()
    finally:
        with _lock:
            _running.discard(process)
        if process.poll() is None:
            process.terminate()
    status = 128 - status if status < 0 else status
    summary = _summary(lines)
    if status not in (0, PARTIAL) or "error" in summary:
        raise PackshotError(status, summary.get("error", {}))
    return summary


def _without_user(argument):
    """An address without the user and password before its host."""
    return re.sub(r"(://)[^/\s]*@", r"\1", argument)


def _drain(stream, lines):
    lines.extend(stream)


def _summary(lines):
    """The last line of the output."""
    try:
        return json.loads(lines[-1]) if lines else {}
    except ValueError:
        return {}


def _watch(stream, logger, artifact):
    """Tells Prefect what the program tells on the way."""
    told = 0.0
    for line in stream:
        try:
            event = json.loads(line)
        except ValueError:
            logger.warning("%s", line.rstrip())
            continue
        kind = event.get("event")
        if kind == "warning":
            logger.warning("%s", event["text"])
        if kind != "progress" or time.monotonic() - told < SECONDS_BETWEEN_LINES:
            continue
        told = time.monotonic()
        done, total = event["done"], event["total"]
        logger.info("%s %s/%s %s", event["stage"], done, total or "?", event["detail"])
        if artifact and total:
            update_progress_artifact(artifact, 100.0 * done / total)
    if artifact:
        update_progress_artifact(artifact, 100.0)
