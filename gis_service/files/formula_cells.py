"""Cells that a spreadsheet would take for formulas: an apostrophe in front makes them text.

Source:
    OWASP, CSV injection; the signs in their full width too.
"""

from __future__ import annotations

import re
from typing import Any

_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r＝＋－＠]")


def disarm(cell: Any) -> Any:  # noqa: ANN401 - whatever a cell holds
    """Return a cell that is no formula; what is no text stays as it is."""
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


def rearm(cell: Any) -> Any:  # noqa: ANN401
    """Return what ``disarm`` was given."""
    return cell[1:] if isinstance(cell, str) and _ESCAPED.match(cell) else cell
