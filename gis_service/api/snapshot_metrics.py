"""What Prometheus may know of the editions held: is every worker up to date, and does PostGIS say the same?"""

from __future__ import annotations

import os
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gis_service.snapshots.holder import SnapshotHolder
from gis_service.snapshots.shadow import ShadowCheck
from grid_boundaries.locate.raster.reader import HAS_KERNEL


class SnapshotCollector(Collector):
    """The figures of one worker, read when they are asked for."""

    def __init__(self, snapshots: SnapshotHolder, shadow: ShadowCheck) -> None:
        self._snapshots, self._shadow = snapshots, shadow

    def describe(self) -> list[Metric]:
        """Return nothing: a registry need not collect in order to register."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield each figure with its meaning."""
        held, shadow = self._snapshots, self._shadow
        folder, maker, current = held.folder, held.maker, held.current
        yield GaugeMetricFamily(
            "gis_snapshot_edition", "Edition that lookups answer from; 0: none.", current.edition if current else 0
        )
        yield GaugeMetricFamily(
            "gis_edition_in_force",
            "Edition in force as the database listed them last; 0: none.",
            held.published or 0,
        )
        yield GaugeMetricFamily(
            "gis_snapshot_age_seconds", "Time since the last good look for editions.", held.seconds_since_refresh
        )
        yield CounterMetricFamily("gis_snapshot_failures", "Looks for editions that failed.", held.failures)
        yield CounterMetricFamily(
            "gis_snapshot_failed_builds", "Times that an edition could not be built.", held.failed_builds
        )
        yield CounterMetricFamily("gis_snapshot_builds", "Editions built from the database.", maker.made)
        yield GaugeMetricFamily("gis_snapshot_build_seconds", "Time that the last build took.", maker.seconds)
        yield GaugeMetricFamily("gis_snapshots_held", "Editions held.", len(held.held))
        yield GaugeMetricFamily(
            "gis_snapshot_file_bytes",
            "Size of the files mapped; 0: all editions are in the worker's own memory.",
            sum(snapshot.file_bytes for snapshot in held.held),
        )
        yield CounterMetricFamily(
            "gis_snapshot_refused_files",
            "Files that did not fit and were set aside.",
            folder.refused if folder else 0,
        )
        yield CounterMetricFamily(
            "gis_snapshot_unwritten_files", "Files that could not be written.", folder.unwritten if folder else 0
        )
        yield GaugeMetricFamily("gis_lookup_kernel", "1: the compiled kernel reads; 0: it is missing.", HAS_KERNEL)
        yield CounterMetricFamily("gis_shadow_checked", "Answers that PostGIS was asked for again.", shadow.checked)
        yield CounterMetricFamily("gis_shadow_mismatched", "Answers on which PostGIS differed.", shadow.mismatched)
        yield CounterMetricFamily("gis_shadow_dropped", "Answers that could not be checked.", shadow.dropped)
        yield GaugeMetricFamily("gis_worker_pid", "Process that tells this: each worker has its own.", os.getpid())
