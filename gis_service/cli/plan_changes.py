"""The operations of ``gis-service plan``: each says what the API would be sent, and does the same."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import orjson
import typer

from gis_service.api.plan_changes import parse_change
from gis_service.cli.acting import CLI
from gis_service.cli.connect import open_work
from gis_service.cli.plan import plan
from gis_service.cli.plan_output import AsJson, PlanId, Shape, read_shape, refusing, tell_step
from gis_service.settings import Settings
from gis_service.use_cases.change_plan import change_plan

__all__ = ["plan"]  # with these commands on it

Code = Annotated[str, typer.Argument(metavar="CODE", help="The grid.")]
Codes = Annotated[list[str], typer.Argument(metavar="CODE…", help="The grids.")]
Kind = Literal["standard", "dedicated"]


def _change(plan_id: int, as_json: bool, op: str, **members: Any) -> None:  # noqa: ANN401  JSON
    asked = {"op": op, **{name: value for name, value in members.items() if value is not None}}
    with refusing():
        operation = parse_change(orjson.dumps(asked))
        step = change_plan(plan_id, operation, CLI, open_work(Settings()))
    tell_step(step, as_json)


def _shape(text: str) -> dict[str, Any]:
    with refusing():
        return read_shape(text)


@plan.command()
def split(
    plan_id: PlanId,
    code: Code,
    line: Shape,
    new_codes: Annotated[str | None, typer.Option(help="Codes of the parts, apart by commas.")] = None,
    as_json: AsJson = False,
) -> None:
    """Cut a grid along a line."""
    chosen = None if new_codes is None else [one.strip() for one in new_codes.split(",")]
    _change(plan_id, as_json, "split", code=code, line=_shape(line), new_codes=chosen)


@plan.command()
def merge(
    plan_id: PlanId,
    codes: Codes,
    into: Annotated[str, typer.Option(help="The code that stays.")],
    as_json: AsJson = False,
) -> None:
    """Make one grid of several."""
    _change(plan_id, as_json, "merge", codes=codes, into=into)


@plan.command("move-edge")
def move_edge(
    plan_id: PlanId,
    first: Annotated[str, typer.Argument(metavar="CODE", help="One side.")],
    second: Annotated[str, typer.Argument(metavar="CODE", help="The other side.")],
    line: Shape,
    as_json: AsJson = False,
) -> None:
    """Give the common edge of two grids a new course."""
    _change(plan_id, as_json, "move-edge", between=[first, second], line=_shape(line))


@plan.command()
def carve(
    plan_id: PlanId,
    polygon: Shape,
    name: Annotated[str, typer.Option(help="Its name.")],
    kind: Annotated[Kind, typer.Option(help="dedicated 专属, or standard.")] = "dedicated",
    code: Annotated[str | None, typer.Option(help="Its code; chosen by default.")] = None,
    parent: Annotated[str | None, typer.Option(help="Its parent; found by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Cut a grid of its own out of others."""
    _change(plan_id, as_json, "carve", polygon=_shape(polygon), name=name, kind=kind, code=code, parent=parent)


@plan.command()
def rename(
    plan_id: PlanId, code: Code, name: Annotated[str, typer.Argument(help="The new name.")], as_json: AsJson = False
) -> None:
    """Give a grid another name."""
    _change(plan_id, as_json, "rename", code=code, name=name)


@plan.command()
def retire(
    plan_id: PlanId,
    codes: Codes,
    into: Annotated[str | None, typer.Option(help="Who gets their ground; nobody by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take grids out of use."""
    _change(plan_id, as_json, "retire", codes=codes, into=into)


@plan.command("set")
def set_(
    plan_id: PlanId,
    code: Code,
    households: Annotated[str | None, typer.Option(help="A number, or 'unknown'.")] = None,
    kind: Annotated[Kind | None, typer.Option(help="standard or dedicated.")] = None,
    name: Annotated[str | None, typer.Option(help="Its name.")] = None,
    as_json: AsJson = False,
) -> None:
    """Set what a grid is; what is left out stays."""
    members: dict[str, Any] = {"code": code, "kind": kind, "name": name}
    members = {member: value for member, value in members.items() if value is not None}
    if households is not None:
        if households != "unknown" and not households.isdecimal():
            raise typer.BadParameter("a number or 'unknown' is needed", param_hint="--households")
        members["households"] = None if households == "unknown" else int(households)
    with refusing():
        operation = parse_change(orjson.dumps({"op": "set", **members}))
        step = change_plan(plan_id, operation, CLI, open_work(Settings()))
    tell_step(step, as_json)


@plan.command("move-parent")
def move_parent(
    plan_id: PlanId,
    codes: Codes,
    parent: Annotated[str, typer.Option(help="The new parent.")],
    as_json: AsJson = False,
) -> None:
    """Move grids under another parent."""
    _change(plan_id, as_json, "move-parent", codes=codes, parent=parent)
