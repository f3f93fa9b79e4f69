from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from grid_boundaries.locate.answers import Located, Match
from grid_boundaries.locate.raster.arrays import Raster

class Kernel:
    def __init__(self, raster: Raster, ranks: NDArray[np.int32]) -> None: ...
    def answer_with(
        self,
        matches: list[Match],
        make: Callable[[Match, int, tuple[int, ...]], Located],
        nowhere: Located,
        exactly: Callable[[float, float], Located],
    ) -> None: ...
    def locate(self, lon: float, lat: float) -> Located: ...
    def owner_inside(self, lon: float, lat: float) -> int: ...
    def owners(self, lons: NDArray[np.float64], lats: NDArray[np.float64], out: NDArray[np.int32]) -> None: ...
