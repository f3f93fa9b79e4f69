"""What Prometheus may know of streams and webhooks."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gis_service.api.event_stream import Streams
from gis_service.feed.sender import WebhookSender
from gis_service.feed.watcher import FeedWatcher


class FeedCollector(Collector):
    """The figures of one worker; those of webhooks are of all workers, and some seconds old."""

    def __init__(self, feed: FeedWatcher, streams: Streams, sender: WebhookSender) -> None:
        self._feed, self._streams, self._sender = feed, streams, sender

    def describe(self) -> list[Metric]:
        """Return nothing: a registry need not collect in order to register."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield each figure with its meaning."""
        yield GaugeMetricFamily("gis_feed_position", "Last position of the feed, as last seen.", self._feed.newest)
        yield GaugeMetricFamily("gis_feed_streams", "Streams of events that are open.", self._streams.open)
        names = ["webhook"]
        behind = GaugeMetricFamily("gis_webhook_lag_events", "Events that wait for a webhook.", labels=names)
        seconds = GaugeMetricFamily("gis_webhook_lag_seconds", "Since the first of them happened.", labels=names)
        delivered = CounterMetricFamily("gis_webhook_delivered", "Events that a webhook took.", labels=names)
        failures = CounterMetricFamily("gis_webhook_failures", "Times that it did not.", labels=names)
        letters = GaugeMetricFamily("gis_webhook_dead_letters", "Events given up.", labels=names)
        for webhook, lag in self._sender.figures:
            name = [str(webhook.id)]
            behind.add_metric(name, lag.events)
            seconds.add_metric(name, lag.seconds)
            delivered.add_metric(name, webhook.delivered)
            failures.add_metric(name, webhook.failures)
            letters.add_metric(name, webhook.dead_letters)
        yield from (behind, seconds, delivered, failures, letters)
