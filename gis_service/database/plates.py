"""What stands on the door plates of a grid."""

from __future__ import annotations

from importlib.resources import files

from sqlalchemy import text
from sqlalchemy.orm import Session

from gis_service.domain.plate import Plate

_PLATES_OF_GRID = text(files("gis_service.database").joinpath("sql", "plates_of_grid.sql").read_text("utf-8"))


class PlateRepository:
    """Buildings and their doors as plates tell them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of_grid(self, code: str, edition: int, limit: int) -> list[Plate]:
        """Return up to ``limit`` plates of what a grid and those below it own in an edition, by address.

        One for each door; one for the building where it has none.  What is gone from the ground has no plate.
        """
        asked = {"code": code, "edition": edition, "most": limit}
        return [Plate(**row) for row in self._session.execute(_PLATES_OF_GRID, asked).mappings()]
