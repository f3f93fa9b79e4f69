"""``gis-service plan``: begin a redraw, look at it, publish it or give it up."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import typer

from gis_service.api.grids import edition_json
from gis_service.api.impact import impact_json
from gis_service.api.schemas_plans import plan_json, record_json
from gis_service.cli.acting import CLI
from gis_service.cli.check import print_report
from gis_service.cli.connect import open_work
from gis_service.cli.plan_output import AsJson, PlanId, plan_line, print_json, refusing, tell_step
from gis_service.settings import Settings
from gis_service.use_cases.assess_impact import assess_impact
from gis_service.use_cases.check_plan import check_plan
from gis_service.use_cases.create_plan import create_plan
from gis_service.use_cases.publish_plan import PlanNotPublishableError, publish_plan
from gis_service.use_cases.read_plan import list_plans, read_plan
from gis_service.use_cases.redo_change import redo_change
from gis_service.use_cases.revert_edition import revert_edition
from gis_service.use_cases.undo_change import undo_change
from gis_service.use_cases.withdraw_plan import withdraw_plan

plan = typer.Typer(
    name="plan",
    no_args_is_help=True,
    help="Redraw grids: begin a plan, change it, publish it.  Exit 0: done, valid; 1: findings; 2: refused.",
)


@plan.command()
def create(
    title: Annotated[str, typer.Option(help="What it is for.")],
    base: Annotated[int | None, typer.Option(min=1, help="On this edition; the newest by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Begin a plan and print its number."""
    with refusing():
        made = create_plan(title, CLI, open_work(Settings()), base_edition=base)
    if as_json:
        print_json(plan_json(made))
    else:
        typer.echo(made.id)


@plan.command("list")
def list_(
    state: Annotated[Literal["draft", "checked", "published", "withdrawn"] | None, typer.Option()] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    as_json: AsJson = False,
) -> None:
    """List the plans, the newest first."""
    with refusing():
        plans = list_plans(after=None, limit=limit, standing=state, work=open_work(Settings()))
    if as_json:
        print_json([plan_json(one) for one in plans])
        return
    for one in plans:
        typer.echo(plan_line(one))


@plan.command()
def show(plan_id: PlanId, as_json: AsJson = False) -> None:
    """Show a plan, its changes and the grids that it touches."""
    with refusing():
        record = read_plan(plan_id, open_work(Settings()))
    if as_json:
        print_json(record_json(record))
        return
    typer.echo(plan_line(record.plan))
    for change in record.changes:
        undone = " (undone)" if change.position > record.plan.head else ""
        typer.echo(
            f"  {change.position:>3}  {change.operation}{undone}  {change.made_by}, {change.made_at:%Y-%m-%d %H:%M}"
        )
    footprint = record.footprint
    for word, codes in (
        ("redrawn", footprint.redrawn),
        ("retired", footprint.retired),
        ("refined", footprint.refined),
    ):
        if codes:
            typer.echo(f"  {word}: {len(codes)}: {', '.join(codes[:20])}{' …' if len(codes) > 20 else ''}")  # noqa: PLR2004  a line or two


@plan.command()
def undo(plan_id: PlanId, as_json: AsJson = False) -> None:
    """Take back the last change."""
    with refusing():
        step = undo_change(plan_id, CLI, open_work(Settings()))
    tell_step(step, as_json)


@plan.command()
def redo(plan_id: PlanId, as_json: AsJson = False) -> None:
    """Do again what was undone last."""
    with refusing():
        step = redo_change(plan_id, CLI, open_work(Settings()))
    tell_step(step, as_json)


@plan.command()
def report(plan_id: PlanId, as_json: AsJson = False) -> None:
    """Check a plan."""
    with refusing():
        found, told = check_plan(plan_id, open_work(Settings()))
    if as_json:
        print_json({"edition": found.base_edition, "plan": found.id, **told.as_dict()})
    else:
        print_report(told, f"plan {plan_id}")
    raise typer.Exit(0 if told.valid else 1)


@plan.command()
def impact(plan_id: PlanId, as_json: AsJson = False) -> None:
    """Tell which ground, buildings, households, incidents, staff and money a plan moves."""
    with refusing():
        told = impact_json(*assess_impact(plan_id, open_work(Settings())))
    if as_json:
        print_json(told)
        return
    summary = told["summary"]
    typer.echo(", ".join(f"{summary[name]} {name.replace('_', ' ')}" for name in summary if name != "yearly_yuan"))
    money = summary["yearly_yuan"]
    typer.echo(f"yearly yuan: {money['before']} before, {money['after']} after")
    for move in told["moves"]:
        typer.echo(
            f"  {move['from']} → {move['to']}: {move['area_m2']:,.0f} m², {move['buildings']} buildings, "
            f"{move['households']} households, {move['open_incidents']} open incidents"
        )


@plan.command()
def publish(
    plan_id: PlanId,
    note: Annotated[str, typer.Option(help="Why, for those who look back.")],
    effective_from: Annotated[str | None, typer.Option(help="2026-05-01 or with time; now by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a plan the next edition, whole or not at all."""
    settings = Settings()
    try:
        effect = None if effective_from is None else datetime.fromisoformat(effective_from)
    except ValueError:
        raise typer.BadParameter("a date such as 2026-05-01 is needed", param_hint="--effective-from") from None
    if effect is not None and effect.tzinfo is None:
        effect = effect.replace(tzinfo=ZoneInfo(settings.timezone))
    with refusing():
        try:
            edition = publish_plan(plan_id, CLI, open_work(settings), note=note, effective_from=effect)
        except PlanNotPublishableError as refusal:
            typer.echo(refusal.detail, err=True)
            if as_json:
                print_json(refusal.report.as_dict())
            else:
                print_report(refusal.report, f"plan {plan_id}")
            raise typer.Exit(1) from None
    if as_json:
        print_json(edition_json(edition))
    else:
        typer.echo(f"edition {edition.number}: {edition.grid_count} grids, in force from {edition.effective_from}")


@plan.command()
def withdraw(plan_id: PlanId) -> None:
    """Give a plan up; it can still be read."""
    with refusing():
        withdraw_plan(plan_id, CLI, open_work(Settings()))
    typer.echo(f"plan {plan_id} is withdrawn")


@plan.command("revert-edition")
def revert(
    number: Annotated[int, typer.Argument(min=1, metavar="EDITION", help="The edition.")],
    mode: Annotated[
        Literal["undo", "restore"] | None,
        typer.Option(help="undo what it changed (default), or restore all as it was in it"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a plan that takes back an edition, and print its number; nothing is published."""
    with refusing():
        made = revert_edition(number, mode, CLI, open_work(Settings()))
    if as_json:
        print_json(plan_json(made))
    else:
        typer.echo(made.id)
