"""The demo's tokens: made once, kept beside the embedded database, so that a second run shows the same."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import orjson

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import ROLES
from gis_service.domain.tokens import TokenKeys
from gis_service.errors import UnauthenticatedError
from gis_service.use_cases.authenticate import authenticate
from gis_service.use_cases.create_token import create_token

SCOPE = "530103"


def demo_tokens(home: Path, work: UnitOfWork, keys: TokenKeys) -> dict[str, str]:
    """Return a token for each role with the district as its scope; those still valid are kept."""
    place = home / "demo-tokens.json"
    kept: dict[str, str] = orjson.loads(place.read_bytes()) if place.exists() else {}
    secrets = {}
    for role in ROLES:
        secret = kept.get(role)
        if secret is None or not _is_valid(secret, work, keys):
            secret, _ = create_token(
                role=role, scope=SCOPE, label=f"demo {role}", lifetime=timedelta(days=365), work=work, keys=keys
            )
        secrets[role] = secret
    home.mkdir(parents=True, exist_ok=True)
    place.touch(mode=0o600)
    place.write_bytes(orjson.dumps(secrets, option=orjson.OPT_INDENT_2))
    return secrets


def _is_valid(secret: str, work: UnitOfWork, keys: TokenKeys) -> bool:
    try:
        authenticate(secret, work, keys)
    except UnauthenticatedError:
        return False
    return True
