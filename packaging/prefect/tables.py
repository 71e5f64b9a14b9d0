"""Score tables of a flow: parts put together, and what a person wants to see of them. Needs the standard library alone."""

import csv
import os
from pathlib import Path


def read(file):
    """The rows of a score table."""
    with open(file, encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


def merge(parts, file):
    """Puts the parts of a scoring together in order of path, and returns the rows.

    A photo that is in two parts, or a row that is lost on the way, is an error: nothing is written then.
    """
    rows, columns = [], []
    for part in parts:
        with open(part, encoding="utf-8", newline="") as table:
            reader = csv.DictReader(table)
            columns = columns or reader.fieldnames
            if reader.fieldnames != columns:
                raise ValueError(f"{part} has other columns than {parts[0]}")
            rows.extend(reader)
    rows.sort(key=lambda row: row["path"])
    doubled = [row["path"] for row, following in zip(rows, rows[1:], strict=False) if row["path"] == following["path"]]
    if doubled:
        raise ValueError(f"{len(doubled)} photos are in more than one part, the first is {doubled[0]}")
    half_written = Path(f"{file}.part")
    with open(half_written, "w", encoding="utf-8", newline="") as table:
        writer = csv.DictWriter(table, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    os.replace(half_written, file)
    return rows


def scored(rows):
    """Rows with a score, the lowest first."""
    return sorted((row for row in rows if row["score"]), key=lambda row: float(row["score"]))


def worst(rows, count):
    """The lowest scores as people read them."""
    return [
        {"photo": Path(row["path"]).name, "score": f"{float(row['score']):.1f}", "why": row["reason"], "path": row["path"]}
        for row in scored(rows)[:count]
    ]


def histogram(rows, width=30):
    """Photos by tens of points, as lines of text."""
    bins = [0] * 10
    for row in scored(rows):
        bins[min(int(float(row["score"]) / 10), 9)] += 1
    most = max(bins) or 1
    return "\n".join(f"{10 * low:3d}-{10 * low + 10:<3d} {'#' * round(width * n / most)} {n}" for low, n in enumerate(bins))


def summary_page(rows, model, files):
    """A scoring in Markdown."""
    values = [float(row["score"]) for row in scored(rows)]
    failed = [row for row in rows if row["error"]]
    lines = [f"# {len(values)} photos scored", "", f"Model `{model}`. " + ", ".join(f"`{file}`" for file in files), ""]
    if values:
        middle = values[len(values) // 2]
        lines += [f"Half of the scores lie below {middle:.1f}; the lowest is {values[0]:.1f}.", ""]
        lines += ["```", histogram(rows), "```", ""]
    if failed:
        lines += [f"## {len(failed)} photos without a score", ""]
        lines += [f"- `{row['path']}`: {row['error']}" for row in failed[:50]]
    if len(failed) > 50:
        lines.append(f"- … and {len(failed) - 50} more, in the table")
    return "\n".join(lines)
