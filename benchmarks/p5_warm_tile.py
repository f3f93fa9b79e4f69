"""P5: tiles that the worker remembers, along a map's path."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import nginx, wrk
from benchmarks.database import copied_demo, demo_url
from benchmarks.in_process import started, started_service
from benchmarks.kept_app import BODIES, TILE_ROUTE, kept_app, write_bodies
from benchmarks.panlong_path import panlong_path, tile_path
from benchmarks.race import Row, Side, race
from benchmarks.served import served, served_app
from benchmarks.tipg import check_alike, served_tipg
from benchmarks.wire import Line
from benchmarks.wrk import Walked, race_over_loopback

WALKS = 4
LEAST_OF_KEPT = 1
LEAST_OF_TIPG = 60
PATIENCE_S = 60


def races() -> Iterator[Row]:
    """Race the service in process against a route that has the same bytes; over loopback against all three."""
    paths = [tile_path(tile) for tile in panlong_path()]
    with started_service(demo_url()) as ask:
        # One after the other, so that answers are in the order of the paths.
        answers = [ask([path])[0] for path in paths]
        headers = {name: answers[0].headers[name] for name in ("content-type", "content-encoding")}
        bodies = {path: answer.body for path, answer in zip(paths, answers, strict=True)}
        with started(kept_app(TILE_ROUTE, bodies, headers)) as ask_kept:
            walks = paths * WALKS
            yield race(
                Side(f"{len(paths)} warm tiles", lambda: ask(walks), len(walks)),
                Side("Starlette, the same bytes", lambda: ask_kept(walks), len(walks)),
                unit="requests",
                least_ratio=LEAST_OF_KEPT,
            )
    if wrk.IS_THERE:
        yield from _over_loopback(paths)


def _over_loopback(paths: list[str]) -> Iterator[Row]:
    """Race servers of one worker each, asked by wrk; nginx where it is installed."""
    with ExitStack() as stack:
        url = stack.enter_context(copied_demo())
        tipg = stack.enter_context(served_tipg(url, patience_s=PATIENCE_S))
        address = stack.enter_context(served(url, patience_s=PATIENCE_S, fresh=True))
        line, other_line = Line(address), Line(tipg.address)
        bodies = {path: line.get(path) for path in paths}
        sizes = [len(body) for body in bodies.values()]
        ours = Walked(f"{len(paths)} warm tiles over loopback", address, paths, sizes)

        file = Path(stack.enter_context(TemporaryDirectory())) / "bodies"
        write_bodies(file, bodies, {"content-type": "application/vnd.mapbox-vector-tile", "content-encoding": "gzip"})
        kept = served_app("benchmarks.kept_app:app", {BODIES: str(file)}, ready=paths[0], patience_s=PATIENCE_S)
        kept_address = stack.enter_context(kept)
        theirs = Walked("Starlette in uvicorn, the same bytes", kept_address, paths, sizes)
        yield race_over_loopback(ours, theirs, least_ratio=LEAST_OF_KEPT)

        if nginx.IS_THERE:
            files = stack.enter_context(nginx.served_files(bodies, patience_s=PATIENCE_S))
            yield race_over_loopback(ours, Walked("nginx, the same bytes from files", files, paths, sizes))

        tiles = panlong_path()
        drawn = [other_line.get(tipg.path(tile)) for tile in tiles]
        for body, other in zip(bodies.values(), drawn, strict=True):
            check_alike(body, other)
        beside = Walked("tipg", tipg.address, [tipg.path(tile) for tile in tiles], [len(body) for body in drawn])
        yield race_over_loopback(ours, beside, least_ratio=LEAST_OF_TIPG)
