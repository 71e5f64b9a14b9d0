"""The model inside MLflow: the score of `mlflow.pyfunc` is the desktop's, and one bad photo fails no batch."""

import base64
import json
import pickle
import struct
import sys
import urllib.request

import conftest
import mlflow
import numpy as np
import pandas as pd
import pytest

CHAMPION = "models:/packshot@champion"


@pytest.fixture(scope="module")
def model(champion):
    """The champion as MLflow loads it."""
    return mlflow.pyfunc.load_model(CHAMPION)


def paths(photos):
    return sorted(path for path in photos.rglob("*") if path.is_file())


def good_photo(photos):
    """A photo that can be read."""
    return next(path for path in paths(photos) if path.parent != photos)


def test_scores_are_the_desktops(model, photos, desktop_scores):
    found = paths(photos)
    table = model.predict(pd.DataFrame({"content": [path.read_bytes() for path in found]}))
    rows = {str(path): row for path, row in zip(found, table.to_dict("records"), strict=True)}
    conftest.agree(rows, desktop_scores)


def test_a_bad_photo_says_why_and_fails_no_other(model, photos):
    good = good_photo(photos).read_bytes()
    table = model.predict(pd.DataFrame({"content": [good, b"no photo", b"", good]}, index=[4, 7, 8, 9]))
    assert list(table.index) == [4, 7, 8, 9]
    assert list(table["error"]) == ["", "this is not an image file", "the file is empty", ""]
    assert table["score"].isna().tolist() == [False, True, True, False]
    assert table["score"][4] == table["score"][9]


def test_a_photo_whose_metadata_is_broken_fails_no_other(model, photos, monkeypatch):
    scorer = model.unwrap_python_model() if hasattr(model._model_impl, "python_model") else model._model_impl
    good = good_photo(photos).read_bytes()
    module = sys.modules[type(scorer).__module__]
    views = module.packshot_views.views

    def breaks_once(file, left=[struct.error("unpack requires a buffer")]):
        if left:
            raise left.pop()
        return views(file)

    monkeypatch.setattr(module.packshot_views, "views", breaks_once)
    table = scorer.predict(pd.DataFrame({"content": [good, good]}))
    assert list(table["error"]) == ["unpack requires a buffer", ""]


def test_an_empty_batch_has_the_columns(model):
    table = model.predict(pd.DataFrame({"content": pd.Series([], dtype=object)}))
    assert list(table.columns) == ["score", "low", "high", "error"] and table.empty


def test_a_model_travels_to_other_processes(model, photos):
    scorer = model.unwrap_python_model() if hasattr(model._model_impl, "python_model") else model._model_impl
    table = pd.DataFrame({"content": [good_photo(photos).read_bytes()]})
    copy = pickle.loads(pickle.dumps(scorer))
    assert np.array_equal(copy.predict(table)["score"], scorer.predict(table)["score"])


def test_the_documented_lines_give_the_desktops_score(champion, photos, desktop_scores, tmp_path, monkeypatch):
    photo = good_photo(photos)
    (tmp_path / "photo.jpg").symlink_to(photo)
    monkeypatch.chdir(tmp_path)
    *lines, last = conftest.printed(conftest.PACKAGING / "mlflow" / "README.md", "predict").splitlines()
    names = {}
    exec("\n".join(lines), names)
    table = eval(last, names)
    assert abs(table["score"][0] - float(desktop_scores[str(photo)]["score"])) < conftest.MOST_APART


def test_mlflows_server_takes_every_form_and_answers_json(champion, mlflow_server, photos, tmp_path):
    port = conftest.free_port()
    address = ["--host", "127.0.0.1", "--port", str(port)]
    command = [conftest.tool("mlflow"), "models", "serve", "-m", CHAMPION, "--env-manager", "local", *address]
    good = base64.b64encode(good_photo(photos).read_bytes()).decode()
    bad = base64.b64encode(b"no photo").decode()
    bodies = [
        {"dataframe_split": {"columns": ["content"], "data": [[good], [bad]]}},
        {"dataframe_records": [{"content": good}, {"content": bad}]},
        {"instances": [{"content": good}, {"content": bad}]},
        {"inputs": {"content": [good, bad]}},
        {"inputs": [good, bad]},
    ]

    def refuse(name):
        raise AssertionError(f"{name} is no JSON")

    env = {"MLFLOW_TRACKING_URI": mlflow_server}
    with conftest.server(command, f"http://127.0.0.1:{port}/ping", tmp_path / "serve.log", env):
        answers = []
        for body in bodies:
            url, headers = f"http://127.0.0.1:{port}/invocations", {"content-type": "application/json"}
            request = urllib.request.Request(url, json.dumps(body).encode(), headers)
            with urllib.request.urlopen(request) as response:
                answers.append(json.loads(response.read(), parse_constant=refuse)["predictions"])
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][0]["score"] > 0 and not answers[0][0]["error"]
    assert answers[0][1] == {"score": None, "low": None, "high": None, "error": "this is not an image file"}
