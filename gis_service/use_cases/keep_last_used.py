"""Note when API tokens were last used."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from gis_service.database.unit_of_work import UnitOfWork


def keep_last_used(used_at: Mapping[int, datetime], work: UnitOfWork) -> None:
    """Store when tokens, by their ids, were used; an earlier instant than the one stored changes nothing."""
    if used_at:
        with work:
            work.tokens.note_uses(used_at)
            work.commit()
