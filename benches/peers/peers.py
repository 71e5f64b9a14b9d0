"""The steps of run.sh: each appends one line a measurement to a results file, `table` prints them as Markdown."""

import json
import logging
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

EXTENSIONS = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff"}
ROWS = [  # name, what the row says, the row that it is compared with
    ("cleanvision", "cleanvision `find_issues`", None),
    ("encode", "imagededup PHash `encode_images`", None),
    ("find", "imagededup `find_duplicates` on those hashes", None),
    ("dedup", "imagededup, both steps", None),
    ("audit", "`packshot audit`", "cleanvision"),
    ("basic", "`packshot audit --measures …`, the basic ones", "cleanvision"),
    ("duplicates", "`packshot duplicates`", "dedup"),
    ("both", "`packshot audit --measures …` and `duplicates`", "cleanvision"),
]


class Clock:
    """Since it was made: seconds, CPU seconds of this process and its finished children, and those of all others."""

    def __init__(self):
        self.wall, self.cpu, self.all = time.perf_counter(), self.used(), self.used_by_all()

    @staticmethod
    def used():
        usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(usage.ru_utime + usage.ru_stime for usage in usages)

    @staticmethod
    def used_by_all():
        """Linux only, 0 elsewhere: user, nice, system, irq, softirq and steal of all cores."""
        if not sys.platform.startswith("linux"):
            return 0.0
        ticks = [int(field) for field in Path("/proc/stat").read_text().split()[1:9]]
        return (sum(ticks[:3]) + sum(ticks[5:])) / os.sysconf("SC_CLK_TCK")

    def read(self):
        cpu = self.used() - self.cpu
        others = max(self.used_by_all() - self.all - cpu, 0.0)
        return {"wall": time.perf_counter() - self.wall, "cpu": cpu, "others": others}


def append(results, name, **fields):
    with open(results, "a", encoding="utf-8") as file:
        file.write(json.dumps({"name": name, **fields}) + "\n")


def run_cleanvision(results, folder, jobs):
    """Runs its default checks; the imports are not timed."""
    from cleanvision import Imagelab

    clock = Clock()
    lab = Imagelab(data_path=folder, verbose=False)
    lab.find_issues(n_jobs=int(jobs), verbose=False)
    taken = clock.read()
    root = Path(folder).resolve()
    alarms = {}
    for column in (c for c in lab.issues.columns if c.startswith("is_")):
        flagged = lab.issues.index[lab.issues[column]]
        names = [Path(path).resolve().relative_to(root).as_posix() for path in flagged]
        alarms[column.removeprefix("is_").removesuffix("_issue")] = sorted(names)
    append(results, "cleanvision", photos=len(lab.issues), alarms=alarms, **taken)


def run_imagededup(results, folder, jobs):
    """Hashes, then searches at its default distance of 10; the imports are not timed."""
    # The package imports its CNN encoder, and with it torch, although PHash uses neither.
    for module, name in (("methods.cnn", "CNN"), ("utils.models", "CustomModel")):
        unused = ModuleType(f"imagededup.{module}")
        setattr(unused, name, None)
        sys.modules[unused.__name__] = unused
    from imagededup.methods import PHash

    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore", RuntimeWarning)
    hasher = PHash(verbose=False)
    clock = Clock()
    hashes = hasher.encode_images(folder, recursive=True, num_enc_workers=int(jobs))
    encoded = clock.read()
    append(results, "encode", photos=len(hashes), **encoded)
    clock = Clock()
    found = hasher.find_duplicates(encoding_map=hashes, num_dist_workers=int(jobs))
    searched = clock.read()
    append(results, "find", photos=len(hashes), **searched)
    both = {key: encoded[key] + searched[key] for key in encoded}
    append(results, "dedup", photos=len(hashes), flagged=sum(map(bool, found.values())), **both)


def run_command(results, name, *command):
    """Times a whole process with an empty data and cache folder, so that no round gains from the one before."""
    with tempfile.TemporaryDirectory() as fresh:
        env = {**os.environ, "XDG_DATA_HOME": fresh, "XDG_CACHE_HOME": fresh}
        env.pop("PACKSHOT_PROJECT", None)
        clock = Clock()
        try:
            done = subprocess.run(command, env=env, capture_output=True, text=True)
        except OSError as error:
            print(f"skipped {name}: {error}", file=sys.stderr)
            return
        taken = clock.read()
    if done.returncode not in (0, 3):  # 3: some photos failed and are listed
        said = (done.stderr.strip() or "no message").splitlines()[0]
        print(f"skipped {name}: exit status {done.returncode}: {said}", file=sys.stderr)
        return
    append(results, name, **taken)


def print_speeds(by_name, count):
    rates = {name: [count / run["wall"] for run in runs] for name, runs in by_name.items()}
    print("| | images/s, median | min | max | times its peer | CPU ms a photo | cores used by others |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for name, label, peer in ROWS:
        if name not in rates:
            print(f"| {label} | skipped | | | | | |")
            continue
        middle = statistics.median(rates[name])
        cpu = statistics.median(run["cpu"] for run in by_name[name]) * 1000 / count
        ratio = f"{middle / statistics.median(rates[peer]):.2f} ({peer})" if peer in rates else ""
        spread = f"{min(rates[name]):.1f} | {max(rates[name]):.1f}"
        others = statistics.mean(run["others"] / run["wall"] for run in by_name[name])
        print(f"| {label} | {middle:.1f} | {spread} | {ratio} | {cpu:.1f} | {others:.1f} |")


def print_alarms(alarms, count, studio, studio_count):
    print(f"\n| cleanvision flags | of all {count} | of the {studio_count} studio shots | which |")
    print("|---|--:|--:|---|")
    for issue, names in sorted(alarms.items()):
        shots = [name for name in names if name.split("/")[0] in studio]
        which = ", ".join(f"`{name}`" for name in shots[:4]) + (", …" if len(shots) > 4 else "")
        print(f"| {issue} | {len(names)} | {len(shots)} | {which} |")


def print_table(results, folder, packshot, jobs, *studio):
    with open(results, encoding="utf-8") as file:
        runs = [json.loads(line) for line in file]
    by_name = {}
    for run in runs:
        by_name.setdefault(run["name"], []).append(run)
    if len(by_name.get("basic", ())) == len(by_name.get("duplicates", (None,))):
        pairs = zip(by_name["basic"], by_name["duplicates"], strict=True)
        by_name["both"] = [{key: one[key] + two[key] for key in ("wall", "cpu", "others")} for one, two in pairs]
    root = Path(folder)
    photos = [p.relative_to(root) for p in root.rglob("*") if p.suffix.lower() in EXTENSIONS]
    count = len(photos)
    for name, first in ((name, of_name[0]) for name, of_name in by_name.items()):
        if first.get("photos", count) != count:
            print(f"warning: {name} read {first['photos']} photos of {count}", file=sys.stderr)
    try:
        ours = subprocess.run([packshot, "--version"], capture_output=True, text=True).stdout.strip()
    except OSError:
        ours = "packshot missing"
    theirs = ", ".join(f"{p} {version(p)}" for p in ("cleanvision", "imagededup", "pillow", "numpy"))
    print(f"{count} photos, {os.cpu_count()} cores, {jobs} workers, {len(by_name['cleanvision'])} rounds; ", end="")
    print(f"{ours or 'packshot missing'}, {theirs}, Python {platform.python_version()}\n")
    print_speeds(by_name, count)
    print(f"\nimagededup finds a duplicate for {by_name['dedup'][-1]['flagged']} photos.")
    in_studio = sum(photo.parts[0] in studio for photo in photos)
    print_alarms(by_name["cleanvision"][-1]["alarms"], count, studio, in_studio)


if __name__ == "__main__":
    steps = {"cleanvision": run_cleanvision, "imagededup": run_imagededup, "command": run_command, "table": print_table}
    steps[sys.argv[1]](*sys.argv[2:])
