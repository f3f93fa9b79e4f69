"""What the commands of ``gis-service plan`` share: arguments, how an act is told, how it exits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import orjson
import shapely
import typer
from rich.console import Console
from shapely.errors import ShapelyError
from shapely.geometry import mapping

from gis_service.api.schemas_plans import step_json
from gis_service.cli.check import print_report
from gis_service.domain.plan import Plan
from gis_service.errors import RuleBrokenError, ServiceError
from gis_service.use_cases.take_step import PlanStep

PlanId = Annotated[int, typer.Argument(min=1, metavar="PLAN", help="Its number.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Shape = Annotated[str, typer.Argument(metavar="SHAPE", help="GeoJSON or WKT in degrees, or @FILE with it.")]


@contextmanager
def refusing() -> Iterator[None]:
    """Tell a refusal in one line on standard error and exit 2; 1 is for findings."""
    try:
        yield
    except ServiceError as error:
        typer.echo(" ".join([error.detail, *filter(None, [error.members.get("message_zh")])]), err=True)
        raise typer.Exit(2) from None


def read_shape(text: str) -> dict[str, Any]:
    """Return a GeoJSON geometry from GeoJSON text, WKT, or ``@FILE`` with either; of a Feature its geometry.

    Raises:
        RuleBrokenError: there is no such file, or it is neither.
    """
    if text.startswith("@"):
        try:
            text = Path(text[1:]).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RuleBrokenError(f"{text[1:]} is not readable: {error}.") from None
    try:
        given = orjson.loads(text) if text.lstrip().startswith("{") else mapping(shapely.from_wkt(text))
    except (orjson.JSONDecodeError, ShapelyError) as error:
        raise RuleBrokenError(f"The shape is neither GeoJSON nor WKT: {error}.") from None
    if isinstance(given, dict) and given.get("type") == "FeatureCollection" and len(given.get("features", ())) == 1:
        (given,) = given["features"]
    if isinstance(given, dict) and given.get("type") == "Feature":
        given = given.get("geometry")
    if not isinstance(given, dict):
        raise RuleBrokenError("The shape is no GeoJSON geometry.")
    return given


def tell_step(step: PlanStep, as_json: bool) -> None:
    """Print what an act made of a plan; exit 0 when the check finds no error, 1 when it does."""
    plan = step.record.plan
    if as_json:
        print_json(step_json(step))
    else:
        console = Console(highlight=False, soft_wrap=True)
        counted = [f"{one.change} {one.code}" for one in step.grids]
        shown = ", ".join(counted[:12]) + (f" and {len(counted) - 12} more" if len(counted) > 12 else "")  # noqa: PLR2004  a line or two
        console.print(
            f"Plan {plan.id}, change {step.change.position} ({step.change.operation}): {shown}.", markup=False
        )
        print_report(step.report, f"plan {plan.id}")
    raise typer.Exit(0 if step.report.valid else 1)


def print_json(told: Any) -> None:  # noqa: ANN401  whatever JSON can say
    """Print JSON on one line."""
    typer.echo(orjson.dumps(told, option=orjson.OPT_UTC_Z))


def plan_line(plan: Plan) -> str:
    """Return a plan in one line."""
    base = "" if plan.base_edition is None else f" on edition {plan.base_edition}"
    became = "" if plan.published_edition is None else f", edition {plan.published_edition}"
    return f"{plan.id:>5}  {plan.standing:<9}  {plan.title}{base}{became}, version {plan.version}, {plan.created_by}"
