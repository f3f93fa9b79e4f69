"""Say whose ground the points of a file are, whatever its size."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import shapely

from gis_service.bulk import cluster, local
from gis_service.bulk.asked import Asked
from gis_service.bulk.locator_file import digest_of, write_locator
from gis_service.bulk.ownership import Ownership
from gis_service.bulk.parquet_points import SUFFIXES
from gis_service.bulk.parts import Task, finished, plan_tasks, sweep
from gis_service.bulk.streaming import Stream, open_source, refuse_other_format
from gis_service.bulk.tally import Tally
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.level import STANDARD_LEVELS
from gis_service.errors import ClashError, NotFoundError, RuleBrokenError
from gis_service.files.grid_fields import FieldMapping, read_grids
from gis_service.files.vector_files import convert_to_degrees, read_vector_file
from gis_service.files.written_whole import write_whole
from gis_service.snapshots.folder import SnapshotFolder
from gis_service.snapshots.snapshot import Snapshot, build_snapshot, ranks_of
from gis_service.use_cases.read_ground import choose_edition
from grid_boundaries.locate.raster_locator import RasterLocator

LOCATED = "-located"
"""What the name of the output has more than that of the input, unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Engine:
    """Where the work is done: on this machine, or on a Dask cluster; ``scheduler`` None starts a local one."""

    workers: int
    on_dask: bool = False
    scheduler: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it: parts that were written, and those of an earlier run that were kept."""

    tally: Tally
    written: int
    kept: int


def ownership_of_edition(
    edition: int | None, at: datetime | None, work: UnitOfWork, folder: SnapshotFolder
) -> Ownership:
    """Return the locator of an edition: by number, in force at an instant, or now.

    It is mapped from the file that the service keeps of the edition in ``folder``, which is made when there is none.

    Raises:
        NotFoundError: there is no such edition.
        RuleBrokenError: both an edition and an instant are given.
    """
    with work:
        number = choose_edition(edition, at, work)
        chosen = work.editions.get(number)
        levels = work.levels.list_all()
    if chosen is None:
        raise NotFoundError(f"There is no edition {number}.", code="no-edition")

    def build() -> Snapshot:
        with work:
            grids = work.grids.of_edition(number)
        return build_snapshot(chosen, grids, levels)

    snapshot = folder.obtain(chosen, ranks_of(levels), build)
    return Ownership(snapshot.locator, snapshot.ranks, number)


def ownership_of_grids(path: Path, code_field: str | None, level: str | None) -> Ownership:
    """Return the locator of a file of grids, of no edition.

    Args:
        path: a vector file of grids.
        code_field: the field of the codes; guessed for None.
        level: the level of each grid; None where the file has a field for it.

    Raises:
        RuleBrokenError: the file cannot be read, or its grids cannot be looked up in.
    """
    read, _ = convert_to_degrees([read_vector_file(path)])
    grids = read_grids(read[0], FieldMapping(code_field=code_field, level=level), STANDARD_LEVELS).grids
    ranks = {one.code: one.rank for one in STANDARD_LEVELS}
    for grid in grids:
        if not shapely.is_valid(grid.shape):
            raise RuleBrokenError(
                f"Grid {grid.code} of {path} is no valid polygon: {shapely.is_valid_reason(grid.shape)}; "
                f"see gis-service check {path}.",
                code="invalid-geometry",
            )
    try:
        return Ownership(RasterLocator.build(grids, ranks), ranks)
    except ValueError as error:
        raise RuleBrokenError(f"{path}: {error}.", code="unusable-rows") from None


def output_of(path: Path, engine: Engine) -> Path:
    """Return where the owners of a file's points go unless told: beside it."""
    is_folder = path.is_dir() or engine.on_dask
    return path.with_name(
        path.name + LOCATED if path.is_dir() else path.stem + LOCATED + (path.suffix * (not is_folder))
    )


def locate_file(
    path: Path,
    out: Path,
    ownership: Ownership,
    asked: Asked,
    engine: Engine,
    *,
    force: bool = False,
    on_rows: Callable[[int, int | None], None],
) -> Done:
    """Write the points of a file with their owners, in the order of the input.

    Args:
        path: a file, or a folder of Parquet.
        out: a file of the same format; or a folder, for Parquet, which is filled part by part: what an earlier run
            has finished from the same input in the same way is kept.
        ownership: whose ground is whose.
        asked: how the points are read.
        engine: Dask takes Parquet into a folder only.
        force: replace the file ``out`` if it is there.
        on_rows: is told how many rows have been done since it was told last, and how many there are, if known.

    Raises:
        RuleBrokenError: the file cannot be read or written as asked.
        ClashError: there is something at ``out`` already.
        UnavailableError: the cluster does not answer.
    """
    is_parquet = path.is_dir() or path.suffix.lower() in SUFFIXES
    if is_parquet and (path.is_dir() or out.is_dir() or not out.suffix):
        return _locate_parts(path, out, ownership, asked, engine, on_rows)
    if engine.on_dask:
        raise RuleBrokenError(
            "--engine dask takes Parquet, a file or a folder, and writes a folder: -o OUT/.", code="not-for-dask"
        )
    source = open_source(path, asked)
    refuse_other_format(source, out)
    if out.exists() and not force:
        raise ClashError(f"{out} is there already; replace it with --force, or name another with -o.")
    if out.exists() and out.samefile(path):
        raise RuleBrokenError(f"{out} is the input itself; name another file with -o.")
    sweep([out])
    stream = Stream(source, ownership, asked, workers=engine.workers)
    on_rows(0, source.rows)
    told = stream.batches(lambda rows: on_rows(rows, source.rows))
    write_whole(out, lambda beside: source.write(beside, stream.schema, told))
    return Done(stream.tally, 1, 0)


def _locate_parts(
    path: Path,
    out: Path,
    ownership: Ownership,
    asked: Asked,
    engine: Engine,
    on_rows: Callable[[int, int | None], None],
) -> Done:
    if asked.layer is not None:
        raise RuleBrokenError(f"{path} has no layers; leave --layer {asked.layer} out.", code="no-layers")
    if out.exists() and not out.is_dir():
        raise ClashError(f"{out} is a file; parts go into a folder.")
    digest = digest_of(ownership)
    tasks = plan_tasks(path, out, digest, asked)
    targets = [task.target for task in tasks]
    sweep(targets)
    tallies = {task: tally for task in tasks if (tally := finished(task, asked)) is not None}
    kept = len(tallies)
    left = [task for task in tasks if task not in tallies]
    total = sum(task.part.rows for task in tasks)
    on_rows(sum(task.part.rows for task in tallies), total)
    try:
        with _running(left, out, ownership, digest, asked, engine, lambda rows: on_rows(rows, total)) as finishing:
            tallies.update(finishing)
    finally:
        sweep(targets)
    return Done(sum((tallies[task] for task in tasks), Tally()), len(left), kept)


@contextmanager
def _running(
    tasks: list[Task],
    out: Path,
    ownership: Ownership,
    digest: str,
    asked: Asked,
    engine: Engine,
    on_rows: Callable[[int], None],
) -> Iterator[Iterator[tuple[Task, Tally]]]:
    if not tasks:
        yield iter(())
        return
    if not engine.on_dask:
        yield local.locate_parts(tasks, ownership, asked, engine.workers, on_rows)
        return
    with cluster.open_cluster(engine.scheduler, engine.workers) as client:
        # Beside the output, where workers on other machines see it as they see the parts.
        file = out.resolve() / f".locator-{digest[:16]}-{os.getpid()}"
        file.parent.mkdir(parents=True, exist_ok=True)
        write_locator(file, ownership)
        try:
            yield cluster.locate_parts(client, tasks, cluster.hand_out(client, file, digest), asked, on_rows)
        finally:
            file.unlink(missing_ok=True)
