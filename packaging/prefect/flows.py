"""Prefect flows around the packshot program: training that keeps a model only when it is better, and scoring in parts.

Every step is the program with `--json`; this file holds order, retries and reports. settings.py says what must be configured.
"""

import datetime
from pathlib import Path

import tables
from prefect import flow, get_run_logger, runtime, task, unmapped
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.states import Completed
from prefect.variables import Variable
from program import PackshotError, run, stopping_what_runs, worth_retrying
from settings import Packshot

STOPPED = {"cancelled", "interrupted"}
# Waits of 10, 20, 40, 80 and 160 seconds, for what trying again can help.
again = {"retries": 5, "retry_delay_seconds": [10, 20, 40, 80, 160], "retry_condition_fn": worth_retrying}


def configured(value, variable, flag):
    """A flow's parameter, or the variable that stands for it."""
    value = value or Variable.get(f"packshot_{variable}")
    if not value:
        raise ValueError(f"no {variable}: pass the parameter, or set it once with `python settings.py {flag}`")
    return value


def report_folder(settings, kind):
    """A folder for what this flow run writes; a retry of the run finds the same one."""
    started = runtime.flow_run.scheduled_start_time or datetime.datetime.now(datetime.UTC)
    folder = settings.reports / f"{kind}-{started:%Y%m%d-%H%M%S}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@task(**again)
def import_labels(settings: Packshot, photos: str, labels: str) -> dict:
    """Indexes the photos and imports their labels; doing it twice changes nothing."""
    opened = run(settings, "open", photos)
    imported = run(settings, "label", "import", labels)
    if imported["problems"]:
        line, reason = imported["problems"][0]
        left_out = len(imported["problems"])
        get_run_logger().warning("%d of %d rows left out; line %d: %s", left_out, imported["rows"], line, reason)
    return {"open": opened, "labels": imported}


@task(**again)
def audit(settings: Packshot, photos: str, rules: str, folder: Path) -> dict:
    """Measures the photos and holds them against a rule pack."""
    summary = run(settings, "audit", photos, "--rules", rules, "-o", folder / "audit.html", "--overwrite")
    create_table_artifact(summary["broken"], key="packshot-broken-rules", description=f"Broken rules of `{rules}`")
    return summary


@task(**again)
def train(settings: Packshot, preset: str, epochs: int | None, name: str) -> dict:
    """Trains a model; a training that a retry finds stopped goes on where it was."""
    runs = run(settings, "runs", "list")["runs"]
    stopped = next((found for found in runs if found["meta"]["name"] == name and found["status"] in STOPPED), None)
    if stopped:
        return run(settings, "train", "--resume", stopped["id"], artifact="packshot-training")
    length = ["--epochs", epochs] if epochs else []
    return run(settings, "train", "--preset", preset, *length, "--name", name, artifact="packshot-training")


@task(**again)
def evaluate(settings: Packshot, model: str, against: str, holdout: str, folder: Path) -> dict:
    """Holds the new model against the one in use, on labels that neither was trained on."""
    page = folder / "evaluation.html"
    arguments = ["--labels", holdout, "--model", model, "--against", against, "-o", page, "--overwrite"]
    return run(settings, "evaluate", *arguments)


@task(**again)
def register(settings: Packshot, model: str, training: str) -> None:
    """Makes a model the champion, and sends its run and the model to MLflow where a server is configured."""
    run(settings, "models", "promote", model)
    if settings.mlflow_tracking_uri:
        run(settings, "export", "mlflow", "--tracking-uri", settings.mlflow_tracking_uri, "--run", training)


@task(**again)
def champion_before(settings: Packshot) -> str:
    """The model that scores now, made the champion: else a new one would take its place unasked, being newer."""
    model = model_in_use(settings)
    run(settings, "models", "promote", model)
    return model


def model_in_use(settings):
    """The network that scores where none is named: the champion, else the newest, else the shipped one."""
    try:
        models = run(settings, "models", "list")["models"]
    except PackshotError as error:
        if error.code != "not_found":
            raise
        return "default"  # There is no project yet.
    return next(model["card"]["id"] for model in models if not model["card"].get("personal"))


@flow(name="packshot-training")
def training_flow(
    photos: str | None = None,
    labels: str | None = None,
    holdout: str | None = None,
    preset: str = "balanced",
    epochs: int | None = None,
    rules: str = "house",
    settings: str = "default",
):
    """Imports labels, audits their photos, trains, evaluates, and registers the model if it is better than the one in use.

    Args:
        photos: Folder of photos; the variable packshot_photos when empty.
        labels: Label file to train on; the variable packshot_labels when empty.
        holdout: Label file to judge by; the variable packshot_holdout when empty.
        preset: Preset of `packshot train`.
        epochs: Epochs; the preset's own when empty.
        rules: Rule pack of the audit.
        settings: Name of the packshot block.
    """
    packshot = Packshot.load(settings)
    photos = configured(photos, "photos", "--photos")
    labels = configured(labels, "labels", "--labels")
    holdout = configured(holdout, "holdout", "--holdout")
    folder = report_folder(packshot, "training")
    with stopping_what_runs():
        import_labels(packshot, photos, labels)
        audited = audit(packshot, photos, rules, folder)
        champion = champion_before(packshot)
        trained = train(packshot, preset, epochs, f"prefect-{runtime.flow_run.id}"[:24])
        evaluated = evaluate(packshot, trained["model"], champion, holdout, folder)
        better = evaluated["comparison"]["verdict"] == "better"
        if better:
            register(packshot, trained["model"], trained["run"])
    page = training_page(trained, evaluated, audited, champion, better, folder)
    create_markdown_artifact(page, key="packshot-training-report", description="The newest training")
    kept = trained["model"] if better else champion
    return Completed(message=f"{evaluated['verdict']}; {kept} is in use", data={"model": kept, "better": better})


def training_page(trained, evaluated, audited, champion, better, folder):
    """A training in Markdown."""
    lines = [f"# {evaluated['verdict']}", ""]
    lines += [f"New model `{trained['model']}`, before `{champion}`. " + ("It is in use now." if better else "It is not used.")]
    lines += ["", "| Measure | New | Before | 95 % interval of the difference |", "|---|--:|--:|---|"]
    for found in evaluated["comparison"]["measures"]:
        interval = found["interval"]
        interval = f"{interval[0]:+.3f} to {interval[1]:+.3f}" if interval else "–"
        numbers = [f"{found[side]:.3f}" if found[side] is not None else "–" for side in ("first", "second")]
        lines.append(f"| {found['measure']} | {' | '.join(numbers)} | {interval} |")
    train_n, validation, test = trained["photos"]
    lines += ["", f"{train_n} photos trained, {validation} validated, {test} tested; {trained['device']}.", ""]
    lines += [f"Audit: {audited['pass']} pass, {audited['warn']} warn, {audited['fail']} fail."]
    lines += [f"Pages: `{folder / 'evaluation.html'}`, `{folder / 'audit.html'}`."]
    return "\n".join(lines)


@task(task_run_name="score {part} of {parts}", **again)
def score_part(settings: Packshot, photos: str, model: str, rules: str, part: int, parts: int, folder: Path) -> dict:
    """Scores one part of the photos; a retry reuses what is scored already."""
    file = folder / f"part-{part}-of-{parts}.csv"
    arguments = ["--model", model, "--rules", rules, "--shard", f"{part}/{parts}", "--resume"]
    return run(settings, "score", photos, "-o", file, *arguments, artifact=f"packshot-part-{part}")


@task
def merge(summaries: list[dict], file: Path) -> list[dict]:
    """Puts the parts together, and holds their number against what the parts said."""
    rows = tables.merge([summary["file"] for summary in summaries], file)
    told = sum(summary["scored"] + summary["reused"] + summary["failed"] for summary in summaries)
    if len(rows) != told:
        raise ValueError(f"the parts hold {len(rows)} rows, and {told} photos were scored")
    for summary in summaries:
        Path(summary["file"]).unlink()
    return rows


@task
def report(rows: list[dict], model: str, files: list[Path]) -> None:
    """The worst photos as a table, everything else as a page."""
    create_table_artifact(tables.worst(rows, 20), key="packshot-worst-photos", description=f"Lowest scores by `{model}`")
    create_markdown_artifact(tables.summary_page(rows, model, files), key="packshot-scores", description="The newest scoring")


@flow(name="packshot-inference")
def inference_flow(
    photos: str | None = None,
    shards: int | None = None,
    model: str | None = None,
    rules: str = "house",
    settings: str = "default",
):
    """Scores the photos below a folder in parts at the same time, puts the parts together and reports.

    Args:
        photos: Folder of photos; the variable packshot_photos when empty.
        shards: Parts; the variable packshot_shards when empty, else 2.
        model: Model; the champion when empty.
        rules: Rule pack that gives the reasons.
        settings: Name of the packshot block.
    """
    packshot = Packshot.load(settings)
    photos = configured(photos, "photos", "--photos")
    parts = int(shards or Variable.get("packshot_shards", default=2))
    # Named once: all parts are scored by one model, also when a training ends meanwhile.
    model = model or model_in_use(packshot)
    folder = report_folder(packshot, "scores")
    with stopping_what_runs():
        fixed = [unmapped(value) for value in (packshot, photos, model, rules)]
        summaries = score_part.map(*fixed, list(range(1, parts + 1)), unmapped(parts), unmapped(folder)).result()
    file = folder / "scores.csv"
    rows = merge(summaries, file)
    failed = sum(summary["failed"] for summary in summaries)
    report(rows, model, [file])
    get_run_logger().info("%d photos in %s", len(rows), file)
    message = f"{len(rows) - failed} photos scored" + (f", {failed} without a score" if failed else "")
    return Completed(message=message, data={"file": str(file), "photos": len(rows), "failed": failed, "model": model})
