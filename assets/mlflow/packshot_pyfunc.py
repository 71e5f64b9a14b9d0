"""Scores photos with a Packshot model inside MLflow: `mlflow.pyfunc.load_model(...)`, `spark_udf`, `mlflow models serve`.

Input: a table with one column `content` that holds each photo's file as bytes, or as base64 text. Output: one row a photo,
`score` (0-100, higher is better) and `error` (empty when there is a score). A photo that cannot be read has an error and
never fails the others. Needs numpy, pandas, Pillow and onnxruntime.
"""

import base64
import binascii
import io
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

import packshot_views

COLUMN = "content"
BATCH = 16


def _load_pyfunc(data_path, model_config=None):
    return PackshotModel(Path(data_path), model_config or {})


class PackshotModel:
    """The session is made at first use in each process: it cannot be pickled, and Spark's workers fork."""

    def __init__(self, folder, config):
        self._folder = folder
        self._threads = int(config.get("threads", os.environ.get("PACKSHOT_ONNX_THREADS", 0)))
        self._session = None
        self._process = None
        wanted = json.loads((folder / "preprocess.json").read_text())["version"]
        if str(wanted) != packshot_views.PREPROCESS:
            raise RuntimeError(f"the model needs preparation {wanted}, its code makes {packshot_views.PREPROCESS}")

    def __getstate__(self):
        return {**self.__dict__, "_session": None, "_process": None}

    def predict(self, model_input, params=None):
        photos = [_bytes(cell) for cell in _cells(model_input)]
        scores, errors = [float("nan")] * len(photos), [""] * len(photos)
        for start in range(0, len(photos), BATCH):
            places, views = [], []
            for place in range(start, min(start + BATCH, len(photos))):
                try:
                    views.append(packshot_views.views(io.BytesIO(photos[place]())))
                    places.append(place)
                except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError) as error:
                    errors[place] = str(error) or type(error).__name__
            if views:
                outputs = self._run(np.stack(views))
                for place, score in zip(places, outputs):
                    scores[place] = float(score)
        return pd.DataFrame({"score": np.asarray(scores, dtype=np.float64), "error": errors})

    def _run(self, views):
        if self._session is None or self._process != os.getpid():
            self._session = packshot_views.open_model(self._folder / "model.onnx", self._threads)
            self._process = os.getpid()
        return self._session.run(["score"], {"views": views})[0]


def _cells(model_input):
    if isinstance(model_input, pd.DataFrame):
        column = COLUMN if COLUMN in model_input.columns else model_input.columns[0]
        return model_input[column].tolist()
    if isinstance(model_input, pd.Series):
        return model_input.tolist()
    if isinstance(model_input, dict):
        return _cells(model_input[COLUMN])
    if isinstance(model_input, (bytes, bytearray, str)):
        return [model_input]
    return [cell[COLUMN] if isinstance(cell, dict) else cell for cell in np.asarray(model_input, dtype=object).ravel()]


def _bytes(cell):
    """A way to the photo's bytes that fails only when it is taken."""

    def take():
        if isinstance(cell, (bytes, bytearray, memoryview)):
            return bytes(cell)
        if isinstance(cell, str):
            text = cell.split(";base64,", 1)[-1] if cell.startswith("data:") else cell
            try:
                return base64.b64decode("".join(text.split()), validate=True)
            except binascii.Error as error:
                raise ValueError(f"not base64: {error}") from error
        raise ValueError(f"not a photo: {type(cell).__name__}")

    return take
