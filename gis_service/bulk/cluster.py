"""Parts on the workers of a Dask cluster, which are handed the locator once each."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gis_service.bulk.asked import Asked
from gis_service.bulk.locator_file import digest_of, open_locator, read_locator
from gis_service.bulk.ownership import Ownership
from gis_service.bulk.parts import Task, locate_part
from gis_service.bulk.tally import Tally
from gis_service.errors import RuleBrokenError, UnavailableError

if TYPE_CHECKING:
    from distributed import Client, Future

WAIT_S = 30
"""A scheduler has so long to answer, and to have its first worker."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A locator on its way to the workers: a file that all of them see, or, where one does not, its bytes."""

    path: Path
    digest: str
    data: Future | None = None


@contextmanager
def open_cluster(scheduler: str | None, workers: int) -> Iterator[Client]:
    """Give a client of a cluster: the one of a scheduler, or one of so many processes that ends with the block.

    Raises:
        RuleBrokenError: dask is not installed.
        UnavailableError: the scheduler does not answer, or has no workers.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise RuleBrokenError(
            "--engine dask needs dask: pip install 'gis-service[dask]', or leave --engine out.",
            code="engine-not-installed",
        ) from None
    with ExitStack() as stack:
        if scheduler is None:
            local = LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address=None, silence_logs=logging.ERROR
            )
            scheduler = stack.enter_context(closing(local)).scheduler_address
        try:
            client = stack.enter_context(closing(Client(scheduler, timeout=WAIT_S, set_as_default=False)))
            client.wait_for_workers(1, timeout=WAIT_S)
        except (OSError, TimeoutError, ValueError) as error:
            raise UnavailableError(
                f"No Dask cluster with workers answers at {scheduler}: {' '.join(str(error).split()).rstrip('.')}."
            ) from None
        yield client


def hand_out(client: Client, path: Path, digest: str) -> Handed:
    """Return a locator file as the workers of a cluster can have it.

    They map it when all of them see it under the same name; else its bytes are sent to each, once.
    """
    seen = client.run(_sees, path, digest)
    if all(seen.values()):
        return Handed(path, digest)
    return Handed(path, digest, client.scatter(path.read_bytes(), broadcast=True, hash=False))


def locate_parts(
    client: Client, tasks: Sequence[Task], handed: Handed, asked: Asked, on_rows: Callable[[int], None]
) -> Iterator[tuple[Task, Tally]]:
    """Yield each part with what came of it as it is finished.

    A worker that is lost costs what it had under way: others do it again.

    Raises:
        ServiceError: that of the first part that fails; those under way are given up.
        UnavailableError: the cluster has gone, or a part has cost it several workers.
    """
    from distributed import as_completed

    futures = {
        client.submit(_locate, task, handed.path, handed.digest, handed.data, asked, pure=False): task
        for task in tasks
    }
    try:
        for future in as_completed(futures, loop=client.loop):
            tally = _result(future, futures[future])
            on_rows(tally.points)
            yield futures[future], tally
    finally:
        client.cancel(list(futures), force=True)


def _result(future: Future, task: Task) -> Tally:
    from distributed import CancelledError, KilledWorker

    try:
        tally: Tally = future.result()
    except KilledWorker:
        raise UnavailableError(
            f"{task.part.path} was given up: the workers that took it were lost, perhaps for want of memory."
        ) from None
    except CancelledError:
        raise UnavailableError("The Dask cluster has gone; run the command again to go on.") from None
    return tally


# ------------------------------------------------------------------------------------------------- on the workers

_held: dict[str, Ownership] = {}
_holding = threading.Lock()


def _sees(path: Path, digest: str) -> bool:
    """Tell whether this worker can map the file; it does so at once."""
    try:
        _ownership(path, digest, None)
    except RuleBrokenError:
        return False
    return True


def _ownership(path: Path, digest: str, data: bytes | None) -> Ownership:
    with _holding:
        if digest not in _held:
            found = open_locator(path) if data is None else read_locator(data, path)
            if digest_of(found) != digest:
                raise RuleBrokenError(f"{path} is another locator on this worker.", code="unreadable-file")
            _held.clear()
            _held[digest] = found
        return _held[digest]


def _locate(task: Task, path: Path, digest: str, data: Any, asked: Asked) -> Tally:  # noqa: ANN401 - bytes by now
    return locate_part(task, _ownership(path, digest, data), asked, lambda _: None)
