"""Workers started one after the other, with the province and without."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from functools import cache
from pathlib import Path

from benchmarks.province_lookup import snapshot

ROUNDS = 5


@cache
def started() -> list[tuple[dict[str, float], dict[str, float]]]:
    """Return what workers told, in pairs: with the province and without."""
    snapshot()
    return [(_start("with"), _start("without")) for _ in range(ROUNDS)]


def medians(key: str) -> tuple[float, float]:
    """Return the median of one figure with the province and without."""
    return tuple(statistics.median(pair[side][key] for pair in started()) for side in (0, 1))


def _start(how: str) -> dict[str, float]:
    where = Path(__file__).resolve().parent.parent
    command = [sys.executable, "-m", "benchmarks.worker", how]
    told: dict[str, float] = json.loads(subprocess.run(command, cwd=where, check=True, capture_output=True).stdout)
    return told
