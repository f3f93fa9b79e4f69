"""What a lookup finds, and the one place where it is given a name."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Match(StrEnum):
    """How the asked point lies to the ground of its owner."""

    INSIDE = "inside"
    """In the interior of the owner, which has no children."""
    EDGE = "edge"
    """On the boundary of the owner: on an edge shared with others, or on the outer edge."""
    PARTIAL = "partial"
    """In a grid that has children, but in none of them."""
    OUTSIDE = "outside"
    """In no grid at all."""


class Located(NamedTuple):
    """The owner of one point, as indices into ``Locator.codes``.

    ``tied`` holds the other grids of the owner's level whose closed polygons cover the point too, by code.
    """

    match: Match
    owner_index: int | None
    tied: tuple[int, ...]


NOWHERE = Located(Match.OUTSIDE, None, ())


def name_match(*, owner_has_children: bool, is_tied: bool, is_on_owner_edge: bool) -> Match:
    """Return the word for a point that has an owner.

    ``partial`` goes before ``edge``: that the ground below is missing weighs more than where the point lies in it.
    A tied point always lies on the owner's boundary when the grids keep apart; where they overlap it is an
    ``edge`` all the same, since more than one grid could claim it.
    """
    if owner_has_children:
        return Match.PARTIAL
    return Match.EDGE if is_tied or is_on_owner_edge else Match.INSIDE
