"""``gis-service rules``: the tables of rules as files, and what a change of them would do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import orjson
import typer
from rich.console import Console
from rich.table import Table

from gis_service.api.instants import to_utc
from gis_service.api.schemas_rules import change_json, trial_json
from gis_service.cli.connect import open_rehearsal, open_work
from gis_service.domain.deadline_trial import DeadlineTrial
from gis_service.domain.rule_sheet import write_row
from gis_service.errors import ServiceError
from gis_service.files.rule_files import read_csv, read_json, write_csv, write_json
from gis_service.settings import Settings
from gis_service.use_cases.change_rules import GivenRows, change_rules, read_table
from gis_service.use_cases.try_rules import MOST_TRIED, USUAL_LIMIT, RuleTrial, TrialWindow, try_rules

rules = typer.Typer(no_args_is_help=True, help="Show, check, try and load departments, categories and rules.")

_FORMS = (".csv", ".json")
_UNUSABLE = 2

TableName = Annotated[
    Literal["departments", "categories", "dispatch", "deadlines", "calendar"], typer.Argument(help="Which table.")
]
DecidingName = Annotated[Literal["dispatch", "deadlines"], typer.Argument(help="Which table.")]
RowFile = Annotated[Path, typer.Argument(help="FILE.csv (UTF-8 or GB 18030) or FILE.json.")]
Whole = Annotated[bool, typer.Option("--replace", help="These rows are all: rules not among them end now.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@rules.command()
def show(
    table: TableName,
    file: Annotated[Path | None, typer.Option("--output", "-o", help="Write FILE.csv or FILE.json.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print a table as CSV, or write it to a file that can be edited and loaded again."""
    settings = Settings()
    if file is not None and file.suffix.lower() not in _FORMS:
        raise typer.BadParameter("the file must end in .csv or .json", param_hint="--output")
    entries = read_table(table, open_work(settings)).entries
    rows = [write_row(table, entry, ZoneInfo(settings.timezone)) for entry in entries]
    is_json = as_json if file is None else file.suffix.lower() == ".json"
    body = write_json(table, rows) if is_json else write_csv(table, rows)
    if file is None:
        print(body.decode("utf-8-sig").replace("\r\n", "\n").removesuffix("\n"))
        return
    try:
        file.write_bytes(body)
    except OSError as error:
        raise typer.BadParameter(f"cannot be written: {error.strerror}", param_hint="--output") from None
    print(f"{file}: {len(rows)} rows of {table}")


@rules.command()
def load(table: TableName, file: RowFile, whole: Whole = False, as_json: AsJson = False) -> None:
    """Put the rows of a file into a table, each in the place of the one with its key: all of them or none.

    Exits 0 when they are stored, 1 when rows are at fault, 2 when the file cannot be used.
    """
    _put(table, file, whole=whole, as_json=as_json, rehearse=False)


@rules.command()
def check(table: TableName, file: RowFile, whole: Whole = False, as_json: AsJson = False) -> None:
    """Say what loading a file would change, and every fault of its rows; nothing is written.

    Exits 0 when it can be loaded, 1 when rows are at fault, 2 when the file cannot be used.
    """
    _put(table, file, whole=whole, as_json=as_json, rehearse=True)


@rules.command(name="dry-run")
def dry_run(
    table: DecidingName,
    file: RowFile,
    whole: Whole = False,
    since: Annotated[str | None, typer.Option(help="Incidents reported then or later; 30 days by default.")] = None,
    until: Annotated[str | None, typer.Option(help="Incidents reported before that; now by default.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST_TRIED, help="The newest so many.")] = USUAL_LIMIT,
    as_json: AsJson = False,
) -> None:
    """Say which incidents of the last month the rows of a file would have decided otherwise; nothing is written.

    Exits 0 when they can be loaded, 1 when rows are at fault, 2 when the file cannot be used.
    """
    settings = Settings()
    zone = ZoneInfo(settings.timezone)
    now = datetime.now(UTC)
    window = TrialWindow.around(_instant(since, zone, "--since"), _instant(until, zone, "--until"), now, limit)
    given = _read(table, file, whole=whole)
    with _refusing(as_json):
        trial = try_rules(given, window, open_work(settings), now=now, zone=zone)
    if as_json:
        print(orjson.dumps(trial_json(table, trial), option=orjson.OPT_UTC_Z).decode())
        return
    _print_trial(trial, zone)


def _put(table: str, file: Path, *, whole: bool, as_json: bool, rehearse: bool) -> None:
    given = _read(table, file, whole=whole)
    settings = Settings()
    with _refusing(as_json):
        if rehearse:
            with open_rehearsal(settings) as work:
                change, _ = change_rules(given, work, now=datetime.now(UTC))
        else:
            change, _ = change_rules(given, open_work(settings), now=datetime.now(UTC))
    told = change_json(table, change)
    if as_json:
        print(orjson.dumps(told).decode())
        return
    counts = ", ".join(f"{len(told[name])} {name}" for name in ("added", "changed", "ended", "removed"))
    print(f"{table}: {counts}, {told['unchanged']} as they were{'; nothing is written' if rehearse else ''}")


def _read(table: str, file: Path, *, whole: bool) -> GivenRows:
    form = file.suffix.lower()
    if form not in _FORMS:
        raise typer.BadParameter("the file must end in .csv or .json", param_hint="FILE")
    try:
        body = file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}", param_hint="FILE") from None
    try:
        read = read_csv(table, body) if form == ".csv" else read_json(table, body)
    except ServiceError as error:
        for sentence in [fault.detail for fault in error.faults] or [error.detail]:
            print(f"{file}: {sentence}", file=sys.stderr)
        raise typer.Exit(_UNUSABLE) from None
    return GivenRows(table, read.rows, whole, read.lines)


@contextmanager
def _refusing(as_json: bool) -> Iterator[None]:
    """Name each fault of the rows on a line of its own, and exit 1."""
    try:
        yield
    except ServiceError as error:
        if not error.faults:
            raise
        faults = [{"pointer": fault.pointer, "detail": fault.detail} for fault in error.faults]
        if as_json:
            print(orjson.dumps({"code": error.code, "errors": faults}).decode())
        for fault in faults:
            print(f"{fault['pointer']}: {fault['detail']}", file=sys.stderr)
        raise typer.Exit(1) from None


def _instant(written: str | None, zone: ZoneInfo, name: str) -> datetime | None:
    """Return an instant; a bare day begins at midnight in the zone of the settings."""
    if written is None:
        return None
    try:
        instant = datetime.fromisoformat(written)
    except ValueError:
        raise typer.BadParameter(
            "must be a day or an instant, like 2026-07-01 or 2026-07-01T08:00:00+08:00", param_hint=name
        ) from None
    return to_utc(instant if instant.tzinfo else instant.replace(tzinfo=zone))


def _print_trial(trial: RuleTrial, zone: ZoneInfo) -> None:
    outcome = trial.outcome
    if isinstance(outcome, DeadlineTrial):
        moves = Table("clock", "deadline", "incidents")
        for (stage, how), count in outcome.moves.most_common():
            moves.add_row(stage, how, f"{count:,}")
        without = f"{outcome.undecided_after.total():,} without a deadline ({outcome.undecided_before.total():,} now)"
    else:
        moves = Table("department now", "department then", "incidents")
        for (before, after), count in outcome.moves.most_common():
            moves.add_row(before or "none", after or "none", f"{count:,}")
        without = f"{outcome.undecided_after:,} without a department ({outcome.undecided_before:,} now)"
        if outcome.others:
            without += f"; {outcome.others:,} with other assisting departments or first receivers"
    if moves.row_count:
        Console().print(moves)
    since, until = (
        f"{instant.astimezone(zone):%Y-%m-%d %H:%M}" for instant in (trial.window.since, trial.window.until)
    )
    more = ", the newest of more" if trial.truncated else ""
    print(f"{outcome.moves.total():,} of {outcome.incidents:,} incidents{more} from {since} to {until}; {without}")
    for one in outcome.examples[:5]:
        print(f"{one.incident.id} {one.what}: {one.before.detail}\n  -> {one.after.detail}")
