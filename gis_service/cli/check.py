"""``gis-service check``: whether the grids of a file tile their ground."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from gis_service.cli.vector_files import Feature, VectorFile, read_vector_file
from gis_service.errors import RuleBrokenError, ServiceError
from gis_service.use_cases.check_boundaries import check_boundaries
from grid_boundaries.check import CheckRules, Finding, Report
from grid_boundaries.check.messages import area, length
from grid_boundaries.partition import Grid

_SHOWN = 50
_COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}


def check(
    file: Annotated[Path, typer.Argument(help="The grids: GeoJSON, GeoPackage, Shapefile, any vector format.")],
    parent: Annotated[Path | None, typer.Option(help="A file with the one polygon that they must fill.")] = None,
    code_field: Annotated[
        str | None, typer.Option(help="The field that holds the codes; guessed by default.")
    ] = None,
    layer: Annotated[str | None, typer.Option(help="Which layer of FILE; the first by default.")] = None,
    tolerance_m: Annotated[float, typer.Option(min=0, help="Up to this width edges are misaligned.")] = 0.05,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Tell every overlap, gap and other fault of a partition, with place and size.

    Exits 0 when it is valid, 1 when a finding is an error, 2 when the input cannot be used.
    """
    try:
        with Console(stderr=True).status(f"Checking {file.name}"):
            report = _check(file, parent, code_field, layer, CheckRules(tolerance_m=tolerance_m))
    except ServiceError as error:
        typer.echo(error.detail, err=True)
        raise typer.Exit(2) from None
    if as_json:
        typer.echo(orjson.dumps(report.as_dict()))
    else:
        _print(report, file)
    raise typer.Exit(0 if report.valid else 1)


def _check(
    file: Path, parent_file: Path | None, code_field: str | None, layer: str | None, rules: CheckRules
) -> Report:
    given = read_vector_file(file, layer)
    field = given.code_field(code_field)
    grids = [_grid(feature, field, number) for number, feature in enumerate(given.features, start=1)]
    parent, parent_code = _parent(given, parent_file, code_field)
    return check_boundaries(grids, None if parent is None else parent.shape, parent_code, rules)


def _parent(given: VectorFile, file: Path | None, code_field: str | None) -> tuple[Feature | None, str | None]:
    if file is None:
        found = given.parent
        code = None if found is None else _text(found.properties.get("code"))
        return found, code
    outer = read_vector_file(file)
    if len(outer.features) != 1:
        raise RuleBrokenError(f"{file} holds {len(outer.features)} features; the parent is one polygon.")
    if outer.features[0].shape is None:
        raise RuleBrokenError(f"The feature of {file} has no geometry.")
    fields = outer.features[0].properties
    if code_field is not None and code_field in fields:
        return outer.features[0], _text(fields[code_field])
    try:
        return outer.features[0], _text(fields[outer.code_field(None)])
    except RuleBrokenError:  # a parent needs no code
        return outer.features[0], None


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


def _print(report: Report, file: Path) -> None:
    console = Console()
    chinese = os.environ.get("LANG", "").startswith("zh")
    if report.findings:
        console.print(_table(report.findings[:_SHOWN]))
        for finding in report.findings[:_SHOWN]:
            console.print(
                finding.message_zh if chinese else finding.message, style=_COLOURS[finding.severity], soft_wrap=True
            )
        if len(report.findings) > _SHOWN:
            console.print(f"… and {len(report.findings) - _SHOWN} more; --json prints all of them.")
    console.print(_verdict(report, file), style="green" if report.valid else "red", soft_wrap=True)


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


def _verdict(report: Report, file: Path) -> str:
    """Return the outcome in one sentence."""
    summary = report.summary
    grids = f"{file.name}: {summary['grids']} grids"
    if report.certificate is not None:
        return f"{grids} tile their ground exactly: all {report.certificate['edges']} edges meet, proved."
    if not report.findings:
        return f"{grids} keep apart and leave no gaps."
    counted = {rule: count for rule, count in summary.items() if isinstance(count, int) and rule != "grids"}
    faults = ", ".join(f"{count} {rule}" for rule, count in counted.items() if count)
    shared, nobody = area(summary["overlap_area_m2"])[0], area(summary["gap_area_m2"])[0]
    outcome = "valid" if report.valid else "not valid"
    return f"{grids}, {outcome}: {faults}; {shared} owned more than once, {nobody} by nobody."
