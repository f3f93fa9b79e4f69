"""What a grid costs a year: the money that a redraw moves from one grid to another."""

from __future__ import annotations

from dataclasses import dataclass

VILLAGE_ENDINGS = ("村", "村委会")


@dataclass(frozen=True, slots=True)
class PayRules:
    """Yuan a year; the figures of product.md, B7.

    Attributes:
        grid_yuan: what each grid at ``grid_level`` receives for its work.
        household_yuan: base pay of the liaison for a household in a town community.
        village_household_yuan: the same in a village.
        grid_level: the level whose grids receive money of their own.
    """

    grid_yuan: int = 20_000
    household_yuan: int = 40
    village_household_yuan: int = 20
    grid_level: str = "unit_grid"

    def of_grid(self, level: str | None, households: int, community: str) -> int:
        """Return what a leaf grid with some households costs; ``community`` is the name of the community it is in.

        A community whose name ends in 村 or 村委会 is a village.
        """
        rate = self.village_household_yuan if community.endswith(VILLAGE_ENDINGS) else self.household_yuan
        return households * rate + (self.grid_yuan if level == self.grid_level else 0)
