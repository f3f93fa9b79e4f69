"""``gis-service locate``: whose ground the points of a file are."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from gis_service.bulk.asked import Asked, BadRowsError
from gis_service.bulk.locator_file import open_locator
from gis_service.bulk.ownership import Ownership
from gis_service.cli.connect import open_work
from gis_service.errors import RuleBrokenError, ServiceError
from gis_service.log import configure_logging
from gis_service.settings import Settings
from gis_service.snapshots.folder import SnapshotFolder
from gis_service.use_cases.locate_file import (
    Done,
    Engine,
    locate_file,
    output_of,
    ownership_of_edition,
    ownership_of_grids,
)
from grid_boundaries.locate.coordinates import UnknownCrsError


class _Where(StrEnum):
    LOCAL = "local"
    DASK = "dask"


@dataclass(frozen=True, slots=True)
class _Ground:
    """Whose ground is asked for; all None for the edition in force now."""

    edition: int | None
    at: str | None
    grids: Path | None
    code_field: str | None
    level: str | None
    locator: Path | None

    def ownership(self) -> Ownership:
        if self.grids is not None:
            return ownership_of_grids(self.grids, self.code_field, self.level)
        if self.locator is not None:
            return open_locator(self.locator)
        settings = Settings()
        configure_logging(settings.log_level)
        folder = SnapshotFolder(settings.home / "snapshots")
        return ownership_of_edition(self.edition, _instant(self.at, settings.timezone), open_work(settings), folder)


def locate(  # noqa: PLR0917 - a command names all that it takes
    file: Annotated[Path, typer.Argument(help="Points: CSV, Parquet, a folder of Parquet, GeoPackage, …")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="A file of that format, or a folder; beside FILE by default.")
    ] = None,
    lon: Annotated[str | None, typer.Option(help="The column of longitudes or eastings; guessed.")] = None,
    lat: Annotated[str | None, typer.Option(help="The column of latitudes or northings; guessed.")] = None,
    crs: Annotated[
        str | None, typer.Option(help="EPSG:4326, EPSG:4490, EPSG:4513 to 4554, gcj02 or bd09; WGS 84 by default.")
    ] = None,
    layer: Annotated[str | None, typer.Option(help="Which layer of FILE; the first by default.")] = None,
    edition: Annotated[int | None, typer.Option(min=1, help="This edition; the one in force by default.")] = None,
    at: Annotated[str | None, typer.Option(help="The edition in force then: 2026-05-01 or with time.")] = None,
    grids: Annotated[Path | None, typer.Option(help="A file of boundaries instead; no database is needed.")] = None,
    code_field: Annotated[str | None, typer.Option(help="The field of the codes in --grids; guessed.")] = None,
    level: Annotated[str | None, typer.Option(help="The level of each of --grids, if no field says it.")] = None,
    locator: Annotated[Path | None, typer.Option(help="A locator file instead; no database is needed.")] = None,
    engine: Annotated[_Where, typer.Option(help="On this machine, or on a Dask cluster.")] = _Where.LOCAL,
    scheduler: Annotated[
        str | None, typer.Option(help="tcp://HOST:8786, the cluster of --engine dask; a local one by default.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Threads, or processes of Dask; one a core.")] = None,
    overwrite_columns: Annotated[
        bool, typer.Option("--overwrite-columns", help="Replace columns of the names that are added.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Write nothing when a row has no coordinates.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file of -o if it is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Add to each point its grid, the chain of grids above it, and the edition.

    Exits 0 when the output is there, 1 when no row has usable coordinates or --strict found one without, 2 when the
    input cannot be used.  A folder of parts that was broken off goes on where it was: run the command again.
    """
    ground = _Ground(edition, at, grids, code_field, level, locator)
    _refuse_contradictions(ground, scheduler, engine)
    how = Engine(workers or len(os.sched_getaffinity(0)), engine is _Where.DASK, scheduler)
    target = output_of(file, how) if out is None else out
    asked = Asked(lon, lat, crs, layer, overwrite_columns, strict)
    began = time.perf_counter()
    try:
        if not file.exists():
            raise RuleBrokenError(f"There is no file {file}.", code="unreadable-file")
        with _progress(as_json) as progress:
            bar = progress.add_task("reading the boundaries", total=None)
            ownership = ground.ownership()
            ready = time.perf_counter()
            progress.update(bar, description=f"locating {file.name}")

            def count(rows: int, total: int | None) -> None:
                progress.update(bar, advance=rows, total=total)

            done = locate_file(file, target, ownership, asked, how, force=force, on_rows=count)
    except BadRowsError as error:
        typer.echo(error.detail, err=True)
        raise typer.Exit(1) from None
    except ServiceError as error:
        typer.echo(error.detail, err=True)
        raise typer.Exit(2) from None
    except UnknownCrsError as error:
        raise typer.BadParameter(str(error), param_hint="--crs") from None
    ended = time.perf_counter()
    seconds = ended - began, ended - ready
    _tell(done, file, target, how, ownership.edition, seconds, as_json=as_json)
    if done.tally.points and done.tally.bad == done.tally.points:
        typer.echo(
            f"No row of {file} has usable coordinates; look at --lon, --lat and --crs. "
            "没有一行坐标可用，请检查 --lon、--lat 和 --crs。",
            err=True,
        )
        raise typer.Exit(1)


def _refuse_contradictions(ground: _Ground, scheduler: str | None, engine: _Where) -> None:
    given = [
        name
        for name, value in (
            ("--edition", ground.edition),
            ("--at", ground.at),
            ("--grids", ground.grids),
            ("--locator", ground.locator),
        )
        if value is not None
    ]
    if len(given) > 1:
        raise typer.BadParameter(f"give one of {' and '.join(given)}", param_hint=given[1])
    for name, value in (("--code-field", ground.code_field), ("--level", ground.level)):
        if value is not None and ground.grids is None:
            raise typer.BadParameter("it is for --grids", param_hint=name)
    if scheduler is not None and engine is not _Where.DASK:
        raise typer.BadParameter("it is for --engine dask", param_hint="--scheduler")


def _instant(at: str | None, timezone: str) -> datetime | None:
    if at is None:
        return None
    try:
        instant = datetime.fromisoformat(at)
    except ValueError:
        raise typer.BadParameter("a date such as 2026-05-01 is needed", param_hint="--at") from None
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=ZoneInfo(timezone))


def _progress(as_json: bool) -> Progress:
    screen = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    return Progress(
        *columns,
        TimeRemainingColumn(),
        console=screen,
        transient=True,
        disable=as_json or not screen.is_terminal,
    )


def _tell(
    done: Done,
    file: Path,
    out: Path,
    engine: Engine,
    edition: int | None,
    seconds: tuple[float, float],
    *,
    as_json: bool,
) -> None:
    """Tell what came of it; ``seconds`` are those of all, and without reading the boundaries."""
    tally = done.tally
    for part, row, reason in tally.first_bad:
        typer.echo(f"{file / part if part else file}, row {row}: {reason}", err=True)
    if tally.bad > len(tally.first_bad):
        reasons = "; ".join(f"{count} {reason}" for reason, count in tally.bad_by_reason.items())
        more = tally.bad - len(tally.first_bad)
        typer.echo(f"and {more} more rows; see the column locate_error. In all: {reasons}.", err=True)
    if as_json:
        told: dict[str, Any] = {
            "file": str(file),
            "out": str(out),
            "edition": edition,
            "engine": "dask" if engine.on_dask else "local",
            "workers": None if engine.scheduler is not None else engine.workers,
            "points": tally.points,
            "owned": tally.owned,
            "outside": tally.outside,
            "bad": tally.bad,
            "bad_by_reason": tally.bad_by_reason,
            "bad_rows": [row._asdict() for row in tally.first_bad],
            "parts_written": done.written,
            "parts_kept": done.kept,
            "seconds": round(seconds[0], 3),
            "seconds_locating": round(seconds[1], 3),
            "points_per_s": round(tally.points / seconds[1]),
        }
        typer.echo(orjson.dumps(told))
        return
    kept = f", {done.kept} parts of an earlier run kept" if done.kept else ""
    typer.echo(
        f"{out}: {tally.points} points, {tally.owned} owned, {tally.outside} outside, {tally.bad} without usable "
        f"coordinates{kept}; {seconds[0]:.1f} s."
    )
