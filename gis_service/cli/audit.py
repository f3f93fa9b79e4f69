"""``gis-service audit``: whether the record of acts is what was written."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import orjson
import typer
from rich.console import Console
from rich.progress import Progress, TextColumn

from gis_service.cli.connect import open_work
from gis_service.domain.audit_chain import Seal
from gis_service.log import configure_logging
from gis_service.settings import Settings
from gis_service.use_cases.seal_audit import seal_audit
from gis_service.use_cases.verify_audit import Anchor, Verified, verify_audit

audit = typer.Typer(no_args_is_help=True, help="The record of who did and read what.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@audit.command()
def verify(
    since: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="Seals made from then on alone."),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="Seals made before then alone."),
    ] = None,
    anchor: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="File of heads kept elsewhere; each is looked for, the present one added."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find every row and seal that was altered, removed, put in or moved.

    Exits 0 when nothing was, 1 when anything was, 2 when the anchor file cannot be read.
    """
    settings = Settings()
    zone = ZoneInfo(settings.timezone)
    anchors = [] if anchor is None else _read_anchors(anchor)
    with Progress(TextColumn("{task.completed} rows"), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("rows", total=None)
        found = verify_audit(
            None if since is None else since.replace(tzinfo=zone),
            None if until is None else until.replace(tzinfo=zone),
            anchors,
            open_work(settings),
            lambda rows: bar.update(task, completed=rows),
        )
    if anchor is not None and not found.faults and found.head is not None:
        _add_anchor(anchor, anchors, found.head)
    print(_as_json(found) if as_json else _as_text(found))
    raise typer.Exit(1 if found.faults else 0)


@audit.command()
def seal(as_json: AsJson = False) -> None:
    """Seal what has been recorded since the last seal: what a running service does itself (GIS_AUDIT_SEAL_S)."""
    settings = Settings()
    configure_logging(settings.log_level)
    made = seal_audit(lambda: datetime.now(UTC), lambda: open_work(settings))
    if as_json:
        print(orjson.dumps({"seals": len(made), "head": _head_json(made[-1]) if made else None}).decode())
        return
    print(_head_line(made[-1]) if made else "there is nothing new to seal")


@audit.command()
def head(as_json: AsJson = False) -> None:
    """Print the number and the hash of the last seal, to be kept where nobody who alters the database can reach."""
    with open_work(Settings()) as work:
        found = work.audit.head()
    if found is None:
        typer.echo("there is no seal yet; a running service makes them, or 'gis-service audit seal'", err=True)
        raise typer.Exit(1)
    print(orjson.dumps(_head_json(found)).decode() if as_json else _head_line(found))


def _head_line(found: Seal) -> str:
    return f"{found.number} {found.hash.hex()}"


def _head_json(found: Seal) -> dict[str, object]:
    return {"number": found.number, "hash": found.hash.hex(), "sealed_at": found.sealed_at, "last_id": found.last_id}


def _read_anchors(path: Path) -> list[Anchor]:
    """Return the heads in a file; a file that is not there yet holds none."""
    try:
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        pairs = [line.split() for line in lines if line.strip()]
        return [Anchor(int(number), bytes.fromhex(written)) for number, written in pairs]
    except (OSError, ValueError):
        typer.echo(f"{path} is no file of heads; each line is a number and 64 hexadecimal digits", err=True)
        raise typer.Exit(2) from None


def _add_anchor(path: Path, anchors: list[Anchor], present: Seal) -> None:
    if Anchor(present.number, present.hash) not in anchors:
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{_head_line(present)}\n")


def _as_text(found: Verified) -> str:
    lines = [fault.sentence for fault in found.faults]
    verdict = f"{len(lines)} faults" if lines else "nothing was altered"
    lines.append(f"{found.rows} rows under {found.seals} seals: {verdict}")
    if found.unsealed:
        lines.append(f"{found.unsealed} rows are not sealed yet, the oldest of {found.unsealed_since}")
    if found.head is not None:
        lines.append(f"head {_head_line(found.head)}")
    return "\n".join(lines)


def _as_json(found: Verified) -> str:
    told = {
        "valid": not found.faults,
        "seals": found.seals,
        "rows": found.rows,
        "unsealed": found.unsealed,
        "unsealed_since": found.unsealed_since,
        "head": None if found.head is None else _head_json(found.head),
        "faults": [
            {"kind": one.kind, "seal": one.seal, "row": one.row, "message": one.sentence} for one in found.faults
        ],
    }
    return orjson.dumps(told).decode()
