"""Draw door plates: of one building, or of all that a grid owns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.building_code import fold_label
from gis_service.domain.plate import Plate
from gis_service.errors import ForbiddenError, NotFoundError, TooLargeError
from gis_service.sheets.fonts import Fonts
from gis_service.sheets.plate import plate_pdf, plate_png, plate_svg, plates_pdf
from gis_service.use_cases.locate_building import find_building
from gis_service.use_cases.read_ground import choose_edition

MOST_PLATES = 2_000
"""In one file, 250 pages; a unit grid has some dozens of buildings."""

PlateForm = Literal["svg", "png", "pdf"]

_DRAW: Mapping[PlateForm, Callable[[Plate, str, Fonts], bytes]] = {
    "svg": plate_svg,
    "png": plate_png,
    "pdf": plate_pdf,
}


@dataclass(frozen=True, slots=True)
class GridPlates:
    """All plates of a grid."""

    code: str
    name: str
    plates: tuple[Plate, ...]


def find_plate(typed: str, entrance: str | None, work: UnitOfWork) -> Plate:
    """Return the plate of a building, or of a door of it that ``typed`` or ``entrance`` names.

    Raises:
        NotFoundError: as ``find_building``.
        ClashError: as ``find_building``.
    """
    with work:
        found = find_building(typed, work)
    building, door = found.building, found.entrance
    if entrance is not None:
        named = fold_label(entrance)
        door = next((one for one in building.entrances if fold_label(one.label) == named), None)
        if door is None:
            labels = [one.label for one in building.entrances]
            raise NotFoundError(
                f"building {building.code} has no entrance {entrance[:100]!r}; it has {', '.join(labels) or 'none'}",
                code="unknown-entrance",
                members={"entrances": labels},
            )
    return Plate(building.code, building.name, building.address, None if door is None else door.label)


def draw_plate(plate: Plate, form: PlateForm, *, public_url: str, fonts: Fonts) -> bytes:
    """Return a plate as a file; ``public_url`` is where the service is reached, which stands in the QR code."""
    return _DRAW[form](plate, public_url, fonts)


def find_plates(code: str, work: UnitOfWork, *, principal: Principal | None = None) -> GridPlates:
    """Return the plates of all that a grid and those below it own now.

    Args:
        code: of the grid.
        work: a transaction not yet begun.
        principal: who asks; None at the command line, which asks nobody.

    Raises:
        NotFoundError: no edition is in force, or no grid of it has this code, or it owns no building.
        ForbiddenError: the grid lies outside the scope of who asks.
        TooLargeError: it has more than MOST_PLATES, code ``too-many-plates``.
    """
    with work:
        edition = choose_edition(None, None, work)
        chain = work.owners.chain(edition, code)
        if not chain:
            raise NotFoundError(f"no grid has the code {code!r} in edition {edition}")
        if principal is not None and not principal.sees([grid.code for grid in chain]):
            raise ForbiddenError(f"your scope is {principal.scope}; it does not hold {code}", code="outside-scope")
        plates = work.plates.of_grid(code, edition, MOST_PLATES + 1)
    if not plates:
        sentence = f"grid {code} owns no building, so it has no plates / 该网格内没有楼栋"
        raise NotFoundError(sentence, code="no-plates")
    if len(plates) > MOST_PLATES:
        raise TooLargeError(
            f"grid {code} has more than {MOST_PLATES} plates; ask for the grids below it / 请按下级网格打印",
            code="too-many-plates",
        )
    return GridPlates(code, chain[-1].name or code, tuple(plates))


def draw_plates(grid: GridPlates, *, public_url: str, fonts: Fonts) -> bytes:
    """Return A4 pages to print and cut."""
    return plates_pdf(grid.plates, public_url, fonts, title=f"{grid.name} {grid.code}")
