"""The same points through a server of two workers, two processes of ``locate``, and Dask with two workers.

By hand, for any number of points and the database that GIS_DATABASE_URL names:

    python -m tests.support.three_ways 20000000 FOLDER

The points are written below FOLDER, which must not be there, in parts of at most a million; what each way made of
them stays there too.  Some 100 bytes of disk a point are needed, and memory for a few parts, however many there are.
"""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import numpy as np
import psutil
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from tests.support.point_streams import arrow_stream, read_arrow
from tests.support.server import PROJECT, free_port, start_server, wait_until_ready

WORKERS = 2
PART_ROWS, BATCH_ROWS = 1_000_000, 25_000
MOST_CONNECTIONS = 200
ARROW = "application/vnd.apache.arrow.stream"
WAYS = ("served", "local", "dask")


@dataclass(frozen=True, slots=True)
class Compared:
    """What the three ways had to say: rows in which two differ, and how many each server worker answered."""

    points: int
    owned: int
    different: int
    by_worker: dict[int, int]
    seconds: dict[str, float]


def compare(database_url: str, folder: Path, points: int, *, part_rows: int = PART_ROWS) -> Compared:
    """Send points at random, in and around the edition in force, all three ways, and compare the owners row by row.

    Every fifth is rounded to a thousandth of a degree, where boundaries of made-up ground tend to lie.
    """
    seconds: dict[str, float] = {}
    with _two_workers(database_url) as (address, workers):
        edition = _edition_in_force(address)
        write_points(folder / "in", points, edition["bbox"], part_rows)
        began = time.perf_counter()
        by_worker = _ask_server(address, workers, folder, edition["effective_from"])
        seconds["served"] = time.perf_counter() - began
    number = str(edition["number"])
    began = time.perf_counter()
    halves = [["in/0", "-o", "local/0"], ["in/1", "-o", "local/1"]]
    _locate(database_url, folder, *([*half, "--engine", "local", "--edition", number] for half in halves))
    seconds["local"] = time.perf_counter() - began
    began = time.perf_counter()
    options = ["--engine", "dask", "--workers", str(WORKERS), "--edition", number]
    _locate(database_url, folder, ["in", "-o", "dask", *options])
    seconds["dask"] = time.perf_counter() - began
    found, owned, different = 0, 0, 0
    for part in parts_of(folder):
        given = parquet.read_table(folder / "in" / part, columns=["id"])["id"]
        answers = [_owners(folder / way / part, given) for way in WAYS]
        found += len(given)
        owned += len(given) - answers[0].null_count
        equal = pc.and_(_same(answers[0], answers[1]), _same(answers[0], answers[2]))
        different += len(given) - pc.sum(equal, min_count=0).as_py()
    return Compared(found, owned, different, by_worker, seconds)


def write_points(folder: Path, points: int, bbox: list[float], part_rows: int) -> None:
    """Write numbered points as parts of Parquet, by turns into the folders 0 and 1."""
    west, south, east, north = bbox
    chance = np.random.default_rng(11)
    for place, first in enumerate(range(0, points, part_rows)):
        size = min(part_rows, points - first)
        across, up = chance.uniform(-0.05, 1.05, size), chance.uniform(-0.05, 1.05, size)
        lons, lats = west + across * (east - west), south + up * (north - south)
        lons[::5], lats[::5] = np.round(lons[::5], 3), np.round(lats[::5], 3)
        path = folder / str(place % 2) / f"part-{place:05}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        parquet.write_table(pa.table({"id": np.arange(first, first + size), "lon": lons, "lat": lats}), path)


def parts_of(folder: Path) -> list[Path]:
    """The names of the parts below each of the folders, in order of their points."""
    return sorted(
        (file.relative_to(folder / "in") for file in (folder / "in").rglob("*.parquet")), key=lambda p: p.name
    )


@contextmanager
def _two_workers(database_url: str) -> Iterator[tuple[str, list[psutil.Process]]]:
    """A server with two workers that answer: its address and their processes."""
    port = free_port()
    server = start_server(database_url, port, "--workers", str(WORKERS))
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", server)
        # Beside the workers there is the resource tracker of multiprocessing.
        children = psutil.Process(server.pid).children()
        workers = [child for child in children if "resource_tracker" not in " ".join(child.cmdline())]
        assert len(workers) == WORKERS
        yield f"http://127.0.0.1:{port}", workers
    finally:
        server.terminate()
        server.wait(timeout=30)


def _edition_in_force(address: str) -> dict:
    answer = httpx2.get(f"{address}/v1/locate", params={"lon": 0, "lat": 0}, timeout=60).json()
    edition: dict = httpx2.get(f"{address}/v1/editions/{answer['edition']}", timeout=60).json()
    return edition


def _ask_server(address: str, workers: list[psutil.Process], folder: Path, at: str) -> dict[int, int]:
    """Answer all parts over one connection to each worker, at once; return how many rows each answered."""
    by_worker: Counter[int] = Counter()
    connections = _one_to_each(address, workers)
    todo = iter(parts_of(folder))  # shared: whoever is free takes the next part

    def work(worker: int, connection: http.client.HTTPConnection) -> None:
        for part in todo:
            file = parquet.ParquetFile(folder / "in" / part)
            target = folder / "served" / part
            target.parent.mkdir(parents=True, exist_ok=True)
            tables = []
            for batch in file.iter_batches(BATCH_ROWS):
                path = f"/v1/locate/batch?at={at.replace('+', '%2B')}"
                connection.request("POST", path, arrow_stream(batch), {"Content-Type": ARROW})
                answer = connection.getresponse()
                body = answer.read()
                assert answer.status == 200, body
                tables.append(read_arrow(body))
                by_worker[worker] += batch.num_rows
            parquet.write_table(pa.concat_tables(tables), target)

    with ThreadPoolExecutor(len(connections)) as pool:
        for done in [pool.submit(work, worker, connection) for worker, connection in connections.items()]:
            done.result()
    for connection in connections.values():
        connection.close()
    return dict(by_worker)


def _one_to_each(address: str, workers: list[psutil.Process]) -> dict[int, http.client.HTTPConnection]:
    """Open connections until each worker has one: which one took it, the system says."""
    found: dict[int, http.client.HTTPConnection] = {}
    for _ in range(MOST_CONNECTIONS):
        connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=120)
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        port = connection.sock.getsockname()[1]
        worker = next(each.pid for each in workers if port in _clients_of(each))
        if worker in found:
            connection.close()
        else:
            found[worker] = connection
        if len(found) == len(workers):
            return found
    message = f"{MOST_CONNECTIONS} connections went to {len(found)} of {len(workers)} workers"
    raise AssertionError(message)


def _clients_of(worker: psutil.Process) -> set[int]:
    return {each.raddr.port for each in worker.net_connections("tcp") if each.raddr}


def _locate(database_url: str, folder: Path, *calls: list[str]) -> None:
    """Run ``gis-service locate`` with each of these words, all at once."""
    environment = {**os.environ, "GIS_DATABASE_URL": database_url, "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-m", "gis_service", "locate"]
    running = [subprocess.Popen([*command, *call, "--json"], cwd=folder, env=environment) for call in calls]
    assert [each.wait() for each in running] == [0] * len(running)


def _owners(path: Path, ids: pa.ChunkedArray) -> pa.ChunkedArray:
    table = parquet.read_table(path, columns=["id", "grid_code"])
    assert table["id"].equals(ids), path
    return table["grid_code"].cast(pa.string())


def _same(one: pa.ChunkedArray, other: pa.ChunkedArray) -> pa.ChunkedArray:
    """Row by row, nobody being the same as nobody."""
    nobody = "-"
    return pc.equal(pc.fill_null(one, nobody), pc.fill_null(other, nobody))


if __name__ == "__main__":
    compared = compare(os.environ["GIS_DATABASE_URL"], Path(sys.argv[2]), int(sys.argv[1]))
    sys.stdout.write(f"{compared}\n")
    sys.exit(compared.different > 0)
