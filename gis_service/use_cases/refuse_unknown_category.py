"""Refuse to narrow to a category that there is not: the answer would be as empty as if nothing had happened."""

from __future__ import annotations

from collections.abc import Collection

from gis_service.errors import InputFault, RuleBrokenError


def refuse_unknown_category(given: str | None, known: Collection[str]) -> None:
    """Refuse a category that is neither one of those known nor above one; None is none.

    Args:
        given: what incidents are to be narrowed to.
        known: every category and all above it.

    Raises:
        RuleBrokenError: code ``unknown-category``; the fault is at ``category`` and names the topmost that there are.
    """
    if given is None or given in known:
        return
    topmost = sorted(one for one in known if "." not in one)
    sentence = f"category is one of {', '.join(topmost)}, or one below" if topmost else "there are no categories yet"
    raise RuleBrokenError(sentence, code="unknown-category", faults=[InputFault("category", sentence)])
