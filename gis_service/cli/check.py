"""``gis-service check``: whether the grids of a file tile their ground."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import orjson
import typer
from rich.console import Console
from rich.table import Table
from shapely.geometry.base import BaseGeometry

from gis_service.cli.repair_file import repair_file
from gis_service.errors import RuleBrokenError, ServiceError
from gis_service.files.vector_files import Feature, VectorFile, convert_to_degrees, read_vector_file
from gis_service.use_cases.check_boundaries import check_boundaries
from grid_boundaries.check import CheckRules, Difference, Finding, Report, verify_certificate
from grid_boundaries.check.messages import area, length
from grid_boundaries.partition import Grid

_Given: TypeAlias = tuple[list[Grid], BaseGeometry | None, str | None]

_SHOWN = 50
_COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}


def check(  # noqa: PLR0917 - a command names all that it takes
    file: Annotated[Path, typer.Argument(help="The grids: GeoJSON, GeoPackage, Shapefile, any vector format.")],
    parent: Annotated[Path | None, typer.Option(help="A file with the one polygon that they must fill.")] = None,
    code_field: Annotated[
        str | None, typer.Option(help="The field that holds the codes; guessed by default.")
    ] = None,
    under: Annotated[
        str | None, typer.Option(help="The grid at the top of FILE, as exported --under it; its parent is elsewhere.")
    ] = None,
    layer: Annotated[str | None, typer.Option(help="Which layer of FILE; the first by default.")] = None,
    tolerance_m: Annotated[float, typer.Option(min=0, help="Up to this width edges are misaligned.")] = 0.05,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    certificate: Annotated[
        Path | None, typer.Option(help="A report, an edition or a certificate: is FILE what it certifies?")
    ] = None,
    fix: Annotated[Path | None, typer.Option(help="Write the grids, repaired, to this file.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file of --fix if it is there.")] = False,
) -> None:
    """Tell every overlap, gap and other fault of a partition, with place and size.

    Exits 0 when it is valid, 1 when a finding is an error, 2 when the input cannot be used.  With --certificate: 0
    when FILE is exactly what was certified, 1 when it differs, 2 when either cannot be used.  With --fix: 0 when no
    error is left in the file written, 1 when one is.
    """
    if certificate is not None and fix is not None:
        raise typer.BadParameter("give --certificate or --fix, not both", param_hint="--fix")
    if not math.isfinite(tolerance_m):
        raise typer.BadParameter("a length in metres is needed", param_hint="--tolerance-m")
    try:
        with Console(stderr=True).status(f"Checking {file.name}"):
            given, added = _read(file, parent, code_field, layer, under)
            rules = CheckRules(tolerance_m=tolerance_m)
            differences = [] if certificate is None else _verify(given, certificate)
            report = check_boundaries(*given, rules) if certificate is None and fix is None else None
        if fix is not None:
            left = repair_file(file, layer, fix, given, rules, parent_file=parent, force=force, as_json=as_json)
    except ServiceError as error:
        typer.echo(error.detail, err=True)
        raise typer.Exit(2) from None
    except RecursionError:
        typer.echo(f"{file} is not readable: its contents are nested too deeply.", err=True)
        raise typer.Exit(2) from None
    if added:
        typer.echo(
            f"{added} vertices were set on long edges where neighbours meet them, before converting.", err=True
        )
    if certificate is not None:
        _print_differences(differences, file, as_json)
        raise typer.Exit(1 if differences else 0)
    if report is None:
        raise typer.Exit(left)
    if as_json:
        typer.echo(orjson.dumps(report.as_dict()))
    else:
        print_report(report, file.name)
    raise typer.Exit(0 if report.valid else 1)


def _read(
    file: Path, parent_file: Path | None, code_field: str | None, layer: str | None, under: str | None
) -> tuple[_Given, int]:
    """Return grids, parent and its code, and how many vertices had to be set on long edges of projected files."""
    read = [read_vector_file(file, layer), *([read_vector_file(parent_file)] if parent_file else [])]
    (given, *outer), added = convert_to_degrees(read)
    field = given.code_field(code_field)
    grids = [_grid(feature, field, number) for number, feature in enumerate(given.features, start=1)]
    if under is not None:
        grids = _as_root(grids, under, file)
    parent, parent_code = _parent_of(outer[0], code_field) if outer else _own_parent(given, field)
    return (grids, parent, parent_code), added


def _as_root(grids: Sequence[Grid], code: str, file: Path) -> list[Grid]:
    """Return the grids, the one with this code without its parent."""
    if all(grid.code != code for grid in grids):
        raise RuleBrokenError(f"{file} has no grid {code}; --under names the grid at its top.")
    return [replace(grid, parent=None) if grid.code == code else grid for grid in grids]


def _verify(given: _Given, certificate_file: Path) -> list[Difference]:
    """Return in what the grids differ from a certificate: bare, or the member ``certificate`` of a JSON object."""
    try:
        told = orjson.loads(certificate_file.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise RuleBrokenError(f"{certificate_file} is not readable as JSON: {error}") from None
    certificate = told.get("certificate", told) if isinstance(told, dict) else None
    if not isinstance(certificate, dict):
        raise RuleBrokenError(f"{certificate_file} holds no certificate; nothing was proved there.")
    try:
        return verify_certificate(given[0], certificate, given[1], given[2])
    except ValueError as error:
        raise RuleBrokenError(f"{certificate_file}: {error}") from None


def _own_parent(given: VectorFile, field: str) -> tuple[BaseGeometry | None, str | None]:
    """Return the parent that a GeoJSON file carries in its member ``parent``."""
    if given.parent is None:
        return None, None
    return given.parent.shape, _text(given.parent.properties.get(field))


def _parent_of(file: VectorFile, code_field: str | None) -> tuple[BaseGeometry, str | None]:
    """Return the one feature of a file as the parent; it needs no code."""
    if len(file.features) != 1:
        raise RuleBrokenError(f"{file.path} holds {len(file.features)} features; the parent is one polygon.")
    (feature,) = file.features
    if feature.shape is None:
        raise RuleBrokenError(f"The feature of {file.path} has no geometry.")
    try:
        field = file.code_field(code_field if code_field in feature.properties else None)
    except RuleBrokenError:
        return feature.shape, None
    return feature.shape, _text(feature.properties.get(field))


def _grid(feature: Feature, field: str, number: int) -> Grid:
    """Return a feature as a grid; one without a code is called by its number in the file."""
    fields = feature.properties
    households = fields.get("households")
    return Grid(
        code=_text(fields.get(field)) or f"#{number}",
        shape=feature.shape,  # type: ignore[arg-type]  # None is a finding: a grid without geometry
        level=_text(fields.get("level")),
        parent=_text(fields.get("parent")),
        name=_text(fields.get("name")) or "",
        households=int(households) if isinstance(households, int | float) and households >= 0 else None,
    )


def _text(value: Any) -> str | None:  # noqa: ANN401  whatever a file's field holds
    if value is None or value != value or value == "":  # noqa: PLR0124  only not-a-number differs from itself
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _print_differences(differences: Sequence[Difference], file: Path, as_json: bool) -> None:
    if as_json:
        typer.echo(orjson.dumps({"certified": not differences, "differences": [asdict(one) for one in differences]}))
        return
    console, chinese = Console(), _speaks_chinese()
    for difference in differences:
        console.print(difference.message_zh if chinese else difference.message, style="red", soft_wrap=True)
    if differences:
        verdict = f"{file.name} 与证明不符。" if chinese else f"{file.name} is not what was certified."
    else:
        verdict = f"{file.name} 与证明完全一致。" if chinese else f"{file.name} is exactly what was certified."
    console.print(verdict, style="red" if differences else "green", soft_wrap=True)


def _speaks_chinese() -> bool:
    return os.environ.get("LANG", "").startswith("zh")


def print_report(report: Report, name: str) -> None:
    """Print the findings as a table and as sentences, and the outcome; ``name`` is what was checked."""
    console = Console()
    chinese = _speaks_chinese()
    if report.findings:
        console.print(_table(report.findings[:_SHOWN]))
        for finding in report.findings[:_SHOWN]:
            console.print(
                finding.message_zh if chinese else finding.message, style=_COLOURS[finding.severity], soft_wrap=True
            )
        if len(report.findings) > _SHOWN:
            console.print(f"… and {len(report.findings) - _SHOWN} more; --json prints all of them.")
    console.print(_verdict(report, name), style="green" if report.valid else "red", soft_wrap=True)


def _table(findings: Sequence[Finding]) -> Table:
    table = Table("", "rule", "grids", "area", "width", "place")
    for finding in findings:
        table.add_row(
            finding.severity,
            finding.rule,
            " ".join(finding.grids),
            "" if finding.area_m2 is None else area(finding.area_m2)[0],
            "" if finding.width_m is None else length(finding.width_m)[0],
            "" if finding.place is None else f"{finding.place[0]:.5f} {finding.place[1]:.5f}",
            style=_COLOURS[finding.severity],
        )
    return table


def _verdict(report: Report, name: str) -> str:
    """Return the outcome in one sentence."""
    summary = report.summary
    grids = f"{name}: {summary['grids']} grids"
    if report.certificate is not None:
        return f"{grids} tile their ground exactly: all {report.certificate['edges']} edges meet, proved."
    if not report.findings:
        return f"{grids} keep apart and leave no gaps."
    counted = {rule: count for rule, count in summary.items() if isinstance(count, int) and rule != "grids"}
    faults = ", ".join(f"{count} {rule}" for rule, count in counted.items() if count)
    ground = ((summary["overlap_area_m2"], "owned more than once"), (summary["gap_area_m2"], "owned by nobody"))
    outcome = "; ".join(
        [faults, *(f"{area(square_metres)[0]} {how}" for square_metres, how in ground if square_metres)]
    )
    return f"{grids}, {'valid' if report.valid else 'not valid'}: {outcome}."
