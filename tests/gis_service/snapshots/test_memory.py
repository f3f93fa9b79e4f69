from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

# In a process of its own: what else a long run of tests has left in the heap would decide the outcome.
SCRIPT = """
import re
from pathlib import Path
import numpy as np, shapely
from gis_service.snapshots.memory import give_back_memory

def memory_mb():
    told = Path("/proc/self/smaps_rollup").read_text(encoding="ascii")
    return int(re.search(r"Private_Dirty: +(\\d+) kB", told)[1]) / 1024

points = shapely.points(np.zeros((400_000, 2)))
last = shapely.points(np.ones((1000, 2)))
del points
kept = memory_mb()
give_back_memory()
print(kept - memory_mb())
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="the C library is not glibc")
def test_memory_of_shapes_that_are_gone_is_given_back():
    """400,000 points take some 40 MB; one that stays, made last, keeps the library from giving them back itself."""
    told = subprocess.run([sys.executable, "-c", SCRIPT], check=True, capture_output=True, text=True).stdout
    assert float(told) > 20
