"""What Prometheus may know of the record of acts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gis_service.use_cases.record_audit import AuditRecorder


class AuditCollector(Collector):
    """The figures of one worker; ``unusual`` returns how many hours of reading stand out, some minutes old."""

    def __init__(self, recorder: AuditRecorder, unusual: Callable[[], int]) -> None:
        self._recorder, self._unusual = recorder, unusual

    def describe(self) -> list[Metric]:
        """Return nothing: a registry need not collect in order to register."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield each figure with its meaning."""
        recorder = self._recorder
        yield GaugeMetricFamily("gis_audit_waiting", "Acts still to be recorded.", recorder.waiting)
        yield CounterMetricFamily("gis_audit_recorded", "Acts recorded.", recorder.recorded)
        yield CounterMetricFamily("gis_audit_unrecorded", "Acts counted only.", recorder.unrecorded)
        yield GaugeMetricFamily("gis_audit_unusual", "Hours of unusual reading in the last day.", self._unusual())
