"""What Prometheus may know."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

# From a cached tile (under a millisecond) to an import.
BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3, 10, 60)


class RouteSeconds(Collector):
    """How long answers take, by route: a histogram without the locks of the library's, for one event loop."""

    def __init__(self) -> None:
        self._routes: dict[str, tuple[list[int], list[float]]] = {}

    def of(self, route: str) -> Callable[[float], None]:
        """Return what notes one answer of a route, in seconds."""
        counts, total = self._routes.setdefault(route, ([0] * (len(BUCKETS_S) + 1), [0.0]))

        def note(took_s: float) -> None:
            counts[bisect_left(BUCKETS_S, took_s)] += 1
            total[0] += took_s

        return note

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """Return what has been noted, as Prometheus wants it: each bucket holds those below it too."""
        family = HistogramMetricFamily("gis_http_request_seconds", "Time to answer.", labels=["route"])
        bounds = [*map(str, map(float, BUCKETS_S)), "+Inf"]
        for route, (counts, total) in list(self._routes.items()):
            family.add_metric([route], list(zip(bounds, accumulate(counts), strict=True)), total[0])
        yield family


class Metrics:
    """Counters of one application; each has its own registry, so that two in one process do not meet."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "gis_http_requests_total", "Answers given.", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = RouteSeconds()
        self.registry.register(self.seconds)
