"""``gis-service import grids``: the grids of a file into a plan."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from gis_service.api.grids import edition_json
from gis_service.api.schemas_plans import change_json, plan_json
from gis_service.cli.acting import CLI
from gis_service.cli.check import print_report
from gis_service.cli.connect import open_rehearsal, open_work
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.edition import Edition
from gis_service.errors import ServiceError
from gis_service.files.grid_fields import FieldMapping, FileGrids, read_grids
from gis_service.files.vector_files import convert_to_degrees, read_vector_file
from gis_service.settings import Settings
from gis_service.use_cases.begin_levels import begin_levels
from gis_service.use_cases.create_plan import create_plan
from gis_service.use_cases.publish_plan import PlanNotPublishableError, publish_plan
from gis_service.use_cases.replace_grids import replace_grids
from gis_service.use_cases.take_step import PlanStep
from grid_boundaries.check import Report

imports = typer.Typer(name="import", no_args_is_help=True, help="Bring in files, drawn or exported elsewhere.")

_STEPS = 4

CodeField = Annotated[str | None, typer.Option(help="The field of the codes; guessed by default.")]
NameField = Annotated[str | None, typer.Option(help="The field of the names; guessed.")]
LevelField = Annotated[str | None, typer.Option(help="The field of the levels; guessed.")]
ParentField = Annotated[str | None, typer.Option(help="The field of the parents' codes; guessed.")]
KindField = Annotated[str | None, typer.Option(help="The field of the kinds; guessed, '' for none.")]
HouseholdsField = Annotated[str | None, typer.Option(help="The field of the households; guessed, '' for none.")]


@dataclass(frozen=True, slots=True)
class _Imported:
    """What came of it; ``edition`` is None where nothing was published."""

    given: FileGrids
    added: int
    step: PlanStep
    report: Report
    edition: Edition | None


@imports.callback()
def _group() -> None:
    """Keep ``grids`` a command of its own while it is the only one."""


@imports.command()
def grids(
    file: Annotated[Path, typer.Argument(help="GeoJSON, GeoPackage, Shapefile (.shp or .zip) or GeoParquet.")],
    *,
    plan: Annotated[int | None, typer.Option(min=1, help="Into this draft; a new one by default.")] = None,
    title: Annotated[str | None, typer.Option(help="Title of the new plan; the file's name by default.")] = None,
    publish: Annotated[bool, typer.Option("--publish", help="Publish the plan if the check finds no error.")] = False,
    note: Annotated[str, typer.Option(help="Why, for those who look back at the edition.")] = "",
    layer: Annotated[str | None, typer.Option(help="Which layer of FILE; the first by default.")] = None,
    crs: Annotated[str | None, typer.Option(help="The system of a file that does not say it: EPSG:4543.")] = None,
    code_field: CodeField = None,
    name_field: NameField = None,
    level_field: LevelField = None,
    parent_field: ParentField = None,
    kind_field: KindField = None,
    households_field: HouseholdsField = None,
    level: Annotated[str | None, typer.Option(help="The level of every grid: community, 社区, …")] = None,
    parent: Annotated[str | None, typer.Option(help="The code of every grid's parent.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do all of it, and take it back.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Put the grids of a file into a plan, in the place of those with their codes or beside them, and check.

    Exits 0 when the check finds no error, 1 when it finds one, 2 when the file or the plan cannot be used.
    """
    if plan is not None and title is not None:
        raise typer.BadParameter("a plan that is there has its title", param_hint="--title")
    if publish and not note.strip():
        raise typer.BadParameter("an edition needs a note", param_hint="--note")
    fields = FieldMapping(
        code_field, name_field, level_field, parent_field, kind_field, households_field, level, parent
    )
    try:
        with ExitStack() as stack:
            work = stack.enter_context(open_rehearsal(Settings())) if dry_run else open_work(Settings())
            progress = stack.enter_context(_progress(as_json))
            done = _import(
                file,
                layer,
                crs,
                fields,
                work,
                progress,
                plan_id=plan,
                title=title or file.stem,
                note=note if publish else None,
            )
    except ServiceError as error:
        typer.echo(error.detail, err=True)
        raise typer.Exit(2) from None
    except RecursionError:
        typer.echo(f"{file} is not readable: its contents are nested too deeply.", err=True)
        raise typer.Exit(2) from None
    if as_json:
        typer.echo(orjson.dumps(_as_json(done, file, dry_run=dry_run), option=orjson.OPT_UTC_Z))
    else:
        _print(done, file, wanted=publish, dry_run=dry_run)
    raise typer.Exit(0 if done.report.valid else 1)


def _import(
    file: Path,
    layer: str | None,
    crs: str | None,
    fields: FieldMapping,
    work: UnitOfWork,
    progress: Progress,
    *,
    plan_id: int | None,
    title: str,
    note: str | None,
) -> _Imported:
    bar = progress.add_task(f"reading {file.name}", total=_STEPS)
    (read,), added = convert_to_degrees([read_vector_file(file, layer, crs=crs)])
    progress.update(bar, description="reading the fields", completed=1)
    given = read_grids(read, fields, begin_levels(work))
    progress.update(bar, description=f"putting {len(given.grids)} grids into the plan, checking", completed=2)
    if plan_id is None:
        plan_id = create_plan(title, CLI, work).id
    step = replace_grids(plan_id, given.grids, CLI, work)
    report, edition = step.report, None
    if note is not None and report.valid:
        progress.update(bar, description="publishing", completed=3)
        try:
            edition = publish_plan(plan_id, CLI, work, note=note)
        except PlanNotPublishableError as refusal:
            report = refusal.report
    progress.update(bar, description="done", completed=_STEPS)
    return _Imported(given, added, step, report, edition)


def _progress(as_json: bool) -> Progress:
    screen = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    return Progress(*columns, console=screen, transient=True, disable=as_json or not screen.is_terminal)


def _as_json(done: _Imported, file: Path, *, dry_run: bool) -> dict[str, Any]:
    plan = done.step.record.plan
    return {
        "file": str(file),
        "dry_run": dry_run,
        "fields": done.given.fields,
        "vertices_set_before_converting": done.added,
        "plan": plan_json(plan),
        "change": change_json(done.step.change, plan),
        "report": done.report.as_dict(),
        "edition": None if done.edition is None else edition_json(done.edition),
    }


def _print(done: _Imported, file: Path, *, wanted: bool, dry_run: bool) -> None:
    console = Console(highlight=False, soft_wrap=True)
    if done.added:
        console.print(f"{done.added} vertices were set on long edges where neighbours meet them, before converting.")
    used = ", ".join(f"{name} from {field}" for name, field in done.given.fields.items() if field is not None)
    plan, detail = done.step.record.plan, done.step.change.detail
    console.print(f"Read {len(done.given.grids)} grids of {file.name}: {used}.", markup=False)
    console.print(
        f"Plan {plan.id}: {len(detail['created'])} grids added, {len(detail['replaced'])} replaced, "
        f"{detail['inserted']} vertices set on common edges."
    )
    print_report(done.report, f"plan {plan.id}")
    console.print(_next(done, plan.id, wanted=wanted, dry_run=dry_run), markup=False)


def _next(done: _Imported, plan_id: int, *, wanted: bool, dry_run: bool) -> str:
    """Return what to do now."""
    if dry_run:
        return "This was a rehearsal: nothing is stored. 仅为试运行，未写入任何数据。"
    if done.edition is not None:
        effect = done.edition.effective_from
        return f"Published as edition {done.edition.number}, in force from {effect:%Y-%m-%d %H:%M %Z}."
    if done.report.valid:
        return f'Next: gis-service plan publish {plan_id} --note "…"  下一步：发布方案。'
    lead = "Not published. " if wanted else ""
    return (
        f"{lead}Next: mend the file and import it again with --plan {plan_id}, or take it back with "
        f"gis-service plan undo {plan_id}.  下一步：修正后用 --plan {plan_id} 再次导入，或撤销。"
    )
