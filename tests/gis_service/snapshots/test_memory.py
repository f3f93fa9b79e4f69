from __future__ import annotations

import ctypes
import re
from pathlib import Path

import numpy as np
import pytest
import shapely

from gis_service.snapshots.memory import give_back_memory


def memory_mb():
    """The memory of this process that is nobody else's."""
    told = Path("/proc/self/smaps_rollup").read_text(encoding="ascii")
    return int(re.search(r"Private_Dirty: +(\d+) kB", told)[1]) / 1024


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="the C library is not glibc")
def test_memory_of_shapes_that_are_gone_is_given_back():
    """400,000 points take some 40 MB; one that stays, made last, keeps the library from giving them back itself."""
    points = shapely.points(np.zeros((400_000, 2)))
    last = shapely.points(np.ones((1000, 2)))
    del points
    kept = memory_mb()

    give_back_memory()

    assert memory_mb() < kept - 20
    assert len(last) == 1000
