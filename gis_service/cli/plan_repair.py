"""``gis-service plan repair``: how the faults of a plan could be mended, and mending them."""

from __future__ import annotations

from typing import Annotated

import orjson
import typer

from gis_service.api.plan_changes import parse_change, parse_choices
from gis_service.api.schemas_plans import repair_json
from gis_service.cli.acting import CLI
from gis_service.cli.connect import open_work
from gis_service.cli.plan import plan
from gis_service.cli.plan_output import AsJson, PlanId, print_json, refusing, tell_step
from gis_service.settings import Settings
from gis_service.use_cases.change_plan import change_plan
from gis_service.use_cases.propose_plan_repair import PlanRepair, propose_plan_repair

__all__ = ["plan"]  # with this command on it


@plan.command()
def repair(
    plan_id: PlanId,
    choice: Annotated[
        list[str] | None, typer.Option(help="FINDING:CODE: this grid gets the ground of that finding.")
    ] = None,
    take: Annotated[bool, typer.Option("--take", help="Put the proposal into the plan.")] = False,
    as_json: AsJson = False,
) -> None:
    """Propose how the faults of a plan could be mended; exit 1 when some would be left."""
    with refusing():
        proposed = propose_plan_repair(plan_id, parse_choices(choice or []), open_work(Settings()))
        told = repair_json(proposed)
        steps = [
            change_plan(plan_id, parse_change(orjson.dumps(change)), CLI, open_work(Settings()))
            for change in (told["changes"] if take else [])
        ]
    if as_json:
        print_json(told)
    else:
        _print(proposed)
    if steps:
        tell_step(steps[-1], as_json=False)
    raise typer.Exit(0 if proposed.proposal.complete else 1)


def _print(proposed: PlanRepair) -> None:
    for piece, stock in zip(proposed.proposal.assignments, proposed.stock, strict=True):
        claimed = ", ".join(piece.from_codes) or "nobody"
        asked = "; look at it" if piece.needs_decision else ""
        typer.echo(
            f"{piece.area_m2:,.2f} m² of {claimed} → {piece.to_code or 'nobody'} ({piece.why}): "
            f"{stock.buildings} buildings, {stock.households} households{asked}"
        )
    for note in proposed.proposal.announcements:
        typer.echo(note.message)
    for left in proposed.proposal.not_repaired:
        typer.echo(f"not repaired: {left.finding.message} {left.reason}")
    if not proposed.proposal.replacements:
        typer.echo("Nothing to repair.")
