"""``gis-service check FILE --fix OUT``: the repair that the check proposes, as a file of its own to look at."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import typer
from rich.console import Console
from rich.table import Table
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from gis_service.domain.level import USUAL_LEVELS
from gis_service.errors import RuleBrokenError
from gis_service.files.vector_files import VectorFile, read_vector_file
from gis_service.files.written_features import SUFFIXES, write_vector_file
from grid_boundaries.check import CheckRules
from grid_boundaries.check.messages import area
from grid_boundaries.check.validity import inspect_shapes
from grid_boundaries.partition import Grid
from grid_boundaries.redraw.repair import Proposal, propose_repair

_SHOWN = 50
_WHY = {
    "choice": "按选定",
    "before": "按原归属",
    "longest-edge": "公共边最长",
    "smallest-code": "编码最小",
    "clip": "超出上级范围",
    "snap": "边线对齐",
    "keep": "保留被包含的网格",
}


def repair_file(
    file: Path,
    layer: str | None,
    out: Path,
    given: tuple[Sequence[Grid], BaseGeometry | None, str | None],
    rules: CheckRules,
    *,
    parent_file: Path | None = None,
    force: bool = False,
    as_json: bool = False,
) -> int:
    """Write the grids of a file as a repair would leave them, print what moves, and return how to exit.

    Every feature keeps its attributes and its place in the file.  Coordinates are degrees on the lattice of nine
    decimals, EPSG:4326, whatever those of the file are.

    Args:
        file: where the grids come from; never written to.
        layer: which of its layers.
        out: the file to write, in the format of its ending.
        given: the grids of the file in degrees, one for each feature, the parent and its code.
        rules: the figures that the check holds them to.
        parent_file: where the parent comes from; never written to.
        force: whether ``out`` may be there already.
        as_json: whether to print the proposal as JSON.

    Returns:
        0 when no error is left, 1 when not everything could be repaired.

    Raises:
        RuleBrokenError: the file to write is one of those read or is there already, or cannot be written.
    """
    _refuse_to_overwrite(out, [file, *([parent_file] if parent_file else [])], force=force)
    grids, parent, parent_code = given
    levels = USUAL_LEVELS if all(grid.level in USUAL_LEVELS for grid in grids) else ()
    with Console(stderr=True).status(f"Repairing {file.name}"):
        proposal = propose_repair(grids, rules, levels, parent=parent, parent_code=parent_code)
    source = read_vector_file(file, layer)
    shapes = _on_lattice(proposal.applied_to(grids))  # without choices or earlier boundaries no grid is removed
    said = write_vector_file(out, [feature.properties for feature in source.features], shapes, _head(parent, source))
    if as_json:
        typer.echo(orjson.dumps(proposal.as_dict()))
    else:
        _print(proposal, out, len(grids), said, converted=source.crs is not None)
    return 0 if proposal.complete else 1


def _refuse_to_overwrite(out: Path, read: Sequence[Path], *, force: bool) -> None:
    if out.suffix.lower() not in SUFFIXES:
        raise RuleBrokenError(f"{out} has an ending that is not known; write one of {', '.join(SUFFIXES)}.")
    for path in read:
        if out.resolve() == path.resolve() or (out.exists() and path.exists() and out.samefile(path)):
            raise RuleBrokenError(f"{out} is the file that is read; name another for the repaired grids.")
    if out.exists() and not force:
        raise RuleBrokenError(f"{out} is there already; add --force to replace it.")


def _on_lattice(grids: Sequence[Grid]) -> list[BaseGeometry | None]:
    """Return sound shapes on the lattice, and others as they are."""
    shapes: list[BaseGeometry | None] = [grid.shape for grid in grids]
    inspection = inspect_shapes([grid.code for grid in grids], shapes)
    for number, shape in zip(inspection.sound.tolist(), inspection.shapes, strict=True):
        shapes[number] = shape
    return shapes


def _head(parent: BaseGeometry | None, source: VectorFile) -> dict[str, Any]:
    """Return the parent that a GeoJSON file carries, for one to be written."""
    if source.parent is None or parent is None:
        return {}
    return {"parent": {"type": "Feature", "properties": source.parent.properties, "geometry": mapping(parent)}}


def _print(proposal: Proposal, out: Path, grids: int, said: Sequence[str], *, converted: bool) -> None:
    console = Console()
    chinese = os.environ.get("LANG", "").startswith("zh")
    if proposal.diff:
        console.print(_table(proposal, chinese=chinese))
    for announcement in proposal.announcements:
        console.print(announcement.message_zh if chinese else announcement.message, style="yellow", soft_wrap=True)
    for left in proposal.not_repaired:
        told = (left.finding.message_zh, left.reason_zh) if chinese else (left.finding.message, left.reason)
        console.print(" ".join(told), style="red", soft_wrap=True)
    for sentence in said:
        console.print(sentence, style="yellow", soft_wrap=True)
    for sentence in _verdict(proposal, out, grids, converted=converted, chinese=chinese):
        console.print(sentence, style="green" if proposal.complete else "red", soft_wrap=True)


def _table(proposal: Proposal, *, chinese: bool) -> Table:
    """Return who gains and loses how much ground, and by which rules; a star marks what a planner should decide."""
    reasons: defaultdict[str, set[str]] = defaultdict(set)
    open_for: set[str] = set()
    for assignment in proposal.assignments:
        for code in {*assignment.from_codes, assignment.to_code} - {None}:
            reasons[str(code)].add(_WHY[assignment.why] if chinese else assignment.why)
            if assignment.needs_decision:
                open_for.add(str(code))
    table = Table(*(("网格", "增加", "减少", "依据") if chinese else ("grid", "gained", "lost", "why")))
    for code, change in list(proposal.diff.items())[:_SHOWN]:
        sizes = [area(size)[chinese] if size else "" for size in (change.gained_m2, change.lost_m2)]
        why = ("、" if chinese else ", ").join(sorted(reasons[code])) + (" *" if code in open_for else "")
        table.add_row(code, *sizes, why)
    if len(proposal.diff) > _SHOWN:
        table.add_row("…", "", "", f"+{len(proposal.diff) - _SHOWN}")
    return table


def _verdict(proposal: Proposal, out: Path, grids: int, *, converted: bool, chinese: bool) -> list[str]:
    changed, moved = len(proposal.grids), len(proposal.diff)
    wants = sum(assignment.needs_decision for assignment in proposal.assignments)
    errors = len(proposal.not_repaired)
    if chinese:
        told = [f"{out.name}：{grids} 个网格，改动 {changed} 个，其中 {moved} 个地块有增减。"]
        told += [f"* {wants} 处较大地块的归属请人工确认。"] if wants else []
        told += ["坐标已转换为经纬度（EPSG:4326，九位小数）。"] if converted else []
        return told + ([f"仍有 {errors} 处错误未能修复。"] if errors else [])
    told = [f"{out.name}: {grids} grids, {changed} changed, {moved} of them gain or lose ground."]
    told += [f"* {wants} pieces of ground are large: look at who gets them."] if wants else []
    told += [f"{out.name} is in degrees, EPSG:4326, to nine decimals."] if converted else []
    return told + ([f"{errors} errors could not be repaired."] if errors else [])
