"""A worker that starts, with the province or without: ``python -m benchmarks.worker [with|without]``.

Prints the seconds since the process began, and its memory in bytes (PSS) after it has answered.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

import numpy as np
import psutil

from gis_service.app import create_app
from gis_service.settings import Settings

QUESTIONS = 1_000_000


def main() -> None:
    """Start as ``serve`` does, but for the database; ask a million places when there is something to ask."""
    create_app(Settings(database_url="postgresql+psycopg2://nobody@/nothing"))
    held = None
    if sys.argv[1] == "with":
        from benchmarks.province_lookup import snapshot

        held = snapshot()
    started_s = time.time() - psutil.Process().create_time()
    if held is not None:
        west, south, east, north = 110.03, 20.86, 116.9, 25.2
        random = np.random.default_rng(1)
        for _ in range(10):
            held.locator.locate_many(
                random.uniform(west, east, QUESTIONS // 10), random.uniform(south, north, QUESTIONS // 10)
            )
    told = Path("/proc/self/smaps_rollup").read_text("utf-8")
    memory = sum(int(size) for size in re.findall(r"^Pss:\s+(\d+) kB", told, re.MULTILINE))
    print(json.dumps({"started_s": started_s, "bytes": memory * 1024}))


if __name__ == "__main__":
    main()
