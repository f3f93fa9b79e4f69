"""P10: an edit of ten grids inside the province, published, and live in lookup and tiles of every worker."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta

import httpx2
from shapely import Point

from benchmarks.database import copied, open_work
from benchmarks.edits import moved_corners
from benchmarks.map_path import window
from benchmarks.province import province
from benchmarks.province_database import PLANNER, import_times, province_url
from benchmarks.race import Row, Spread, row_of
from benchmarks.served import served
from benchmarks.wire import Line
from gis_service.use_cases.create_plan import create_plan
from gis_service.use_cases.create_token import create_token
from gis_service.use_cases.replace_grids import replace_grids
from grid_boundaries.partition import Grid

LEAST_RATIO = 20
WORKERS = 2
PAIRS = 5
EDITS = 3
ZOOM = 14
PATIENCE_S = 300


def races() -> Iterator[Row]:
    """Time from the request to publish until all workers answer by the new edition, beside the import's publication.

    Then a map's window of the new edition is asked of each worker, cold and again, warm.
    The import, minutes long, is timed once, when the database is made; its draft does not count, nor does the edit's.
    """
    imported_s = import_times().published_s
    with copied(province_url()) as url, ExitStack() as stack:
        work = open_work(url)
        secret, _ = create_token(role="admin", scope=None, label="bench", lifetime=timedelta(hours=1), work=work)
        # A server of one worker each, so that every worker can be asked.
        workers = [stack.enter_context(served(url, patience_s=PATIENCE_S)) for _ in range(WORKERS)]
        taken_s, cold, warm = [], Asked([], []), Asked([], [])
        for number in range(EDITS):
            edits = moved_corners(province(), PAIRS, first=number * PAIRS)
            plan = create_plan("edit", PLANNER, work)
            replace_grids(plan.id, edits, PLANNER, work)
            taken, edition = _publish(plan.id, edits, workers, secret)
            taken_s.append(taken)
            for asked in (cold, warm):
                _ask_window(edition, edits[0].shape.representative_point(), workers, asked)
    yield Row(
        ours=f"publish {2 * PAIRS} grids, live in {WORKERS} workers",
        reference=f"publish {len(province()):,} grids, the first edition",
        unit="publications",
        ours_per_s=1 / statistics.median(taken_s),
        reference_per_s=1 / imported_s,
        ratio=imported_s / statistics.median(taken_s),
        ratio_low=imported_s / max(taken_s),
        ratio_high=imported_s / min(taken_s),
        least_ratio=LEAST_RATIO,
    )
    yield row_of(
        "a tile of the edition just published, warm",
        "the same, asked for the first time",
        [1 / seconds for seconds in warm.seconds],
        [1 / seconds for seconds in cold.seconds],
        unit="requests",
        spreads=(Spread.of(warm.seconds, warm.sizes), Spread.of(cold.seconds, cold.sizes)),
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """How long answers took, and their bytes."""

    seconds: list[float]
    sizes: list[int]


def _publish(plan_id: int, edits: Sequence[Grid], workers: Sequence[str], secret: str) -> tuple[float, int]:
    """Publish a plan by the first worker; return the seconds until all answer by its edition, and its number."""
    place = edits[0].shape.representative_point()
    tile = window(place, ZOOM)[0]
    bearer = {"Authorization": f"Bearer {secret}"}
    with httpx2.Client(timeout=PATIENCE_S) as client:
        began = time.perf_counter()
        answer = client.post(f"{workers[0]}/v1/plans/{plan_id}/publish", json={"note": "edit"}, headers=bearer)
        answer.raise_for_status()
        edition = answer.json()["edition"]
        for worker in workers:
            while _edition_of(client, worker, place.x, place.y) != edition:
                time.sleep(0.01)
            drawn = client.get(f"{worker}/tiles/{edition}/grids/{tile}.mvt")
            drawn.raise_for_status()
        return time.perf_counter() - began, edition


def _ask_window(edition: int, place: Point, workers: Sequence[str], asked: Asked) -> None:
    """Ask every worker for the tiles of a window about a place, but for the first, which publishing has asked for."""
    for worker in workers:
        line = Line(worker)
        for tile in window(place, ZOOM)[1:]:
            began = time.perf_counter()
            body = line.get(f"/tiles/{edition}/grids/{tile}.mvt")
            asked.seconds.append(time.perf_counter() - began)
            asked.sizes.append(len(body))


def _edition_of(client: httpx2.Client, worker: str, lon: float, lat: float) -> int:
    answer = client.get(f"{worker}/v1/locate", params={"lon": lon, "lat": lat})
    answer.raise_for_status()
    number: int = json.loads(answer.content)["edition"]
    return number
