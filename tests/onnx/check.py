"""Runs an exported model in onnxruntime: check.py FOLDER, called by tests/onnx/runtime.rs.

FOLDER holds model.onnx, the model_score.py written beside it, expected.csv (path, score, low, high of every photo as
Packshot has them; the path is empty for drawn pictures) and views.u8 (the very pixels that Packshot's network saw). Prints
one JSON object with the largest differences in points.
"""

import csv
import importlib.util
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime

OUTPUTS = ["score", "low", "high"]


def script(folder):
    spec = importlib.util.spec_from_file_location("model_score", folder / "model_score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def same_tensor(session, views, expected):
    """The largest difference over batches of one, of five and of all."""
    apart = 0.0
    for size in (1, 5, len(views)):
        for start in range(0, len(views), size):
            part = views[start : start + size].astype(np.float32) / 255
            outputs = np.stack(session.run(OUTPUTS, {"views": part}), axis=1)
            assert outputs.shape == (len(part), 3), outputs.shape
            apart = max(apart, float(np.abs(outputs - expected[start : start + size]).max()))
    return apart


def run_script(folder, rows):
    """The script as people run it: scores by path; a broken file is listed and stops nothing."""
    broken = folder / "broken.jpg"
    broken.write_bytes(b"no photo")
    command = [sys.executable, folder / "model_score.py", *(row["path"] for row in rows), broken]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 3, (ran.returncode, ran.stderr)
    table = list(csv.DictReader(io.StringIO(ran.stdout)))
    assert len(table) == len(rows) + 1 and table[-1]["error"] and not table[-1]["score"], table[-1]
    assert all(not row["error"] for row in table[:-1]), table
    return [float(row["score"]) for row in table[:-1]]


def main():
    folder = Path(sys.argv[1])
    module = script(folder)
    session = module.open_model(folder / "model.onnx")
    with open(folder / "expected.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    expected = np.array([[float(row[name]) for name in OUTPUTS] for row in rows])
    edge = module.EDGE
    pixels = np.fromfile(folder / "views.u8", dtype=np.uint8).reshape(len(rows), 2, 3, edge, edge)
    found = {"onnxruntime": onnxruntime.__version__, "same_tensor": same_tensor(session, pixels, expected)}
    real = [row for row in rows if row["path"]]
    if real:
        scores = run_script(folder, real)
        apart = np.abs(np.array(scores) - [float(row["score"]) for row in real])
        theirs = (np.stack([module.views(row["path"]) for row in real]) * 255).round().astype(int)
        levels = np.abs(theirs - pixels[: len(real)])
        found |= {
            "photos": len(real),
            "same_photo_mean": float(apart.mean()),
            "same_photo_max": float(apart.max()),
            "worst": Path(real[int(apart.argmax())]["path"]).name,
            "levels_mean": float(levels.mean()),
            "levels_max": int(levels.max()),
            "photos_equal": int((levels.reshape(len(real), -1).max(axis=1) == 0).sum()),
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
