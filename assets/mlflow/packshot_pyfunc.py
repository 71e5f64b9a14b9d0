"""Scores photos inside MLflow: the loader of a Packshot model's python_function flavour.

The model takes one column, `content`, with the bytes of image files, and gives a row for each: `score` (0-100, higher is
better), `low` and `high` (the ends of its 90 % interval) and `error`, which is empty unless the photo could not be read; the
numbers are then missing. A photo that cannot be read never fails its batch.

Needs numpy, pandas, Pillow, onnxruntime, and packshot_views.py beside it: the script that `packshot export onnx` writes, which
prepares a photo as Packshot does. Photos are scored one by one, so a score does not depend on its batch.
"""

import base64
import binascii
import io
import threading
from pathlib import Path

import numpy as np
import packshot_views
import pandas as pd
from PIL import Image, UnidentifiedImageError

COLUMN = "content"
NUMBERS = ["score", "low", "high"]
MAX_PIXELS = 100_000_000  # Packshot's own limit, decode.max_megapixels.


def from_base64(text):
    """Bytes of base64, or a reason in words."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"this is not base64 of an image file: {error}") from error


def image_bytes(value):
    """The bytes of an image file; text, and bytes that are text, are base64, as JSON requests carry them."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    if isinstance(value, str):
        text = value.split(";base64,", 1)[-1] if value.startswith("data:") else value
        return from_base64("".join(text.split()))
    if not isinstance(value, bytes | bytearray | memoryview):
        raise ValueError(f"{COLUMN} holds the bytes of an image file, or base64 of them, not {type(value).__name__}")
    value = bytes(value)
    try:
        # No image format consists of these letters alone.
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        return value


def contents(model_input):
    """The photos of whatever MLflow hands over: a table, a mapping of columns, rows, or the bare column."""
    if isinstance(model_input, pd.DataFrame):
        if COLUMN in model_input:
            return list(model_input[COLUMN])
        if model_input.shape[1] == 1:
            return list(model_input.iloc[:, 0])
        raise ValueError(f"the input needs a column {COLUMN}; it has {', '.join(map(str, model_input.columns))}")
    if isinstance(model_input, dict):
        if COLUMN not in model_input:
            raise ValueError(f"the input needs a column {COLUMN}; it has {', '.join(map(str, model_input))}")
        model_input = model_input[COLUMN]
    if isinstance(model_input, str | bytes | bytearray | memoryview):
        return [model_input]
    if isinstance(model_input, np.ndarray):
        return list(model_input.reshape(-1))
    return [row[COLUMN] if isinstance(row, dict) else row for row in model_input]


class Scorer:
    """A model file, opened in the process that scores: a session cannot travel to Spark's workers."""

    def __init__(self, model, threads):
        self.model = model
        self.threads = threads
        self._open()

    def _open(self):
        self._session = None
        self._lock = threading.Lock()

    def __getstate__(self):
        return {"model": self.model, "threads": self.threads}

    def __setstate__(self, state):
        self.__dict__.update(state)
        self._open()

    def session(self):
        """The onnxruntime session of this process."""
        with self._lock:
            if self._session is None:
                try:
                    self._session = packshot_views.open_model(self.model, self.threads)
                except SystemExit as reason:  # The script ends with a message; a worker must not end.
                    raise RuntimeError(str(reason)) from reason
            return self._session

    def score(self, value):
        """Score, low, high and error of one photo."""
        try:
            content = image_bytes(value)
            if not content:
                raise ValueError("the file is empty")
            with Image.open(io.BytesIO(content)) as photo:
                width, height = photo.size
            if width * height > MAX_PIXELS:
                raise ValueError(f"the photo has {width} x {height} pixels, more than {MAX_PIXELS // 10**6} million")
            views = packshot_views.views(io.BytesIO(content))
        except UnidentifiedImageError:
            return [None, None, None, "this is not an image file"]
        except Exception as error:  # Pillow raises whatever broken metadata lead to: one photo must not fail a batch.
            return [None, None, None, f"{error}" or type(error).__name__]
        outputs = self.session().run(NUMBERS, {"views": views[None]})
        return [*(float(output[0]) for output in outputs), ""]

    def predict(self, model_input, params=None):  # noqa: ARG002 (MLflow's signature)
        """One row a photo, in the order of the input and with its index."""
        index = model_input.index if isinstance(model_input, pd.DataFrame) else None
        rows = [self.score(value) for value in contents(model_input)]
        table = pd.DataFrame(rows, columns=[*NUMBERS, "error"], index=index)
        if table["error"].any():
            # MLflow's server writes a missing float as NaN, which is no JSON, and a missing object as null.
            return table.astype("object").where(table.notna(), None)
        return table.astype({name: "float64" for name in NUMBERS} | {"error": "object"})


def _load_pyfunc(data_path, model_config=None):
    """What MLflow calls: `data_path` is the model's `data` folder; `threads` in the configuration is for each process."""
    threads = int((model_config or {}).get("threads", 1))
    return Scorer(Path(data_path) / "model.onnx", threads)
