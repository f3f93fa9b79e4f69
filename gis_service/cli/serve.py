"""``gis-service serve``."""

from __future__ import annotations

import os
import socket
from typing import Annotated

import typer
import uvicorn

from gis_service.app import database_url
from gis_service.cli.connect import connect
from gis_service.database.migrate import current_revision, head_revision
from gis_service.errors import ClashError
from gis_service.log import configure_logging
from gis_service.settings import Settings


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Processes that answer.")] = 1,
) -> None:
    """Serve the API, the tiles and the console until it is told to stop."""
    refuse_taken_port(host, port)
    settings = Settings()
    url = database_url(settings)
    engine = connect(url)
    found, needed = current_revision(engine), head_revision()
    engine.dispose()
    if found != needed:
        raise ClashError(f"the database's schema is at {found or 'nothing'}, not {needed}; run 'gis-service migrate'")
    # Worker processes read their settings from the environment; the embedded database is started only once, here.
    os.environ["GIS_DATABASE_URL"] = url
    configure_logging(settings.log_level)
    uvicorn.run(
        "gis_service.app:create_app_from_environment",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=10,
        server_header=False,
        forwarded_allow_ips=list(settings.trusted_proxies),
    )


def refuse_taken_port(host: str, port: int) -> None:
    """Refuse an address that cannot be listened on, before anything is loaded for it."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ClashError(
                f"{host}:{port} cannot be used ({error.strerror}); choose another with --port"
            ) from error
