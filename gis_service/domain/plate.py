"""What stands on a door plate."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

_GROUPS = (6, 10)
_LENGTH = 14


@dataclass(frozen=True, slots=True)
class Plate:
    """A plate of a building, or of one of its doors: nothing on it changes when a boundary moves.

    ``entrance`` is the label of the door; None for the building as a whole.
    """

    code: str
    name: str
    address: str
    entrance: str | None = None

    @property
    def typed(self) -> str:
        """Return what a person types, and what the public page is called by."""
        return self.code if self.entrance is None else f"{self.code}-{self.entrance}"

    def url(self, public_url: str) -> str:
        """Return the address of the public page, which the QR code holds."""
        return f"{public_url.rstrip('/')}/b/{quote(self.typed, safe='')}"


def group_code(code: str) -> str:
    """Return a code as it is printed: 5301030004521Y as ``530103 0004 521Y``; a code of another register as it is."""
    if len(code) != _LENGTH:
        return code
    first, second = _GROUPS
    return f"{code[:first]} {code[first:second]} {code[second:]}"
