"""The peer of `packshot serve`: FastAPI and onnxruntime on the same graph, prepared by the script that `packshot export
onnx` writes. MODEL names the .onnx file; its script lies beside it. Started by serving.sh."""

import importlib.util
import io
import os
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request
from fastapi.concurrency import run_in_threadpool

model = Path(os.environ["MODEL"])
spec = importlib.util.spec_from_file_location("views", model.with_name(f"{model.stem}_score.py"))
views = importlib.util.module_from_spec(spec)
spec.loader.exec_module(views)
session = views.open_model(model)
app = FastAPI()


def score(body):
    outputs = session.run(["score", "low", "high"], {"views": views.views(io.BytesIO(body))[None]})
    return [float(output[0]) for output in outputs]


@app.get("/health")
def health():
    return "ok"


@app.post("/predict")
async def predict(request: Request):
    body = await request.body()
    try:
        value, low, high = await run_in_threadpool(score, body)
    except (OSError, ValueError, SyntaxError) as error:
        raise HTTPException(422, str(error)) from error
    return {"filename": "photo", "score": value, "interval": [low, high], "model_version": model.stem}
