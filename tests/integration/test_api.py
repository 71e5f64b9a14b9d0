"""The HTTP API as others see it: schemathesis against the served OpenAPI document, a client of the open inference protocol
(Triton's), and the commands of docs/user-guide.md as printed."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy
import pytest
import tritonclient.http
from conftest import MOST_APART, ROOT, environment, free_port, printed, server, tool

GUIDE = ROOT / "docs" / "user-guide.md"


@pytest.fixture(scope="session")
def api(binary, project, tmp_path_factory):
    """A server on the project; its address."""
    url = f"http://127.0.0.1:{free_port()}"
    command = [binary, "--project", project.project, "serve", "--port", url.rpartition(":")[2]]
    with server(command, f"{url}/ready", tmp_path_factory.mktemp("serve") / "server.log"):
        yield url


@pytest.fixture(scope="session")
def some(desktop_scores):
    """Paths of photos with the desktop's scores; and one that has none."""
    rows = list(desktop_scores.values())
    whole = [Path(row["path"]) for row in rows if not row["error"]][:12]
    return whole, next(Path(row["path"]) for row in rows if row["error"])


def test_the_document_keeps_its_word(api, tmp_path):
    """Requests that the document allows and others that it does not: every answer is one that the document names, in its shape.

    No schema says what a photo is, or a photo in base64: random ones are refused rightly, and texts in their place are read as
    photos that are damaged. What is taken and what is not is therefore left to the tests of the server.
    """
    command = [tool("schemathesis"), "run", f"{api}/openapi.json", "--max-examples", "200", "--seed", "7", "--no-color",
               "--exclude-checks", "positive_data_acceptance,negative_data_rejection",
               "--request-timeout", "30", "--report", "junit", "--report-dir", tmp_path]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment(), cwd=tmp_path)
    print(ran.stdout[-3000:])
    assert ran.returncode == 0, f"{ran.stdout[-12000:]}\n{ran.stderr[-2000:]}"


def test_a_client_of_the_open_inference_protocol(api, some, desktop_scores):
    whole, broken = some
    client = tritonclient.http.InferenceServerClient(api.removeprefix("http://"))
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("packshot")
    assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
    about = client.get_model_metadata("packshot")
    assert [tensor["name"] for tensor in about["inputs"]] == ["content"] and len(about["versions"]) == 1
    photos = [path.read_bytes() for path in [*whole, broken]]
    for version in ("", about["versions"][0]):
        tensor = tritonclient.http.InferInput("content", [len(photos)], "BYTES")
        tensor.set_data_from_numpy(numpy.array(photos, dtype=object))
        answer = client.infer("packshot", [tensor], model_version=version, request_id="r7")
        assert answer.get_response()["id"] == "r7" and answer.get_response()["model_version"] == about["versions"][0]
        scores, errors = answer.as_numpy("score"), answer.as_numpy("error")
        for path, score in zip(whole, scores):
            assert abs(score - float(desktop_scores[str(path)]["score"])) < MOST_APART
        assert numpy.isnan(scores[-1]) and errors[-1] and not any(errors[:-1]), errors
    wanted = [tritonclient.http.InferRequestedOutput("score", binary_data=False)]
    answer = client.infer("packshot", [tensor], outputs=wanted)
    assert numpy.array_equal(answer.as_numpy("score"), scores, equal_nan=True) and answer.as_numpy("low") is None
    for name, datatype, said in (("other", "BYTES", "there is no model"), ("packshot", "FP32", "BYTES")):
        tensor = tritonclient.http.InferInput("content", [1], datatype)
        tensor.set_data_from_numpy(numpy.array([b"x"], dtype=object) if datatype == "BYTES" else numpy.ones(1, numpy.float32))
        with pytest.raises(tritonclient.http.InferenceServerException, match=said):
            client.infer(name, [tensor])


@pytest.mark.parametrize("block", ["http", "http-mlflow", "http-inference"])
def test_the_guides_commands_work_as_printed(api, some, desktop_scores, tmp_path, block):
    whole, _ = some
    small = sorted((path for path in whole if path.suffix.lower() == ".jpg"), key=lambda path: path.stat().st_size)
    names = dict(zip(("photo.jpg", "a.jpg", "b.jpg"), [small[0], *small[:2]]))
    for name, path in names.items():
        shutil.copy(path, tmp_path / name)
    score = {name: float(desktop_scores[str(path)]["score"]) for name, path in names.items()}
    commands = [line for line in printed(GUIDE, block).replace("\\\n", " ").splitlines() if line.startswith("curl")]
    assert commands, block
    for command in commands:
        command = command.replace("http://127.0.0.1:8077", api)
        ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=tmp_path)
        assert ran.returncode == 0, (command, ran.stderr)
        answer = json.loads(ran.stdout)
        expected = [score["a.jpg"], score["b.jpg"]] if "batch" in command else [score["photo.jpg"]]
        if "outputs" in answer:
            found = next(output["data"] for output in answer["outputs"] if output["name"] == "score")
        else:
            found = [row["score"] for row in answer.get("predictions", [answer])]
        assert len(found) == len(expected), answer
        assert all(abs(one - other) < 0.01 for one, other in zip(found, expected)), (found, expected)
