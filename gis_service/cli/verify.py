"""``gis-service verify``: whether a published edition is what it was, and whether other methods say so too."""

from __future__ import annotations

from typing import Annotated, NoReturn

import orjson
import structlog
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from sqlalchemy import exc

from gis_service.cli.connect import open_work
from gis_service.errors import ServiceError
from gis_service.log import configure_logging
from gis_service.settings import Settings
from gis_service.use_cases.verify_edition import Verification, verify_edition

_log = structlog.get_logger()
_SHOWN = 40


def verify(
    edition: Annotated[int | None, typer.Option(min=1, help="Which edition; the newest by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check a published edition anew, by the check and by three independent methods.

    Exits 0 when all agree, 1 when anything disagrees, which is an alarm, 2 when it could not be verified.
    """
    settings = Settings()
    configure_logging(settings.log_level)
    try:
        found = _verify(edition, settings)
    except ServiceError as error:
        _give_up(error.detail)
    except exc.DBAPIError as error:
        _give_up(f"the database does not answer: {str(error.orig).splitlines()[0]}")
    _warn(found)
    if as_json:
        print(orjson.dumps(found.as_dict()).decode())
    else:
        _print(found)
    raise typer.Exit(0 if found.agrees else 1)


def _verify(edition: int | None, settings: Settings) -> Verification:
    columns = (TextColumn("{task.description}"), BarColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("connect", total=1.0)
        return verify_edition(
            edition, open_work(settings), lambda step, share: bar.update(task, description=step, completed=share)
        )


def _give_up(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(2) from None


def _warn(found: Verification) -> None:
    """Log a warning for each thing that does not agree: what an alarm is hung on."""
    for answer in found.answers:
        if answer.agrees is False:
            _log.warning(
                "verify.differs", edition=found.edition, what=answer.what, stored=answer.stored, now=answer.now
            )
    for one in found.disagreements:
        _log.warning("verify.disagreement", edition=found.edition, **one.as_dict())


def _print(found: Verification) -> None:
    table = Table("", "published", "now", "agrees", title=f"edition {found.edition}")
    for answer in found.answers:
        word, colour = {True: ("yes", "green"), False: ("NO", "bold red"), None: ("–", "yellow")}[answer.agrees]
        table.add_row(answer.what, _short(answer.stored), _short(answer.now), f"[{colour}]{word}[/]")
    console = Console()
    console.print(table)
    for one in found.disagreements:
        figures = ", ".join(f"{name} {value}" for name, value in one.figures.items())
        console.print(
            f"{one.method}, children of {one.family or 'no parent'}: the check says: {one.check_says}; "
            f"the method says: {one.method_says}. {figures}",
            style="red",
            soft_wrap=True,
        )
    verdict = "all agree." if found.agrees else "NOT all agree: do not trust this edition before an engineer looked."
    console.print(
        f"Edition {found.edition}: {verdict}", style="green" if found.agrees else "bold red", soft_wrap=True
    )


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
