"""Who serves which grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import insert
from sqlalchemy.orm import Session

from gis_service.database.tables import staff
from gis_service.domain.staff import StaffMember


class StaffRepository:
    """Rows of ``staff``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_many(self, members: Sequence[StaffMember]) -> None:
        """Store people on duty; their grids must be known."""
        if members:
            self._session.execute(insert(staff), [asdict(member) for member in members])
