"""What Prometheus may know of tiles, by their layers and zoom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gis_service.api.tile_cache import TileCache
from gis_service.api.tile_folder import TileFolder


@dataclass(slots=True)
class Tally:
    """Answers of one set of layers at one zoom; plain numbers, counted in the event loop."""

    by_tag: int = 0
    from_memory: int = 0
    from_disk: int = 0
    from_database: int = 0
    sent_bytes: int = 0
    sql_seconds: float = 0.0


class TileFigures(Collector):
    """The tallies of one worker, and what its cache holds.

    Layers are named in the order of the alphabet, so that no client can make more than a few hundred tallies.
    """

    def __init__(self, cache: TileCache, folder: TileFolder | None = None) -> None:
        self._cache, self._folder = cache, folder
        self._tallies: dict[tuple[str, int], Tally] = {}

    def of(self, layers: Iterable[str], zoom: int) -> Tally:
        """Return the tally of a set of layers at a zoom."""
        return self._tallies.setdefault((",".join(sorted(layers)), zoom), Tally())

    def describe(self) -> list[Metric]:
        """Return nothing: a registry need not collect in order to register."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield each figure with its meaning."""
        labels = ["layers", "zoom"]
        answers = CounterMetricFamily("gis_tile_answers", "Tiles answered.", labels=[*labels, "source"])
        sent = CounterMetricFamily("gis_tile_bytes", "Bytes of tiles answered, as they were sent.", labels=labels)
        sql = CounterMetricFamily("gis_tile_sql_seconds", "Time that the database took for tiles.", labels=labels)
        for (layers, zoom), tally in sorted(self._tallies.items()):
            of = [layers, str(zoom)]
            answers.add_metric([*of, "tag"], tally.by_tag)
            answers.add_metric([*of, "memory"], tally.from_memory)
            answers.add_metric([*of, "disk"], tally.from_disk)
            answers.add_metric([*of, "database"], tally.from_database)
            sent.add_metric(of, tally.sent_bytes)
            sql.add_metric(of, tally.sql_seconds)
        yield from (answers, sent, sql)
        cache, folder = self._cache, self._folder
        yield GaugeMetricFamily("gis_tile_cache_bytes", "Memory of remembered tiles.", cache.size_bytes)
        yield GaugeMetricFamily("gis_tiles_waiting", "Tiles that wait to be rendered.", cache.waiting)
        yield CounterMetricFamily("gis_tiles_refused", "Tiles refused because too many waited.", cache.refused)
        yield CounterMetricFamily("gis_tiles_dropped", "Tiles whose clients went away as they waited.", cache.dropped)
        yield CounterMetricFamily(
            "gis_tiles_called_off", "Tiles whose statement was ended, their clients having gone.", cache.called_off
        )
        yield CounterMetricFamily(
            "gis_tile_unwritten_files", "Tiles that could not be written to disk.", folder.unwritten if folder else 0
        )
        yield CounterMetricFamily(
            "gis_tile_refused_files", "Files of tiles that were damaged.", folder.refused if folder else 0
        )
