"""Every form in which a locator can answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from grid_boundaries.locate.format import pack, unpack
from grid_boundaries.locate.locator import Locator
from grid_boundaries.locate.raster.reader import HAS_KERNEL, PlainReader
from grid_boundaries.locate.raster_locator import RasterLocator
from grid_boundaries.locate.tree_locator import TreeLocator
from grid_boundaries.partition import Grid

Build: TypeAlias = Callable[[Sequence[Grid], Mapping[str, int]], Locator]


def raster_without_kernel(grids: Sequence[Grid], ranks: Mapping[str, int]) -> Locator:
    """A raster locator on a machine that could not compile the kernel."""
    built = RasterLocator.build(grids, ranks)
    return RasterLocator(built._roster, built._raster, built._outline, read_by=lambda raster, _: PlainReader(raster))


def raster_from_file(grids: Sequence[Grid], ranks: Mapping[str, int]) -> Locator:
    """A raster locator that was kept as bytes."""
    packed = b"".join(pack({}, RasterLocator.build(grids, ranks).arrays()))
    return RasterLocator.of_arrays(unpack(packed)[1])


assert HAS_KERNEL, "the kernel is not compiled; run: make setup"

FORMS: dict[str, Build] = {
    "tree": TreeLocator.build,
    "raster": RasterLocator.build,
    "raster without kernel": raster_without_kernel,
    "raster from its file": raster_from_file,
}
