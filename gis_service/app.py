"""Puts the parts of the service together."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol, TypedDict
from zoneinfo import ZoneInfo

from anyio import to_thread
from fastapi import FastAPI
from prometheus_client.registry import Collector
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from gis_service.api import (
    archives,
    area_events,
    audit,
    boundaries,
    building_import,
    buildings,
    check_ins,
    console,
    devices,
    door_page,
    door_reports,
    esri,
    exceptions,
    grids,
    hand_overs,
    health,
    history,
    impact,
    incident_batch,
    incident_clocks,
    incident_feed,
    incident_moves,
    incident_photos,
    incidents,
    indicators,
    locate,
    locate_area,
    locate_batch,
    locate_building,
    lookup_tiles,
    matrix_tiles,
    ogc,
    ogc_tiles,
    plan_import,
    plan_tiles,
    plans,
    plates,
    positions,
    repeats,
    resource_register,
    resources,
    rules,
    sheets,
    staff,
    statistics,
    styles,
    tiles,
    webhooks,
)
from gis_service.api.access import TokenCache
from gis_service.api.audit_metrics import AuditCollector
from gis_service.api.audit_trail import AuditTrail
from gis_service.api.door_desk import DoorDesk
from gis_service.api.event_stream import Streams
from gis_service.api.feed_metrics import FeedCollector
from gis_service.api.metrics import Metrics
from gis_service.api.middleware import BodyLimit, HeadIsGet, PlainBodies, RequestLog
from gis_service.api.openapi import describe
from gis_service.api.problems import install_problems
from gis_service.api.quick_locate import QuickLocate
from gis_service.api.quick_tiles import QuickTiles
from gis_service.api.rate_limits import Buckets, RateLimits, TooMany
from gis_service.api.request_lines import RequestLines
from gis_service.api.snapshot_metrics import SnapshotCollector
from gis_service.api.tile_cache import TileCache
from gis_service.api.tile_figures import TileFigures
from gis_service.api.tile_folder import TileFolder
from gis_service.api.tile_seeding import TileSeeder
from gis_service.database.embedded import EmbeddedCluster
from gis_service.database.engine import make_engine, make_reading_factory, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.alarms import AlarmShares
from gis_service.domain.allowance import Allowance
from gis_service.domain.audit import UnusualLimits
from gis_service.domain.claims import ClaimNames
from gis_service.domain.tokens import TokenKeys
from gis_service.feed.sender import WebhookSender
from gis_service.feed.stopping import when_told_to_stop
from gis_service.feed.watcher import FeedWatcher
from gis_service.files.key_file import read_or_make_key
from gis_service.files.photo_store import PhotoStore
from gis_service.log import configure_logging
from gis_service.oidc.access_token import Verifier
from gis_service.oidc.issuer import Issuer
from gis_service.settings import Settings
from gis_service.snapshots.folder import SnapshotFolder
from gis_service.snapshots.holder import SnapshotHolder
from gis_service.snapshots.shadow import ShadowCheck
from gis_service.use_cases.authenticate import authenticate
from gis_service.use_cases.forget_positions import forget_positions
from gis_service.use_cases.keep_clocks import ring_alarms
from gis_service.use_cases.keep_incident_months import make_months_ahead
from gis_service.use_cases.keep_last_used import keep_last_used
from gis_service.use_cases.read_audit import find_unusual
from gis_service.use_cases.record_audit import AuditRecorder
from gis_service.use_cases.repeating import Repeating
from gis_service.use_cases.seal_audit import seal_audit

EXPOSED_HEADERS = [
    "Content-Crs",
    "Content-Range",
    "ETag",
    "Idempotency-Replayed",
    "Link",
    "Location",
    "Retry-After",
    "WWW-Authenticate",
    "X-Edition",
    "X-Plan-Version",
    "X-Request-Id",
    "X-Truncated",
]
"""What a page from another origin may read of an answer."""

MONTHS_POLL_S = 6 * 3600.0
"""Months are made three ahead; one that a run could not make is made by a later one."""


POSITIONS_POLL_S = 3600.0
"""Positions are kept by the day."""

LAST_USED_S = 60.0
"""Between two notes of when tokens were last used."""

FEED_POOL_SIZE = 4
"""Connections that streams and webhooks share, so that they take none from requests."""


AUDIT_POOL_SIZE = 2
"""Connections of those who record and seal acts: requests that wait for them may hold all others."""

UNUSUAL_POLL_S = 300.0


class AuditState(TypedDict):
    """What requests find of the record of acts."""

    audit: AuditRecorder
    unusual_limits: UnusualLimits


class FeedState(TypedDict):
    """What requests find of the feed of events."""

    feed: FeedWatcher
    streams: Streams
    open_feed_work: Callable[[], UnitOfWork]
    webhook_allow_private: bool


class State(FeedState, AuditState):
    """What every request finds in ``request.state``."""

    open_work: Callable[[], UnitOfWork]
    open_reading: Callable[[], UnitOfWork]
    snapshots: SnapshotHolder
    shadow: ShadowCheck
    tile_cache: TileCache
    tile_folder: TileFolder | None
    tile_figures: TileFigures
    plan_cache: TileCache
    lookup_cache: TileCache
    archives: Path
    sheet_cache: TileCache
    token_cache: TokenCache
    metrics: Metrics
    batch_limit: int
    area_vertex_limit: int
    building_conflict_m: float
    check_in_near_m: float
    expiring_soon_days: int
    positions_kept_days: int
    timezone: ZoneInfo
    alarms: AlarmShares
    attribution: str
    sheet_font: Path | None
    public_url: str
    door: DoorDesk
    photos: PhotoStore
    photo_limit_bytes: int


class Service(FastAPI):
    """The application, with its quickest routes in front of all layers: these cost more than the answer."""

    def put_in_front(self, front: ASGIApp) -> None:
        """Let all requests meet this first."""
        self._front = front

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._front(scope, receive, send)


def database_url(settings: Settings) -> str:
    """Return the URL of the database in use, starting the embedded one when none is configured."""
    return settings.database_url or EmbeddedCluster(settings.home / "postgres").start()


def alarm_shares(settings: Settings) -> AlarmShares:
    """Return when the clocks of incidents ring."""
    return AlarmShares(settings.alarm_remind_share, settings.alarm_repeat_share)


def door_desk(settings: Settings) -> DoorDesk:
    """Return what the pages of doors go by."""
    given = settings.door_secret
    return DoorDesk(
        secret=read_or_make_key(settings.home / "door.key") if given is None else given.get_secret_value().encode(),
        contacts=settings.public_contacts,
        of_address=Allowance(settings.door_reports_of_address),
        of_building=Allowance(settings.door_reports_of_building),
    )


def token_keys(settings: Settings) -> TokenKeys:
    """Return the keys that seal the stored hashes of API tokens."""
    present, before = (
        None if key is None else key.get_secret_value() for key in (settings.token_key, settings.token_key_before)
    )
    return TokenKeys(present, before)


def token_cache(settings: Settings) -> TokenCache:
    """Return what finds out who shows a token, and remembers it for a moment."""
    verifier = None
    if settings.oidc_issuer is not None and settings.oidc_audience is not None:
        verifier = Verifier(
            Issuer(settings.oidc_issuer, keys_s=settings.oidc_keys_s, refetch_s=settings.oidc_refetch_s),
            audience=settings.oidc_audience,
            skew_s=settings.oidc_skew_s,
            names=ClaimNames(role=settings.oidc_role_claim, scope=settings.oidc_scope_claim),
        )
    return TokenCache(settings.token_cache_s, partial(authenticate, keys=token_keys(settings), verifier=verifier))


@asynccontextmanager
async def follow_feed(url: str, settings: Settings, metrics: Metrics) -> AsyncIterator[FeedState]:
    """Watch the feed of events, send webhooks, and end streams when the server is told to stop."""
    engine = make_engine(url, pool_size=FEED_POOL_SIZE, statement_timeout_ms=settings.statement_timeout_ms)
    sessions = make_session_factory(engine)
    feed = FeedWatcher(lambda: UnitOfWork(sessions), listen_url=url, poll_s=settings.feed_poll_s)
    streams = Streams(settings.feed_streams)
    sender = WebhookSender(
        lambda: UnitOfWork(sessions),
        timeout_s=settings.webhook_timeout_s,
        most_tries=settings.webhook_tries,
        allow_private=settings.webhook_allow_private,
    )
    figures = FeedCollector(feed, streams, sender)
    metrics.registry.register(figures)
    feed.start()
    if settings.webhook_delivery:
        feed.on_move = sender.ring
        sender.start()
    try:
        with when_told_to_stop(feed.end_streams):
            yield {
                "feed": feed,
                "streams": streams,
                "open_feed_work": lambda: UnitOfWork(sessions),
                "webhook_allow_private": settings.webhook_allow_private,
            }
    finally:
        metrics.registry.unregister(figures)
        await to_thread.run_sync(sender.stop)
        await to_thread.run_sync(feed.stop)
        engine.dispose()


@asynccontextmanager
async def keep_audit(url: str, settings: Settings, metrics: Metrics) -> AsyncIterator[AuditState]:
    """Record acts, seal them, and count the hours of unusual reading."""
    engine = make_engine(url, pool_size=AUDIT_POOL_SIZE, statement_timeout_ms=settings.statement_timeout_ms)
    sessions = make_session_factory(engine)
    recorder = AuditRecorder(lambda: UnitOfWork(sessions), settings.audit_queue)
    limits = UnusualLimits(
        things=settings.audit_unusual_things, times=settings.audit_unusual_times, night=settings.audit_night
    )
    service, zone, found = Principal("gis-service", "admin"), ZoneInfo(settings.timezone), [0]

    def seal() -> object:
        return seal_audit(lambda: datetime.now(UTC), lambda: UnitOfWork(sessions))

    def count_unusual() -> None:
        now = datetime.now(UTC)
        found[0] = len(find_unusual(now - timedelta(days=1), now, limits, zone, service, UnitOfWork(sessions)))

    keepers = (Repeating("seals", seal, settings.audit_seal_s), Repeating("unusual", count_unusual, UNUSUAL_POLL_S))
    with counted(metrics, AuditCollector(recorder, lambda: found[0])):
        async with running(recorder, *keepers):
            yield {"audit": recorder, "unusual_limits": limits}
    engine.dispose()


class Background(Protocol):
    """What runs beside the requests."""

    def start(self) -> None: ...  # noqa: D102 - the words say it
    def stop(self) -> None: ...  # noqa: D102


@asynccontextmanager
async def running(*parts: Background) -> AsyncIterator[None]:
    """Let parts run, begun in their order and ended in the opposite one, whatever happens meanwhile."""
    async with AsyncExitStack() as stack:
        for part in parts:
            await to_thread.run_sync(part.start)
            stack.push_async_callback(to_thread.run_sync, part.stop)
        yield


@contextmanager
def counted(metrics: Metrics, *collectors: Collector) -> Iterator[None]:
    """Let figures be among the metrics."""
    with ExitStack() as stack:
        for collector in collectors:
            metrics.registry.register(collector)
            stack.callback(metrics.registry.unregister, collector)
        yield


def keep_time(open_work: Callable[[], UnitOfWork], settings: Settings) -> tuple[Repeating, ...]:
    """Return what the passing of time brings about: alarms that ring, months that begin, positions that go."""
    zone, shares = ZoneInfo(settings.timezone), alarm_shares(settings)
    return (
        Repeating(
            "clocks",
            lambda: ring_alarms(zone=zone, alarms=shares, now=datetime.now(UTC), work=open_work()),
            settings.alarm_poll_s,
        ),
        Repeating(
            "positions",
            lambda: forget_positions(datetime.now(UTC), zone, settings.positions_kept_days, open_work()),
            POSITIONS_POLL_S,
        ),
        Repeating("months", lambda: make_months_ahead(datetime.now(UTC), open_work()), MONTHS_POLL_S),
    )


def create_app(settings: Settings) -> FastAPI:
    """Return the service for these settings; what it opens is closed when the application ends."""
    metrics = Metrics()
    lines = RequestLines("GET", locate.LOCATE_PATH)
    tile_lines = RequestLines("GET", tiles.TILE_PATH)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[State]:
        url = await to_thread.run_sync(database_url, settings)
        engine = make_engine(url, pool_size=settings.pool_size, statement_timeout_ms=settings.statement_timeout_ms)
        sessions, readings = make_session_factory(engine), make_reading_factory(engine)
        # A thread that waits for a connection helps nobody: as many threads as connections.
        to_thread.current_default_thread_limiter().total_tokens = settings.pool_size
        snapshots = SnapshotHolder(
            lambda: UnitOfWork(sessions),
            listen_url=url,
            poll_s=settings.snapshot_poll_s,
            folder=SnapshotFolder(settings.home / "snapshots"),
            recent=settings.snapshot_recent,
        )
        shadow = ShadowCheck(lambda: UnitOfWork(sessions), settings.shadow_check)
        figures = SnapshotCollector(snapshots, shadow)
        tile_cache = TileCache(settings.tile_cache_bytes, most_waiting=settings.tile_queue)
        disk_bytes = settings.tile_disk_bytes
        tile_folder = TileFolder(settings.home / "tiles", disk_bytes) if disk_bytes else None
        tile_figures = TileFigures(tile_cache, tile_folder)
        seeder = TileSeeder(
            tile_folder,
            lambda: max((one.edition for one in snapshots.held), default=None),
            lambda: UnitOfWork(readings),
            most_rendered=settings.tile_seed,
        )
        zone, shares = ZoneInfo(settings.timezone), alarm_shares(settings)
        tokens = token_cache(settings)
        keepers = (
            *keep_time(lambda: UnitOfWork(sessions), settings),
            Repeating(
                "tokens", lambda: keep_last_used(tokens.take_uses(), UnitOfWork(sessions)), every_s=LAST_USED_S
            ),
        )
        with counted(metrics, figures, tile_figures):
            async with (
                running(snapshots, shadow, seeder, *keepers),
                follow_feed(url, settings, metrics) as feed_state,
                keep_audit(url, settings, metrics) as audit_state,
            ):
                yield {
                    "open_work": lambda: UnitOfWork(sessions),
                    "open_reading": lambda: UnitOfWork(readings),
                    "snapshots": snapshots,
                    "shadow": shadow,
                    "tile_cache": tile_cache,
                    "tile_folder": tile_folder,
                    "tile_figures": tile_figures,
                    "plan_cache": plan_tiles.make_plan_cache(),
                    "lookup_cache": lookup_tiles.make_lookup_cache(),
                    "archives": settings.home / "archives",
                    "sheet_cache": TileCache(sheets.SHEET_CACHE_BYTES, sheets.SHEETS_AT_A_TIME),
                    "token_cache": tokens,
                    "metrics": metrics,
                    "batch_limit": settings.batch_limit,
                    "area_vertex_limit": settings.area_vertex_limit,
                    "building_conflict_m": settings.building_conflict_m,
                    "check_in_near_m": settings.check_in_near_m,
                    "expiring_soon_days": settings.expiring_soon_days,
                    "positions_kept_days": settings.positions_kept_days,
                    "timezone": zone,
                    "alarms": shares,
                    "attribution": settings.attribution,
                    "sheet_font": settings.sheet_font,
                    "public_url": settings.public_url,
                    "door": await to_thread.run_sync(door_desk, settings),
                    "photos": PhotoStore(settings.photos or str(settings.home / "photos")),
                    "photo_limit_bytes": settings.photo_limit_bytes,
                    **feed_state,
                    **audit_state,
                }
            lines.write()
            tile_lines.write()
        engine.dispose()

    hot: list[BaseRoute] = [
        *locate.locate_routes,
        *locate_batch.locate_batch_routes,
        *matrix_tiles.matrix_set_routes,
        *lookup_tiles.lookup_tile_routes,
        *tiles.tile_routes,
        *plan_tiles.plan_tile_routes,
        *matrix_tiles.matrix_tile_routes,
        *esri.esri_routes,
        *ogc_tiles.ogc_tile_routes,
        *styles.style_routes,
        *archives.archive_routes,
    ]
    app = Service(
        title="gis-service",
        version=version("gis-service"),
        summary="The spatial backbone of grid governance: whose ground is this?",
        lifespan=lifespan,
        routes=hot,
        docs_url=None,
        redoc_url=None,
    )
    for module in (
        boundaries,
        exceptions,
        grids,
        plans,
        plan_import,
        building_import,
        history,
        impact,
        hand_overs,
        sheets,
        statistics,
        repeats,
        incident_feed,
        incident_batch,
        incident_photos,
        incidents,
        incident_moves,
        incident_clocks,
        rules,
        indicators,
        locate_area,
        locate_building,
        buildings,
        area_events,
        audit,
        resources,
        resource_register,
        check_ins,
        devices,
        plates,
        door_page,
        door_reports,
        staff,
        positions,
        ogc,
        ogc_tiles,
        webhooks,
        health,
    ):
        app.include_router(module.router)
    app.router.routes.extend(console.console_routes)
    install_problems(app)
    describe(app, hot_paths())
    # The last one added meets a request first.
    app.add_middleware(BodyLimit, limit_bytes=settings.body_limit_bytes, is_stream=locate_batch.is_stream)
    app.add_middleware(PlainBodies)
    app.add_middleware(TooMany)
    app.add_middleware(AuditTrail)
    app.add_middleware(RequestLog, metrics=metrics, hsts_s=settings.hsts_s)
    app.add_middleware(HeadIsGet)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(settings.cors_origins),
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=EXPOSED_HEADERS,
    )
    behind = super(Service, app).__call__
    quick_tiles = QuickTiles(behind, metrics, tile_lines, settings.cors_origins)
    app.put_in_front(
        RateLimits(
            QuickLocate(quick_tiles, metrics, lines),
            behind,
            by_address=Buckets(settings.address_rate, settings.address_burst),
            by_principal=Buckets(settings.principal_rate, settings.principal_burst),
        )
    )
    return app


def hot_paths() -> dict[str, Any]:
    """Return what OpenAPI says of the routes that FastAPI does not know."""
    return {
        **locate.LOCATE_OPENAPI_PATHS,
        **locate_batch.LOCATE_BATCH_OPENAPI_PATHS,
        **tiles.TILE_OPENAPI_PATHS,
        **plan_tiles.PLAN_TILE_OPENAPI_PATHS,
        **archives.ARCHIVE_OPENAPI_PATHS,
        **matrix_tiles.MATRIX_OPENAPI_PATHS,
        **esri.ESRI_OPENAPI_PATHS,
        **lookup_tiles.LOOKUP_TILE_OPENAPI_PATHS,
        **styles.STYLE_OPENAPI_PATHS,
        **ogc_tiles.OGC_TILE_OPENAPI_PATHS,
    }


NEW_OBJECTS = 20_000
"""After so many a worker looks for those that nobody holds any more: a report makes a few hundred."""


def create_app_from_environment() -> FastAPI:
    """Return the service as a server's worker process makes it: settings from ``GIS_*``."""
    settings = Settings()
    configure_logging(settings.log_level)
    app = create_app(settings)
    # What the application is made of stays: to look through it again for each few hundred new objects helps nobody.
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)
    return app


def openapi_document() -> dict[str, Any]:
    """Return the description of the API; needs no database."""
    return create_app(Settings(database_url="postgresql+psycopg2://nowhere")).openapi()
