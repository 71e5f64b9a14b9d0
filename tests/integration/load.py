#!/usr/bin/env python3
"""The scoring server under load: load.py BINARY [--requests N] [--at-a-time N]. Python's standard library alone.

First every request of many is answered right while one in twenty carries a damaged file: the status that belongs to it, and for a
sound photo the score that `packshot score` gives; and the server's memory at the end is what it was at the start. Then SIGTERM in
the middle of the load: every request is answered or refused, none is lost, and the server ends with status 0.
"""

import argparse
import csv
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

# How far an answer may lie from the score on the desktop, in points.
SAME = 0.001
# Requests before memory counts: buffers, threads and the allocator's pools have their size then.
WARM = 500
# Growth of memory that is noise: a share, and megabytes.
GROWTH, NOISE_MB = 0.10, 32
SHARE_DAMAGED = 0.05


def say(text):
    print(text, flush=True)


def packshot(binary, project, *arguments, expect=(0,)):
    ran = subprocess.run([binary, "--project", project, *map(str, arguments)], capture_output=True, text=True)
    assert ran.returncode in expect, (arguments, ran.returncode, ran.stderr[-2000:])


def photos_and_scores(binary, folder):
    """Bytes and expected score of sound photos, by name: the demo catalogue, and real photos where there are some."""
    project = folder / "project"
    packshot(binary, project, "demo", folder / "demo", "--skus", 12, "--shots", 5, "--seed", 5)
    found = sorted((folder / "demo" / "images").rglob("*.*"))
    shared = Path(os.environ.get("PACKSHOT_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")) / "products"
    real = (path for path in shared.rglob("*") if path.suffix.lower() in {".jpg", ".png"} and path.stat().st_size < 300_000)
    found += sorted(real)[:60]
    table = folder / "scores.csv"
    packshot(binary, project, "score", *found, "-o", table, "--scores-only", "--device", "cpu", expect=(0, 3))
    with table.open(encoding="utf-8", newline="") as rows:
        scores = {row["path"]: float(row["score"]) for row in csv.DictReader(rows) if row["score"]}
    assert len(scores) > 50, "most photos have a score"
    return project, [(Path(path).read_bytes(), score) for path, score in scores.items()]


def damaged(photo, number):
    """A file that is no whole photo, in one of several ways."""
    chance = random.Random(number)
    ways = [
        lambda: photo[: chance.randrange(4, len(photo) * 9 // 10)],
        lambda: photo[: len(photo) // 2] + bytes(len(photo) // 2),
        lambda: b"\0" * len(photo),
        lambda: photo[64:],
        lambda: b"<html><body>502 Bad Gateway</body></html>",
        lambda: chance.randbytes(2000),
    ]
    return ways[number % len(ways)]()


class Serving:
    """A server on a free port."""

    def __init__(self, binary, project):
        command = [binary, "--project", project, "serve", "--port", "0", "--scores-only"]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        line = next(line for line in self.process.stderr if line.startswith("listening on"))
        self.address = line.split("//")[1].strip()
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def memory_mb(self):
        """What the process holds in memory."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.partition("VmRSS:")[2].split()[0]) / 1024

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(120)


class Client:
    """One connection that is kept."""

    def __init__(self, address):
        self.connection = http.client.HTTPConnection(address, timeout=120)

    def ask(self, body):
        """Status and JSON."""
        kind = "image/png" if body.startswith(b"\x89PNG") else "image/jpeg"
        self.connection.request("POST", "/predict", body, {"content-type": kind})
        answer = self.connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else {}


def wrong(status, answer, score):
    """What is wrong with an answer; nothing when it is right. Damaged files have no score."""
    if score is None:
        return None if status == 422 and answer.get("detail") else f"a damaged file: {status} {answer}"
    if status != 200 or answer.get("score") is None:
        return f"a sound photo: {status} {answer}"
    return None if abs(answer["score"] - score) <= SAME else f"{answer['score']} instead of {score}"


def many(serving, photos, requests, at_a_time):
    """Sends requests and holds every answer against the truth."""
    lock, numbers, statuses, faults, memory = threading.Lock(), iter(range(requests)), Counter(), [], {}

    def work():
        client = Client(serving.address)
        while True:
            with lock:
                number = next(numbers, None)
                if number is not None and (number == WARM or number % max(requests // 5, 1) == 0):
                    memory[number] = serving.memory_mb()
            if number is None:
                return
            body, score = photos[number % len(photos)]
            if int((number + 1) * SHARE_DAMAGED) > int(number * SHARE_DAMAGED):
                body, score = damaged(body, number), None
            try:
                status, answer = client.ask(body)
                fault = wrong(status, answer, score)
            except (OSError, http.client.HTTPException, ValueError) as error:
                status, fault = "none", f"no answer: {error!r}"
                client = Client(serving.address)
            with lock:
                statuses[status] += 1
                if fault:
                    faults.append((number, fault))

    begun = time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(at_a_time)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    seconds = time.monotonic() - begun
    memory[requests] = serving.memory_mb()
    say(f"{requests} requests, {at_a_time} at a time: {seconds:.0f} s, {requests / seconds:.0f} a second, by status {dict(statuses)}")
    say("memory by request: " + ", ".join(f"{number}: {size:.0f} MB" for number, size in sorted(memory.items())))
    assert not faults, f"{len(faults)} answers are wrong, such as {faults[:5]}"
    assert statuses[422] == int(requests * SHARE_DAMAGED), statuses
    start = memory.get(WARM, memory[requests])
    assert memory[requests] <= start * (1 + GROWTH) + NOISE_MB, f"memory grew from {start:.0f} to {memory[requests]:.0f} MB"
    say(f"every answer is right; memory {start:.0f} MB at the start, {memory[requests]:.0f} MB at the end")


def stopped_under_load(serving, photos, at_a_time):
    """SIGTERM while requests are under way; a client stops at its first refusal."""
    lock, outcomes, faults, last = threading.Lock(), Counter(), [], [0.0]

    def work(offset):
        client = Client(serving.address)
        for number in range(offset, 10**9, at_a_time):
            body, score = photos[number % len(photos)]
            try:
                client.connection.connect()
            except OSError:
                with lock:
                    outcomes["not let in"] += 1
                return
            try:
                status, answer = client.ask(body)
                fault = None if status == 503 else wrong(status, answer, score)
            except (OSError, http.client.HTTPException, ValueError) as error:
                status, fault = "none", f"lost: {error!r}"
            finally:
                client.connection.close()
            with lock:
                outcomes[status] += 1
                last[0] = time.monotonic()
                faults.extend([fault] if fault else [])
            if status != 200:
                return

    threads = [threading.Thread(target=work, args=(offset,)) for offset in range(at_a_time)]
    [thread.start() for thread in threads]
    time.sleep(3)
    told = time.monotonic()
    code = serving.end()
    [thread.join() for thread in threads]
    say(f"SIGTERM with {at_a_time} requests under way: {dict(outcomes)}, the last answer {last[0] - told:.2f} s later, status {code}")
    assert not faults and code == 0, (faults[:5], code)
    assert outcomes[200] > at_a_time, outcomes
    say("no request that was taken in was lost")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("binary")
    arguments.add_argument("--requests", type=int, default=10_000)
    arguments.add_argument("--at-a-time", type=int, default=16)
    given = arguments.parse_args()
    if not Path("/proc/self/status").exists():
        sys.exit("error: memory is read from /proc: this needs Linux")
    with tempfile.TemporaryDirectory() as folder:
        project, photos = photos_and_scores(given.binary, Path(folder))
        serving = Serving(given.binary, project)
        try:
            many(serving, photos, given.requests, given.at_a_time)
            stopped_under_load(serving, photos, given.at_a_time)
        finally:
            serving.process.kill()


if __name__ == "__main__":
    main()
