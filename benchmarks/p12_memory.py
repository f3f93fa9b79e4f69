"""P12: memory of a worker with the province."""

from __future__ import annotations

from collections.abc import Iterator

import shapely

from benchmarks.province import province
from benchmarks.race import Row
from benchmarks.workers import medians, started

MOST_TIMES_WKB = 2


def races() -> Iterator[Row]:
    """Compare what the province adds to a worker, mapped pages counted, with its geometry as WKB; in bytes."""
    wkb = sum(len(shapely.to_wkb(grid.shape)) for grid in province())
    with_it, without = medians("bytes")
    each = [wkb / (one["bytes"] - other["bytes"]) for one, other in started()]
    yield Row(
        ours="a worker with the province, less an empty one, bytes",
        reference="the province as WKB, bytes",
        unit="",
        ours_per_s=with_it - without,
        reference_per_s=wkb,
        ratio=wkb / (with_it - without),
        ratio_low=min(each),
        ratio_high=max(each),
        least_ratio=1 / MOST_TIMES_WKB,
    )
