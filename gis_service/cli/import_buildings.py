"""``gis-service import buildings``: a file of buildings into the registry."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from gis_service.cli.acting import CLI
from gis_service.cli.connect import open_work
from gis_service.cli.import_grids import imports
from gis_service.domain.import_report import REMARK_COLUMNS, rows_of
from gis_service.errors import ServiceError
from gis_service.files.formula_cells import disarm
from gis_service.settings import Settings
from gis_service.use_cases.check_building_file import Demands
from gis_service.use_cases.import_buildings import BuildingImport, ImportedBuildings, import_buildings
from gis_service.use_cases.read_building_file import Reading

_SHOWN = 20


@imports.command()
def buildings(
    file: Annotated[Path, typer.Argument(help="CSV, Excel, GeoJSON, GeoPackage, Shapefile (.zip) or GeoParquet.")],
    *,
    columns: Annotated[
        list[str] | None, typer.Option("--map", help="code=楼栋编码: the heading of a column; 'code=' for none.")
    ] = None,
    layer: Annotated[str | None, typer.Option(help="Layer, sheet or Shapefile of several; the first.")] = None,
    crs: Annotated[
        str | None, typer.Option(help="What coordinates are in: EPSG:4490, EPSG:4543, gcj02, bd09.")
    ] = None,
    near_m: Annotated[
        float, typer.Option(min=0, max=100, help="So near another one it is the same; 0: never.")
    ] = 3.0,
    county: Annotated[str | None, typer.Option(help="Six digits: who issues codes where no grid says it.")] = None,
    good_only: Annotated[
        bool, typer.Option("--good-only/--all-or-nothing", help="Leave rows with errors out; or store none.")
    ] = False,
    report: Annotated[Path | None, typer.Option(help="Write all findings to this .csv or .json.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look through the file, store nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Store the buildings of a file, each owned by the grid of its place; broken off, it goes on when run again.

    Exits 0 when the buildings are stored (or would be), 1 when rows with errors kept all of them out, 2 when the file
    cannot be used.
    """
    if county is not None and not (len(county) == 6 and county.isascii() and county.isdigit()):  # noqa: PLR2004
        raise typer.BadParameter("six digits are needed, such as 530103", param_hint="--county")
    if report is not None and report.suffix.lower() not in {".csv", ".json"}:
        raise typer.BadParameter("its ending must be .csv or .json", param_hint="--report")
    asked = BuildingImport(
        Reading(_mapping(columns or []), layer, crs),
        Demands(near_m=near_m, county=county, crs_is_certain=crs is not None),
        good_only=good_only,
        dry_run=dry_run,
    )
    screen = Console(stderr=True)
    shown = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    quiet = as_json or not screen.is_terminal
    try:
        with Progress(*shown, console=screen, transient=True, disable=quiet) as bars:
            bar = bars.add_task(f"reading {file.name}", total=None)
            done = import_buildings(
                file,
                asked,
                CLI,
                open_work(Settings()),
                lambda step, rows, total: bars.update(bar, description=step, completed=rows, total=total),
            )
        if report is not None:
            _write_report(report, done)
    except ServiceError as error:
        typer.echo(error.detail, err=True)
        raise typer.Exit(2) from None
    except OSError as error:
        typer.echo(f"{report} cannot be written: {error.strerror}.", err=True)
        raise typer.Exit(2) from None
    if as_json:
        typer.echo(orjson.dumps({"file": str(file), "dry_run": dry_run, **done.as_dict()}))
    else:
        _print(done, file, asked)
    raise typer.Exit(1 if done.is_refused else 0)


def _mapping(pairs: list[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        column, sign, heading = pair.partition("=")
        if not sign:
            raise typer.BadParameter(f"{pair!r} is not like code=楼栋编码", param_hint="--map")
        found[column.strip()] = heading.strip()
    return found


def _write_report(path: Path, done: ImportedBuildings) -> None:
    if path.suffix.lower() == ".json":
        path.write_bytes(orjson.dumps(done.as_dict(), option=orjson.OPT_INDENT_2))
        return
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(REMARK_COLUMNS)
        writer.writerows([disarm(cell) for cell in row] for row in rows_of(done.report))


def _print(done: ImportedBuildings, file: Path, asked: BuildingImport) -> None:
    told = done.report
    used = ", ".join(f"{column} from {heading}" for column, heading in done.fields.items())
    encoding = f" in {done.encoding.upper()}" if done.encoding else ""
    typer.echo(f"Read {told['rows']} rows of {file.name}{encoding}: {used or 'geometries alone'}; {done.crs}.")
    for remark in told["remarks"][:_SHOWN]:
        typer.echo(
            f"{_place(remark)}: {remark['severity']}: {remark['message']} ({remark['rule']} {remark['message_zh']})"
        )
    counts = ", ".join(f"{rule} {count}" for rule, count in told["summary"].items())
    if counts:
        typer.echo(f"Findings: {counts}; rows with errors: {told['rows_with_errors']}.")
    if len(told["remarks"]) > _SHOWN:
        typer.echo("More findings: --report FILE.csv has them by row. 更多问题请用 --report 导出。")
    typer.echo(_outcome(done, asked))


def _place(remark: dict[str, Any]) -> str:
    return f"row {remark['row']}" if remark["row"] else "the file"


def _outcome(done: ImportedBuildings, asked: BuildingImport) -> str:
    if done.is_refused:
        return "Nothing is stored; correct the rows, or leave them out with --good-only. 未写入任何数据。"
    if asked.dry_run:
        return "This was a rehearsal: nothing is stored. 仅为试运行，未写入任何数据。"
    went_on = f", going on after row {done.went_on_after}" if done.went_on_after is not None else ""
    return f"Stored {done.stored} buildings{went_on}. 已写入 {done.stored} 栋。"
