"""P13: start of a worker with the province, its snapshot file present."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.race import Row
from benchmarks.workers import medians, started

MOST_S_MORE = 1.0


def races() -> Iterator[Row]:
    """Compare the second that is allowed with what the province adds to the start of a worker."""
    with_it, without = medians("started_s")
    each = [MOST_S_MORE / (one["started_s"] - other["started_s"]) for one, other in started()]
    yield Row(
        ours=f"start with the province less an empty one of {without:.2f} s",
        reference=f"{MOST_S_MORE:g} s",
        unit="starts",
        ours_per_s=1 / (with_it - without),
        reference_per_s=1 / MOST_S_MORE,
        ratio=MOST_S_MORE / (with_it - without),
        ratio_low=min(each),
        ratio_high=max(each),
        least_ratio=1.0,
    )
