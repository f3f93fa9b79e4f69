"""``gis-service tokens``."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from gis_service.app import token_keys
from gis_service.cli.connect import open_work
from gis_service.settings import Settings
from gis_service.use_cases.create_token import create_token
from gis_service.use_cases.list_tokens import list_tokens
from gis_service.use_cases.revoke_token import revoke_token
from gis_service.use_cases.seal_tokens import seal_tokens

tokens = typer.Typer(no_args_is_help=True, help="Make, list and revoke API tokens.")


@tokens.command()
def create(
    role: Annotated[str, typer.Option(help="worker, router, dispatcher, planner, auditor or admin.")],
    scope: Annotated[
        str | None, typer.Option(help="Grid code; covers its subtree.  Everything when left out.")
    ] = None,
    label: Annotated[str, typer.Option(help="Whose it is, for those who look at the list.")] = "",
    days: Annotated[int, typer.Option(min=1, max=3650, help="Days until it expires.")] = 365,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make a token and print it; it is not shown again."""
    settings = Settings()
    secret, token = create_token(
        role=role,
        scope=scope,
        label=label,
        lifetime=timedelta(days=days),
        work=open_work(settings),
        keys=token_keys(settings),
    )
    if json:
        shown = {"token": secret, "id": token.id, "role": role, "scope": scope, "expires_at": token.expires_at}
        print(orjson.dumps(shown).decode())
        return
    print(secret)
    print(f"role {role}, scope {scope or 'everything'}, until {token.expires_at:%Y-%m-%d}; id {token.id}")


@tokens.command(name="list")
def list_(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the tokens; their secrets cannot be shown."""
    found = list_tokens(open_work(Settings()))
    if json:
        print(orjson.dumps(found).decode())
        return
    table = Table("id", "label", "role", "scope", "until", "revoked", "last used")
    for token in found:
        revoked = f"{token.revoked_at:%Y-%m-%d %H:%M}" if token.revoked_at else ""
        used = f"{token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else ""
        table.add_row(
            str(token.id),
            token.label,
            token.role,
            token.scope or "everything",
            f"{token.expires_at:%Y-%m-%d}",
            revoked,
            used,
        )
    Console().print(table)


@tokens.command()
def revoke(token_id: Annotated[int, typer.Argument(help="The id that 'tokens list' shows.")]) -> None:
    """Revoke a token; running services notice within a few seconds."""
    revoke_token(token_id, open_work(Settings()))
    print(f"token {token_id} is revoked")


@tokens.command()
def seal() -> None:
    """Seal with GIS_TOKEN_KEY the hashes that were stored without; tokens stay as they are."""
    settings = Settings()
    sealed, left = seal_tokens(token_keys(settings), open_work(settings))
    print(f"sealed {sealed} tokens; {left} valid ones are sealed by another key, and sealed anew when they are used")
