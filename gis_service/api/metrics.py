"""What Prometheus may know."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

# From a cached tile (under a millisecond) to an import.
BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3, 10, 60)


class Metrics:
    """Counters of one application; each has its own registry, so that two in one process do not meet."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "gis_http_requests_total", "Answers given.", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "gis_http_request_seconds", "Time to answer.", ("route",), buckets=BUCKETS_S, registry=self.registry
        )
