"""Puts the parts of the service together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

from anyio import to_thread
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from gis_service.api import (
    archives,
    area_events,
    boundaries,
    check_ins,
    console,
    devices,
    esri,
    exceptions,
    grids,
    health,
    history,
    impact,
    incidents,
    locate,
    locate_area,
    locate_batch,
    locate_building,
    matrix_tiles,
    ogc,
    ogc_tiles,
    plan_import,
    plan_tiles,
    plans,
    resources,
    sheets,
    styles,
    tiles,
)
from gis_service.api.access import TokenCache
from gis_service.api.metrics import Metrics
from gis_service.api.middleware import BodyLimit, HeadIsGet, PlainBodies, RequestLog
from gis_service.api.openapi import describe
from gis_service.api.problems import install_problems
from gis_service.api.quick_locate import QuickLocate
from gis_service.api.quick_tiles import QuickTiles
from gis_service.api.request_lines import RequestLines
from gis_service.api.snapshot_metrics import SnapshotCollector
from gis_service.api.tile_cache import TileCache
from gis_service.api.tile_figures import TileFigures
from gis_service.api.tile_folder import TileFolder
from gis_service.api.tile_seeding import TileSeeder
from gis_service.database.embedded import EmbeddedCluster
from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.log import configure_logging
from gis_service.settings import Settings
from gis_service.snapshots.folder import SnapshotFolder
from gis_service.snapshots.holder import SnapshotHolder
from gis_service.snapshots.shadow import ShadowCheck

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


class State(TypedDict):
    """What every request finds in ``request.state``."""

    open_work: Callable[[], UnitOfWork]
    snapshots: SnapshotHolder
    shadow: ShadowCheck
    tile_cache: TileCache
    tile_folder: TileFolder | None
    tile_figures: TileFigures
    plan_cache: TileCache
    archives: Path
    sheet_cache: TileCache
    token_cache: TokenCache
    metrics: Metrics
    batch_limit: int
    area_vertex_limit: int
    building_conflict_m: float
    check_in_near_m: float
    expiring_soon_days: int
    timezone: ZoneInfo
    attribution: str
    sheet_font: Path | None


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


def create_app(settings: Settings) -> FastAPI:
    """Return the service for these settings; what it opens is closed when the application ends."""
    metrics = Metrics()
    lines = RequestLines("GET", locate.LOCATE_PATH)
    tile_lines = RequestLines("GET", tiles.TILE_PATH)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[State]:
        url = await to_thread.run_sync(database_url, settings)
        engine = make_engine(url, pool_size=settings.pool_size, statement_timeout_ms=settings.statement_timeout_ms)
        sessions = make_session_factory(engine)
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
            lambda: UnitOfWork(sessions),
            most_rendered=settings.tile_seed,
        )
        metrics.registry.register(figures)
        metrics.registry.register(tile_figures)
        await to_thread.run_sync(snapshots.start)
        shadow.start()
        seeder.start()
        try:
            yield {
                "open_work": lambda: UnitOfWork(sessions),
                "snapshots": snapshots,
                "shadow": shadow,
                "tile_cache": tile_cache,
                "tile_folder": tile_folder,
                "tile_figures": tile_figures,
                "plan_cache": plan_tiles.make_plan_cache(),
                "archives": settings.home / "archives",
                "sheet_cache": TileCache(sheets.SHEET_CACHE_BYTES, sheets.SHEETS_AT_A_TIME),
                "token_cache": TokenCache(settings.token_cache_s),
                "metrics": metrics,
                "batch_limit": settings.batch_limit,
                "area_vertex_limit": settings.area_vertex_limit,
                "building_conflict_m": settings.building_conflict_m,
                "check_in_near_m": settings.check_in_near_m,
                "expiring_soon_days": settings.expiring_soon_days,
                "timezone": ZoneInfo(settings.timezone),
                "attribution": settings.attribution,
                "sheet_font": settings.sheet_font,
            }
        finally:
            lines.write()
            tile_lines.write()
            metrics.registry.unregister(figures)
            metrics.registry.unregister(tile_figures)
            await to_thread.run_sync(seeder.stop)
            await to_thread.run_sync(shadow.stop)
            await to_thread.run_sync(snapshots.stop)
            engine.dispose()

    hot: list[BaseRoute] = [
        *locate.locate_routes,
        *locate_batch.locate_batch_routes,
        *matrix_tiles.matrix_set_routes,
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
        history,
        impact,
        sheets,
        incidents,
        locate_area,
        locate_building,
        area_events,
        resources,
        check_ins,
        devices,
        ogc,
        ogc_tiles,
        health,
    ):
        app.include_router(module.router)
    app.router.routes.extend(console.console_routes)
    install_problems(app)
    lookups = {**locate.LOCATE_OPENAPI_PATHS, **locate_batch.LOCATE_BATCH_OPENAPI_PATHS}
    tiled = {**tiles.TILE_OPENAPI_PATHS, **plan_tiles.PLAN_TILE_OPENAPI_PATHS, **archives.ARCHIVE_OPENAPI_PATHS}
    otherwise_tiled = {**matrix_tiles.MATRIX_OPENAPI_PATHS, **esri.ESRI_OPENAPI_PATHS}
    describe(
        app, {**lookups, **tiled, **otherwise_tiled, **styles.STYLE_OPENAPI_PATHS, **ogc_tiles.OGC_TILE_OPENAPI_PATHS}
    )
    # The last one added meets a request first.
    app.add_middleware(BodyLimit, limit_bytes=settings.body_limit_bytes, is_stream=locate_batch.is_stream)
    app.add_middleware(PlainBodies)
    app.add_middleware(RequestLog, metrics=metrics)
    app.add_middleware(HeadIsGet)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(settings.cors_origins),
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=EXPOSED_HEADERS,
    )
    quick_tiles = QuickTiles(super(Service, app).__call__, metrics, tile_lines, settings.cors_origins)
    app.put_in_front(QuickLocate(quick_tiles, metrics, lines))
    return app


def create_app_from_environment() -> FastAPI:
    """Return the service as a server's worker process makes it: settings from ``GIS_*``."""
    settings = Settings()
    configure_logging(settings.log_level)
    return create_app(settings)


def openapi_document() -> dict[str, Any]:
    """Return the description of the API; needs no database."""
    return create_app(Settings(database_url="postgresql+psycopg2://nowhere")).openapi()
