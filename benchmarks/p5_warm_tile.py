"""P5: a tile that the worker remembers."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.database import demo_url
from benchmarks.ground import EDITION
from benchmarks.in_process import started, started_service
from benchmarks.race import Row, Side, race
from benchmarks.reference_apps import constant_app
from benchmarks.town import tiles_of_town

REQUESTS = 2_000
ZOOM = 14
LEAST_RATIO = 1


def races() -> Iterator[Row]:
    """Race the tile of the city's middle against a route that answers its bytes."""
    [tile] = tiles_of_town(ZOOM, 1)
    urls = [f"/tiles/{EDITION}/grids/{tile}.mvt"] * REQUESTS
    with started_service(demo_url()) as ask:
        answer = ask(urls[:1])[0]
        path = "/tiles/{edition}/{layers}/{z}/{x}/{y}.mvt"
        with started(constant_app(path, answer)) as ask_constant:
            yield race(
                Side(f"warm tile {tile}", lambda: ask(urls), REQUESTS),
                Side(f"Starlette, the same {len(answer.body)} bytes", lambda: ask_constant(urls), REQUESTS),
                unit="requests",
                least_ratio=LEAST_RATIO,
            )
