#!/usr/bin/env python3
"""Scores product photos with a model that `packshot export onnx` wrote.

    pip install numpy pillow onnxruntime
    python quality_score.py PHOTO_OR_FOLDER... > scores.csv

Prints path,score,low,high,error: scores 0-100, higher is better, with the ends of their 90 % interval. A photo that cannot
be read has an error instead of a score, and the exit status is then 3. The model is the .onnx file of the same name beside
this script (quality.onnx for quality_score.py); --model names another. As a module, `views` makes a photo's input.

The photo is prepared as Packshot does it: upright, transparency on white, at most 1600 pixels long, then two views of
192x192: the whole photo, and a mosaic of 36 patches at native resolution. Pillow's resize and JPEG decoder are close
relatives of Packshot's: scores differ by a few thousandths of a point.
"""

import argparse
import csv
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageOps

PREPROCESS = "2"  # The version of the preparation below; a model says which one it needs.
VIEWING_SIZE = 1600
EDGE = 192
GRID = 6
PATCH = EDGE // GRID
CANDIDATES = 3
BLOCK = 8  # Patches start on the grid of JPEG's blocks.
EXTENSIONS = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"}


def load(path):
    """The photo at `path`: upright RGB, 8 bits a channel, transparency laid on white."""
    with Image.open(path) as photo:
        photo.load()
        ImageOps.exif_transpose(photo, in_place=True)
        if photo.mode.startswith("I"):  # 16 bits of grey
            grey = np.clip(np.rint(np.asarray(photo, dtype=np.float64) / 257), 0, 255).astype(np.uint8)
            photo = Image.fromarray(grey)
        if photo.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in photo.info:
            rgba = np.asarray(photo.convert("RGBA"), dtype=np.uint32)
            alpha = rgba[..., 3:]
            return Image.fromarray(((rgba[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8))
        return photo if photo.mode == "RGB" else photo.convert("RGB")


def fit(photo, longest):
    """The photo with its longer edge at most `longest` pixels, never enlarged."""
    edge = max(photo.size)
    if edge <= longest:
        return photo
    width, height = (max((side * longest * 2 // edge + 1) // 2, 1) for side in photo.size)
    # First the height, then the width: the order shows, since values are cut to 0-255 in between.
    shorter = photo.resize((photo.width, height), Image.Resampling.LANCZOS)
    return shorter.resize((width, height), Image.Resampling.LANCZOS)


def on_white(photo, edge):
    """A photo with a side shorter than `edge` in the middle of white."""
    width, height = photo.size
    if width >= edge and height >= edge:
        return photo
    canvas = Image.new("RGB", (max(width, edge), max(height, edge)), "white")
    canvas.paste(photo, ((canvas.width - width) // 2, (canvas.height - height) // 2))
    return canvas


def candidates(length):
    """Where patches may start along a side: [GRID, CANDIDATES]."""
    cell = length / GRID
    room = max(cell - PATCH, 0.0)
    starts = np.arange(GRID)[:, None] * cell + room * np.arange(CANDIDATES)[None, :] / (CANDIDATES - 1)
    starts = np.minimum(np.floor(starts + 0.5).astype(np.int64), length - PATCH)
    return starts // BLOCK * BLOCK


def mosaic(photo):
    """GRID x GRID native patches, each the most detailed of its cell: [EDGE, EDGE, 3]."""
    pixels = np.asarray(on_white(photo, PATCH))
    height, width, _ = pixels.shape
    # [GRID, CANDIDATES], of rows and of columns; detail looks at every second pixel and its diagonal neighbour.
    tops, lefts = candidates(height), candidates(width)
    steps = np.arange(0, PATCH - 1, 2)
    ys, xs = tops[..., None] + steps, lefts[..., None] + steps
    rows, columns = ys.reshape(-1, 1), xs.reshape(1, -1)

    def luma(dy, dx):
        red, green, blue = np.moveaxis(pixels[rows + dy, columns + dx].astype(np.int32), -1, 0)
        return (2126 * red + 7152 * green + 722 * blue) // 10000

    detail = np.abs(luma(0, 0) - luma(1, 1))
    half = len(steps)
    detail = detail.reshape(GRID, CANDIDATES, half, GRID, CANDIDATES, half).sum(axis=(2, 5))
    # [row, column, candidate]; of equally detailed ones the last counts.
    detail = detail.transpose(0, 2, 1, 3).reshape(GRID, GRID, CANDIDATES**2)
    best = CANDIDATES**2 - 1 - detail[..., ::-1].argmax(axis=-1)
    canvas = np.empty((EDGE, EDGE, 3), dtype=np.uint8)
    for row in range(GRID):
        for column in range(GRID):
            top = tops[row, best[row, column] // CANDIDATES]
            left = lefts[column, best[row, column] % CANDIDATES]
            patch = pixels[top : top + PATCH, left : left + PATCH]
            canvas[row * PATCH : (row + 1) * PATCH, column * PATCH : (column + 1) * PATCH] = patch
    return canvas


def views(path):
    """The model's input for one photo: [2, 3, EDGE, EDGE] float32, 0-1."""
    photo = fit(load(path), VIEWING_SIZE)
    whole = np.asarray(on_white(fit(photo, EDGE), EDGE))
    return np.stack([whole, mosaic(photo)]).transpose(0, 3, 1, 2).astype(np.float32) / 255


def open_model(path, threads=0):
    """An onnxruntime session; refuses a model that needs another preparation."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    wanted = session.get_modelmeta().custom_metadata_map.get("packshot.preprocess")
    if wanted != PREPROCESS:
        sys.exit(f"{path} needs preparation {wanted}, this script makes {PREPROCESS}: export both again")
    return session


def photos(paths):
    """The photos below folders, sorted, and files as they are."""
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.suffix.lower() in EXTENSIONS and p.is_file())
        else:
            yield path


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("paths", nargs="+", type=Path, metavar="PHOTO_OR_FOLDER")
    script = Path(__file__)
    default = script.with_name(script.stem.removesuffix("_score") + ".onnx")
    arguments.add_argument("--model", type=Path, default=default, help=f"the .onnx file ({default.name})")
    options = arguments.parse_args()
    session = open_model(options.model)
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(["path", "score", "low", "high", "error"])
    failed = False
    for path in photos(options.paths):
        try:
            outputs = session.run(["score", "low", "high"], {"views": views(path)[None]})
            table.writerow([path, *(f"{output[0]:.4f}" for output in outputs), ""])
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            failed = True
            table.writerow([path, "", "", "", f"{error}"])
    return 3 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
