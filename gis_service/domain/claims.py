"""Who an access token of an identity provider speaks for, from its claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gis_service.domain.access import ROLES, Principal
from gis_service.errors import UnauthenticatedError

EVERYWHERE = "*"
"""The scope claim of who may work on all ground; a claim that is left out gives nothing."""

LONGEST_CLAIM = 255


@dataclass(frozen=True, slots=True)
class ClaimNames:
    """Where role and scope are in a token; a dot leads into an object, as in ``realm_access.roles``."""

    role: str = "gis_role"
    scope: str = "gis_scope"


def principal_of(claims: Mapping[str, Any], names: ClaimNames) -> Principal:
    """Return who a token speaks for, of claims that have been verified.

    The role claim is a word or a list that holds exactly one of our roles, whatever else is in it; the scope claim a
    grid code, or ``*`` for all ground.

    Raises:
        UnauthenticatedError: the subject, the role or the scope is missing or no such thing.
    """
    subject = _word(claims.get("sub"))
    if subject is None:
        raise UnauthenticatedError("the access token names no subject (sub)", code="invalid-token")
    given = _find(claims, names.role)
    roles = {role for role in (given if isinstance(given, list) else [given]) if role in ROLES}
    if len(roles) != 1:
        found = "several" if roles else "none"
        sentence = f"the access token must hold one of {', '.join(ROLES)} in its claim {names.role}; it holds {found}"
        raise UnauthenticatedError(sentence, code="no-role")
    scope = _word(_find(claims, names.scope))
    if scope is None:
        sentence = f"the access token must hold a grid code, or '{EVERYWHERE}', in its claim {names.scope}"
        raise UnauthenticatedError(sentence, code="no-scope")
    return Principal(name=f"oidc:{subject}", role=roles.pop(), scope=None if scope == EVERYWHERE else scope)


def _find(claims: Mapping[str, Any], path: str) -> object:
    # A claim whose own name has dots, as those that are URLs, goes before an object.
    if path in claims:
        return claims[path]
    found: object = claims
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _word(given: object) -> str | None:
    # What cannot be printed cannot be stored either: NUL and halves of surrogate pairs.
    is_word = isinstance(given, str) and 0 < len(given) <= LONGEST_CLAIM and given.isprintable()
    return str(given) if is_word else None
