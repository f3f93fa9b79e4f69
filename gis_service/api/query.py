"""Query parameters of the hot routes, read by hand: a wrong one is refused by its name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.datastructures import QueryParams
from starlette.requests import Request

from gis_service.api.instants import RFC_3339, to_utc
from gis_service.domain.coordinates import DEFAULT_CRS
from gis_service.errors import InputFault, RuleBrokenError

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_LONGEST_TOLD, _MOST_TOLD = 64, 10
_LOST_PLUS = re.compile(r"(.*\d) (\d\d:\d\d)", re.ASCII)


def refuse_unknown(query: QueryParams, known: Collection[str]) -> None:
    """Refuse parameters that an address does not have: left unread, they would change the question unnoticed.

    Raises:
        RuleBrokenError: code ``unknown-parameter``; names those given and those that there are.
    """
    unknown = sorted(query.keys() - known)
    if unknown:
        told = f"is no parameter of this address; it has {', '.join(known) or 'none'}"
        # A slash in front would make a pointer of the name, and no name the whole body.
        names = [name.lstrip("/")[:_LONGEST_TOLD] or "?" for name in unknown[:_MOST_TOLD]]
        faults = [InputFault(name, told) for name in names]
        raise RuleBrokenError(f"{names[0]!r} {told}", code="unknown-parameter", faults=faults)


def refuse_unknown_members(members: Mapping[str, object], known: Collection[str]) -> None:
    """Refuse members that a body does not have, as ``refuse_unknown`` does parameters.

    Raises:
        RuleBrokenError: code ``unknown-parameter``; points to those given and names those that there are.

    Source:
        RFC 6901, 3: how a name is written in a JSON pointer.
    """
    unknown = [name[:_LONGEST_TOLD] for name in sorted(members.keys() - known)]
    if unknown:
        told = f"is no member of this body; it has {', '.join(known)}"
        pointers = ["/" + name.replace("~", "~0").replace("/", "~1") for name in unknown[:_MOST_TOLD]]
        faults = [InputFault(pointer, told) for pointer in pointers]
        raise RuleBrokenError(f"{unknown[0]!r} {told}", code="unknown-parameter", faults=faults)


async def only_known_parameters(request: Request) -> None:
    """Refuse parameters that neither a route of FastAPI nor what it depends on declares.

    It is async, so that it takes no worker thread.

    Raises:
        RuleBrokenError: as ``refuse_unknown``.
    """
    route: APIRoute = request.scope["route"]
    refuse_unknown(request.query_params, list(_names_in(route.dependant)))


def _names_in(dependant: Dependant) -> Iterator[str]:
    yield from (each.alias for each in dependant.query_params)
    for deeper in dependant.dependencies:
        yield from _names_in(deeper)


def text_of(query: QueryParams, name: str) -> str | None:
    """Return a parameter, or None when it is not given.

    Raises:
        RuleBrokenError: it is given more than once.
    """
    given = query.getlist(name)
    if len(given) > 1:
        raise wrong_parameter(name, "is given more than once")
    return given[0] if given else None


def crs_of(query: QueryParams) -> str:
    """Return the parameter ``crs``: the name of a system, WGS 84 when it is not given; an empty one is no such name.

    Raises:
        RuleBrokenError: it is given more than once.
    """
    given = text_of(query, "crs")
    return DEFAULT_CRS if given is None else given


def number_of(query: QueryParams, name: str) -> float | None:
    """Return a parameter as a number, or None when it is not given; it may have overflowed to infinity.

    Raises:
        RuleBrokenError: it is no decimal number.
    """
    given = text_of(query, name)
    if given is None:
        return None
    if not _NUMBER.fullmatch(given):
        raise wrong_parameter(name, f"must be a finite decimal number, not {given[:40]!r}")
    return float(given)


def needed_number_of(query: QueryParams, name: str) -> float:
    """Return a parameter as a number.

    Raises:
        RuleBrokenError: it is missing or no decimal number.
    """
    number = number_of(query, name)
    if number is None:
        raise wrong_parameter(name, "is missing")
    return number


def instant_of(query: QueryParams, name: str) -> datetime | None:
    """Return a parameter as an instant, or None when it is not given.

    Raises:
        RuleBrokenError: it is not RFC 3339 with an offset.
    """
    given = text_of(query, name)
    return None if given is None else parse_instant(given, name)


def parse_instant(given: str, pointer: str) -> datetime:
    """Return the instant that a text names.

    Raises:
        RuleBrokenError: it is not RFC 3339 with an offset; the fault is at ``pointer``.
    """
    if RFC_3339.fullmatch(given):
        try:
            return to_utc(datetime.fromisoformat(given.upper()))
        except ValueError as error:
            raise wrong_parameter(pointer, f"is no date: {error}") from None
    sentence = "must be RFC 3339 with an offset, like 2026-07-01T08:00:00+08:00"
    if _LOST_PLUS.fullmatch(given) and not RFC_3339.fullmatch(given):
        sentence += "; in a query a plus sign is written %2B"
    raise wrong_parameter(pointer, sentence)


def wrong_parameter(pointer: str, sentence: str) -> RuleBrokenError:
    """Return the refusal of one parameter, or of one member of a body when the pointer begins with a slash."""
    return RuleBrokenError(f"{pointer.removeprefix('/')} {sentence}", faults=[InputFault(pointer, sentence)])
