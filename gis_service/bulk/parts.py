"""A large Parquet file or a folder of them by parts; a finished part says in its metadata what it was made of."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from gis_service.bulk.asked import Asked, telling_of
from gis_service.bulk.ownership import Ownership
from gis_service.bulk.parquet_points import SUFFIXES, ParquetSource, marks_of, row_groups
from gis_service.bulk.streaming import Stream
from gis_service.bulk.tally import BadRow, Tally
from gis_service.errors import ClashError, RuleBrokenError
from gis_service.files.written_whole import write_whole

MARK = "gis_service.located"

ROWS = 1_000_000
"""A single file is cut, between row groups, into parts of at least so many rows."""

_MADE_BY = 2
"""To be raised when the same input gives another output."""
_TEMPORARY_LETTERS = 8


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a folder, or some row groups of a file; ``name`` is that of its output, below the folder."""

    path: Path
    name: str
    rows: int
    groups: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A part, where it goes, and the key that tells whether what is there is up to date."""

    part: Part
    target: Path
    key: str


def parts_of(path: Path) -> list[Part]:
    """Return the parts of a folder, by name, or of a single file.

    Names that begin with a dot or an underscore are nobody's data.

    Raises:
        RuleBrokenError: there are none, or one is no Parquet.
    """
    if path.is_dir():
        found = [file for file in sorted(path.rglob("*")) if _is_part(file.relative_to(path)) and file.is_file()]
        if not found:
            raise RuleBrokenError(f"{path} holds no Parquet files.", code="no-parts")
        return [Part(file, file.relative_to(path).as_posix(), sum(row_groups(file))) for file in found]
    runs: list[list[int]] = [[]]
    counts = row_groups(path)
    rows = 0
    for number, count in enumerate(counts):
        if rows >= ROWS:
            runs.append([])
            rows = 0
        runs[-1].append(number)
        rows += count
    return [
        Part(path, f"part-{place:05}.parquet", sum(counts[number] for number in run), tuple(run))
        for place, run in enumerate(runs)
    ]


def plan_tasks(path: Path, out: Path, digest: str, asked: Asked) -> list[Task]:
    """Return what there is to do to bring the parts of a file or folder into a folder.

    Raises:
        RuleBrokenError: there are no parts, one is no Parquet, or one folder lies in the other.
        ClashError: the folder holds Parquet that this command did not write.
    """
    inner, outer = out.resolve(), path.resolve()
    if inner == outer or outer in inner.parents or (path.is_dir() and inner in outer.parents):
        raise RuleBrokenError(f"{out} and {path} lie in one another; write to a folder beside.", code="same-folder")
    tasks = [Task(part, inner / part.name, _key_of(part, digest, asked)) for part in parts_of(outer)]
    wanted = {task.target for task in tasks}
    for file in sorted(inner.rglob("*")) if inner.is_dir() else []:
        if not (_is_part(file.relative_to(inner)) and file.is_file()):
            continue
        if MARK not in marks_of(file):
            raise ClashError(
                f"{file} was not written by this command; name a folder of its own with -o. "
                "输出文件夹中有其他文件，请另选文件夹。",
                code="foreign-part",
            )
        if file not in wanted:
            file.unlink()  # the input has lost this part since
    return tasks


def finished(task: Task, asked: Asked) -> Tally | None:
    """Return what came of a part that is there already, made of the same input in the same way; else None."""
    try:
        told = orjson.loads(marks_of(task.target).get(MARK, ""))
    except orjson.JSONDecodeError:
        return None
    if told["key"] != task.key:
        return None
    rows = tuple(BadRow(*row) for row in told["first_bad"])
    tally = Tally(told["owned"], told["outside"], tuple(told["faults"]), rows)
    return None if asked.strict and tally.bad else tally


def locate_part(
    task: Task, ownership: Ownership, asked: Asked, on_rows: Callable[[int], None], workers: int = 1
) -> Tally:
    """Write one part, whole or not at all, and return what came of it.

    Raises:
        RuleBrokenError: the part cannot be read or written, or has a column of the name of a new one.
        BadRowsError: a row has no usable coordinates and ``asked.strict`` is set.
    """
    part = task.part
    source = ParquetSource.open(part.path, asked, part.groups)
    stream = Stream(source, ownership, asked, part.name, workers)

    def marks() -> dict[str, str]:
        tally = stream.tally
        told = {"key": task.key, "owned": tally.owned, "outside": tally.outside, "faults": tally.faults}
        return {MARK: orjson.dumps({**told, "first_bad": [list(row) for row in tally.first_bad]}).decode()}

    with telling_of(task.target.parent):
        task.target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(task.target, lambda beside: source.write(beside, stream.schema, stream.batches(on_rows), marks))
    return stream.tally


def sweep(targets: Sequence[Path]) -> None:
    """Remove what a run that was killed has left beside its files."""
    for target in targets:
        for folder in target.parent.glob(f".{target.stem}-{'?' * _TEMPORARY_LETTERS}"):
            if folder.is_dir() and all(file.name == target.name for file in folder.iterdir()):
                shutil.rmtree(folder, ignore_errors=True)


def _is_part(name: Path) -> bool:
    return name.suffix.lower() in SUFFIXES and not any(step.startswith((".", "_")) for step in name.parts)


def _key_of(part: Part, digest: str, asked: Asked) -> str:
    with telling_of(part.path):
        found = part.path.stat()
    made_of = [_MADE_BY, part.name, found.st_size, found.st_mtime_ns, part.groups, digest]
    how = [asked.lon, asked.lat, asked.crs, asked.overwrite_columns]
    return hashlib.sha256(orjson.dumps([*made_of, *how])).hexdigest()
