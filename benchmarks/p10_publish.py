"""P10: an edit of ten grids inside the province, published, and live in lookup and tiles of every worker."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta

import httpx2
import morecantile

from benchmarks.database import copied, open_work
from benchmarks.edits import moved_corners
from benchmarks.province import province
from benchmarks.province_database import PLANNER, import_times, province_url
from benchmarks.race import Row
from benchmarks.served import served
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

_MERCATOR = morecantile.tms.get("WebMercatorQuad")


def races() -> Iterator[Row]:
    """Time from the request to publish until all workers answer by the new edition, beside the import's publication.

    The import, minutes long, is timed once, when the database is made; its draft does not count, nor does the edit's.
    """
    imported_s = import_times().published_s
    with copied(province_url()) as url, ExitStack() as stack:
        work = open_work(url)
        secret, _ = create_token(role="admin", scope=None, label="bench", lifetime=timedelta(hours=1), work=work)
        # A server of one worker each, so that every worker can be asked.
        workers = [stack.enter_context(served(url, patience_s=PATIENCE_S)) for _ in range(WORKERS)]
        taken_s = []
        for number in range(EDITS):
            edits = moved_corners(province(), PAIRS, first=number * PAIRS)
            plan = create_plan("edit", PLANNER, work)
            replace_grids(plan.id, edits, PLANNER, work)
            taken_s.append(_publish(plan.id, edits, workers, secret))
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


def _publish(plan_id: int, edits: Sequence[Grid], workers: Sequence[str], secret: str) -> float:
    """Publish a plan by the first worker; return after how many seconds all of them answer by its edition."""
    place = edits[0].shape.representative_point()
    tile = _MERCATOR.tile(place.x, place.y, ZOOM)
    bearer = {"Authorization": f"Bearer {secret}"}
    with httpx2.Client(timeout=PATIENCE_S) as client:
        began = time.perf_counter()
        answer = client.post(f"{workers[0]}/v1/plans/{plan_id}/publish", json={"note": "edit"}, headers=bearer)
        answer.raise_for_status()
        edition = answer.json()["edition"]
        for worker in workers:
            while _edition_of(client, worker, place.x, place.y) != edition:
                time.sleep(0.01)
            drawn = client.get(f"{worker}/tiles/{edition}/grids/{tile.z}/{tile.x}/{tile.y}.mvt")
            drawn.raise_for_status()
        return time.perf_counter() - began


def _edition_of(client: httpx2.Client, worker: str, lon: float, lat: float) -> int:
    answer = client.get(f"{worker}/v1/locate", params={"lon": lon, "lat": lat})
    answer.raise_for_status()
    number: int = json.loads(answer.content)["edition"]
    return number
