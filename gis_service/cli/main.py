"""All commands under one name, and how their refusals look."""

from __future__ import annotations

import sys
from typing import Any

import typer
from pydantic import ValidationError
from sqlalchemy import exc
from typer.core import TyperGroup

from gis_service.cli.audit import audit
from gis_service.cli.check import check
from gis_service.cli.clocks import clocks
from gis_service.cli.db import db
from gis_service.cli.demo import demo
from gis_service.cli.export_buildings import buildings as _exported  # noqa: F401 - it puts itself on ``exports``
from gis_service.cli.export_grids import exports
from gis_service.cli.export_tiles import tiles
from gis_service.cli.import_buildings import buildings as _imported  # noqa: F401 - it puts itself on ``imports``
from gis_service.cli.import_grids import imports
from gis_service.cli.import_incidents import incidents as _incidents  # noqa: F401 - it puts itself on ``imports``
from gis_service.cli.import_indicators import indicators as _indicators  # noqa: F401 - as above
from gis_service.cli.import_resources import resources as _resources  # noqa: F401 - it puts itself on ``imports``
from gis_service.cli.incident_months import months
from gis_service.cli.locate import locate
from gis_service.cli.migrate import migrate
from gis_service.cli.plan_changes import plan
from gis_service.cli.plan_repair import repair  # noqa: F401 - it puts itself on ``plan``
from gis_service.cli.plates import plates
from gis_service.cli.positions import positions
from gis_service.cli.rules import rules
from gis_service.cli.seed_tiles import seed  # noqa: F401 - it puts itself on ``tiles``
from gis_service.cli.serve import serve
from gis_service.cli.sheet import sheet
from gis_service.cli.staff import staff
from gis_service.cli.tokens import tokens
from gis_service.cli.verify import verify
from gis_service.database.integrity import DatabaseFaultError
from gis_service.errors import ServiceError


class RefusingGroup(TyperGroup):
    """Tells a refusal, a wrong setting and a wrong use in one line on standard error: no traceback, no box."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:  # noqa: ANN401 - as typer declares it
        """Read the words before the command; exit 2 when they are wrong."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except typer.TyperException as error:
            raise _misused(error, info_name or "gis-service") from error

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - as typer declares it
        """Run a command; exit 1 when the service refuses, 2 when a setting or a word of the command is wrong."""
        try:
            return super().invoke(ctx)
        except ServiceError as error:
            print(error.detail, file=sys.stderr)
            raise typer.Exit(1) from error
        except DatabaseFaultError as error:
            if not error.lacks_table:
                raise
            print("the database is not prepared for this version; run 'gis-service migrate'", file=sys.stderr)
            raise typer.Exit(1) from error
        except exc.DBAPIError as error:
            print(f"the database does not answer: {str(error.orig).splitlines()[0]}", file=sys.stderr)
            raise typer.Exit(1) from error
        except ValidationError as error:
            for entry in error.errors():
                name, sentence = "_".join(map(str, entry["loc"])).upper(), entry["msg"].removeprefix("Value error, ")
                print(f"GIS_{name}: {sentence}", file=sys.stderr)
            raise typer.Exit(2) from error
        except typer.TyperException as error:
            command = f"{ctx.command_path} {ctx.invoked_subcommand or ''}".rstrip()
            raise _misused(error, command) from error


def _misused(error: typer.TyperException, command: str) -> typer.Exit:
    """Tell what is wrong with the words of a command and where its use is told; ``command`` if the error knows none.

    The error of a group without a command has no sentence: the help is printed already.
    """
    context = getattr(error, "ctx", None)
    sentence = " ".join(error.format_message().replace("Value error, ", "").split())
    if sentence:
        told = command if context is None else context.command_path
        print(f"{sentence}{'' if sentence[-1] in '.?' else '.'} See '{told} --help'.", file=sys.stderr)
    return typer.Exit(error.exit_code)


app = typer.Typer(
    name="gis-service",
    cls=RefusingGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The spatial backbone of grid governance: boundaries that are proved, tiles, and whose ground a point is.",
)
app.command()(serve)
app.command()(demo)
app.command()(migrate)
app.command()(check)
app.command()(verify)
app.command()(locate)
app.command()(sheet)
app.command()(plates)
app.add_typer(plan, name="plan")
app.add_typer(imports, name="import")
app.add_typer(exports, name="export")
app.add_typer(tiles, name="tiles")
app.add_typer(rules, name="rules")
app.add_typer(tokens, name="tokens")
app.add_typer(audit, name="audit")
app.add_typer(clocks, name="clocks")
app.add_typer(positions, name="positions")
app.add_typer(staff, name="staff")
app.add_typer(db, name="db")
app.add_typer(months, name="incidents")
