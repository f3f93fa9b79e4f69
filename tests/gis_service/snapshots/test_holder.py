from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from typing import Any

import pytest
from shapely.geometry import box
from sqlalchemy import create_engine, text

from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.lookup import Question
from gis_service.snapshots.folder import SnapshotFolder
from gis_service.snapshots.holder import REBUILD_AFTER, SnapshotHolder
from gis_service.use_cases.locate_point import locate_in_edition, locate_in_snapshot
from grid_boundaries.partition import Grid
from tests.support.editions import NEW_YEAR, store_edition, store_ranks

DAY = timedelta(days=1)
PATIENCE_S = 20.0
NOWHERE = "postgresql+psycopg2://nobody@127.0.0.1:1/nothing"


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class Desk:
    """A database of one's own, and what a worker opens on it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = make_engine(url, pool_size=4, statement_timeout_ms=30_000)
        self.sessions = make_session_factory(self.engine)
        self.reads = 0
        store_ranks(self.sessions)

    def open_work(self) -> UnitOfWork:
        self.reads += 1
        return UnitOfWork(self.sessions)

    def publish(self, number: int, since: datetime, level: str = "district") -> None:
        store_edition(UnitOfWork(self.sessions), number, [Grid(f"E{number}", box(102, 25, 103, 26), level)], since)

    def follow(self, number: int, *, closed: list[str], added: list[Grid], grid_count: int) -> None:
        """Publish what differs from the edition before, from the second of January on."""
        with UnitOfWork(self.sessions) as work:
            work.editions.append(
                number=number,
                effective_from=NEW_YEAR + DAY,
                published_by="test",
                note="",
                grid_count=grid_count,
                checksum=f"checksum of {number}",
                certificate={},
                bounds=(1.0, 25.0, 9.0, 26.0),
            )
            work.grids.publish(number, closed=closed, added=added)
            work.commit()

    def run(self, statement: str) -> None:
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def cut_all_connections(self) -> None:
        self.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture
def desk(own_database: str) -> Iterator[Desk]:
    """A database with levels and no edition."""
    made = Desk(own_database)
    yield made
    made.engine.dispose()


def holder_of(desk: Desk, clock: Callable[[], datetime], **options: Any) -> SnapshotHolder:
    return SnapshotHolder(desk.open_work, listen_url=desk.url, poll_s=60.0, clock=clock, **options)


def current(holder: SnapshotHolder) -> int | None:
    return None if holder.current is None else holder.current.edition


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def test_without_editions_nothing_is_held_and_nothing_is_wrong(desk):
    """An empty database is no failure."""
    holder = holder_of(desk, Clock(NEW_YEAR))
    assert holder.refresh() is True
    assert (holder.current, holder.failures, holder.is_stale) == (None, 0, False)


def test_the_edition_in_force_and_the_one_to_come_are_held(desk):
    """Of editions from the 1st, 2nd and 5th, on the 3rd the last two are held; the clock alone switches."""
    for number, day in ((1, 1), (2, 2), (3, 5)):
        desk.publish(number, NEW_YEAR + (day - 1) * DAY)
    clock = Clock(NEW_YEAR + 2 * DAY)
    holder = holder_of(desk, clock)
    holder.refresh()
    assert [holder.of_edition(number) is not None for number in (1, 2, 3)] == [False, True, True]
    assert current(holder) == 2
    reads = desk.reads
    clock.now = NEW_YEAR + 4 * DAY
    assert current(holder) == 3
    assert desk.reads == reads


def test_a_date_is_answered_only_by_its_own_edition(desk):
    """On the 3rd: the 4th is edition 2's, the 6th edition 3's; the 1st is no longer held; December had none."""
    for number, day in ((1, 1), (2, 2), (3, 5)):
        desk.publish(number, NEW_YEAR + (day - 1) * DAY)
    holder = holder_of(desk, Clock(NEW_YEAR + 2 * DAY))
    holder.refresh()
    found = [holder.at(NEW_YEAR + (day - 1) * DAY) for day in (4, 6, 1, -5)]
    assert [one.edition if one else None for one in found] == [2, 3, None, None]


def test_what_is_held_is_not_loaded_again(desk):
    """The second refresh reads the list of editions and nothing more; the snapshot is the very same."""
    desk.publish(1, NEW_YEAR)
    holder = holder_of(desk, Clock(NEW_YEAR))
    holder.refresh()
    first, reads = holder.current, desk.reads
    holder.refresh()
    assert holder.current is first
    assert desk.reads == reads + 1


def test_an_edition_that_is_over_is_dropped_at_the_next_refresh(desk):
    """On the 2nd edition 2 takes over, and 1 goes."""
    desk.publish(1, NEW_YEAR)
    desk.publish(2, NEW_YEAR + DAY)
    clock = Clock(NEW_YEAR)
    holder = holder_of(desk, clock)
    holder.refresh()
    clock.now = NEW_YEAR + DAY
    holder.refresh()
    assert holder.of_edition(1) is None
    assert current(holder) == 2


def test_lookups_go_on_with_the_database_away(desk):
    """Nobody answers at the address: the edition stays, the failures are counted, and are over when it answers."""
    desk.publish(1, NEW_YEAR)
    clock = Clock(NEW_YEAR)
    holder = holder_of(desk, clock)
    holder.refresh()
    away = make_engine(NOWHERE, pool_size=1, statement_timeout_ms=1000)
    here, desk.sessions = desk.sessions, make_session_factory(away)
    assert holder.refresh() is False
    assert holder.refresh() is False
    assert (current(holder), holder.failures, holder.is_stale) == (1, 2, True)
    clock.now += DAY
    assert holder.seconds_since_refresh == DAY.total_seconds()
    desk.sessions = here
    assert holder.refresh() is True
    assert (current(holder), holder.failures, holder.is_stale) == (1, 2, False)
    assert holder.seconds_since_refresh == 0
    away.dispose()


def test_an_edition_that_cannot_be_built_leaves_the_one_before_it(desk):
    """Edition 2 holds a grid that is its own child's equal; 1 goes on, and 2 is tried again after a minute."""
    desk.publish(1, NEW_YEAR)
    clock = Clock(NEW_YEAR)
    holder = holder_of(desk, clock)
    holder.refresh()
    grids = [Grid("P", box(102, 25, 103, 26), "district"), Grid("Q", box(102, 25, 103, 26), "district", "P")]
    store_edition(UnitOfWork(desk.sessions), 2, grids, NEW_YEAR + DAY)
    clock.now = NEW_YEAR + DAY
    assert holder.refresh() is False
    assert (current(holder), holder.failures, holder.failed_builds) == (1, 1, 1)
    assert holder.published == 2
    assert holder.at(clock.now) is None
    desk.run("UPDATE grid SET level = 'street' WHERE code = 'Q'")
    assert holder.refresh() is False
    clock.now += REBUILD_AFTER
    assert holder.refresh() is True
    assert (current(holder), holder.failures, holder.failed_builds) == (2, 2, 1)


def test_a_database_made_anew_is_seen_though_it_counts_from_one_again(desk):
    """Edition 1 has the same number and other ground."""
    desk.publish(1, NEW_YEAR)
    holder = holder_of(desk, Clock(NEW_YEAR))
    holder.refresh()
    desk.run("TRUNCATE grid, edition, grid_code CASCADE")
    grids = [Grid("Z", box(102, 25, 103, 26), "district")]
    store_edition(UnitOfWork(desk.sessions), 1, grids, NEW_YEAR, checksum="other ground")
    holder.refresh()
    assert holder.current.locator.codes == ("Z",)


def test_an_edition_is_read_as_what_differs_from_the_one_held(desk):
    """A leaves and E comes in its place; D, far away, is not read again, though its row has been tampered with."""
    row = [
        Grid(code, box(1 + step / 100, 25, 1.01 + step / 100, 25.01), "district") for step, code in enumerate("ABC")
    ]
    far = [Grid("D", box(9, 25, 9.01, 25.01), "district", name="远"), Grid("F", box(9, 26, 9.01, 26.01), "district")]
    store_edition(UnitOfWork(desk.sessions), 1, [*row, *far], NEW_YEAR)
    holder = holder_of(desk, Clock(NEW_YEAR + DAY))
    holder.refresh()
    desk.run("UPDATE grid SET name = 'tampered' WHERE code = 'D'")
    desk.follow(2, closed=["A"], added=[replace(row[0], code="E")], grid_count=5)

    holder.refresh()

    assert holder.current.locator.codes == ("B", "C", "D", "E", "F")
    assert [grid.code for grid in holder.current.grids] == ["B", "C", "D", "E", "F"]
    assert holder.current.grids[2].name == "远"
    assert [holder.current.locator.locate(lon, 25.005).owner_index for lon in (1.005, 1.015, 9.005)] == [3, 0, 2]


def test_recent_editions_are_held_after_those_in_force(desk):
    """Of five editions, on the 4th with two recent ones, all but the first are held; the 2nd is told by edition 2."""
    for number in range(1, 6):
        desk.publish(number, NEW_YEAR + (number - 1) * DAY)
    holder = holder_of(desk, Clock(NEW_YEAR + 3 * DAY), recent=2)
    assert holder.refresh() is True
    assert [snapshot.edition for snapshot in holder.held] == [2, 3, 4, 5]
    assert (current(holder), holder.published) == (4, 4)
    found = [holder.at(NEW_YEAR + (day - 1) * DAY) for day in (1, 2, 3, 5)]
    assert [one.edition if one else None for one in found] == [None, 2, 3, 5]


def test_a_recent_edition_tells_what_the_database_tells(desk):
    """The 1st of January, asked on the 2nd: edition 1, still in memory, answers as PostGIS does."""
    desk.publish(1, NEW_YEAR)
    desk.publish(2, NEW_YEAR + DAY)
    holder = holder_of(desk, Clock(NEW_YEAR + DAY), recent=1)
    holder.refresh()
    question = Question(102.5, 26.0, NEW_YEAR)
    with desk.open_work() as work:
        asked = locate_in_edition(work, 1, question)
    assert locate_in_snapshot(holder.at(NEW_YEAR), question) == asked
    assert asked.owner.code == "E1"


def test_files_of_editions_that_are_over_go(desk, tmp_path):
    """With one recent edition held, the file of edition 1 goes when 3 comes into force; mapped, it still answers."""
    desk.publish(1, NEW_YEAR)
    desk.publish(2, NEW_YEAR + DAY)
    clock = Clock(NEW_YEAR + DAY)
    holder = holder_of(desk, clock, folder=SnapshotFolder(tmp_path), recent=1)
    holder.refresh()
    first = holder.of_edition(1)
    desk.publish(3, NEW_YEAR + 2 * DAY)
    clock.now = NEW_YEAR + 2 * DAY
    holder.refresh()
    assert sorted(path.name[0] for path in tmp_path.glob("*.snapshot")) == ["2", "3"]
    assert first.grids[first.locator.locate(102.5, 25.5).owner_index].code == "E1"


def test_a_file_is_mapped_at_the_next_start(desk, tmp_path):
    """The second holder builds nothing, and answers the same."""
    desk.publish(1, NEW_YEAR)
    first = holder_of(desk, Clock(NEW_YEAR), folder=SnapshotFolder(tmp_path))
    second = holder_of(desk, Clock(NEW_YEAR), folder=SnapshotFolder(tmp_path))
    for holder in (first, second):
        holder.refresh()
    assert (first.maker.made, second.maker.made) == (1, 0)
    assert second.current.file_bytes == next(tmp_path.glob("*.snapshot")).stat().st_size
    assert list(first.current.grids) == list(second.current.grids)


def test_levels_that_changed_make_another_file(desk, tmp_path):
    """Districts rank above cities now: the file made before is of no use, though the edition is the same."""
    desk.publish(1, NEW_YEAR)
    holder_of(desk, Clock(NEW_YEAR), folder=SnapshotFolder(tmp_path)).refresh()
    desk.run("UPDATE level SET rank = 9 WHERE code = 'city'")
    holder = holder_of(desk, Clock(NEW_YEAR), folder=SnapshotFolder(tmp_path))
    holder.refresh()
    assert holder.maker.made == 1
    assert len(list(tmp_path.glob("*.snapshot"))) == 1


def build_in_another_process(url, path, told):
    """Refresh a holder that maps files, once it may; tell what it did."""
    engine = make_engine(url, pool_size=2, statement_timeout_ms=30_000)
    sessions = make_session_factory(engine)
    holder = SnapshotHolder(
        lambda: UnitOfWork(sessions), listen_url=url, poll_s=60.0, folder=SnapshotFolder(path), clock=lambda: NEW_YEAR
    )
    told.put("ready")
    holder.refresh()
    told.put((holder.current.edition, holder.maker.made, holder.current.file_bytes > 0))


def test_two_processes_build_once(desk, tmp_path):
    """Both wait for the lock, one builds, the other maps what the first has written."""
    desk.publish(1, NEW_YEAR)
    processes = get_context("fork")
    told = processes.Queue()
    builders = [processes.Process(target=build_in_another_process, args=[desk.url, tmp_path, told]) for _ in range(2)]
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for builder in builders:
            builder.start()
        assert [told.get(timeout=PATIENCE_S) for _ in builders] == ["ready", "ready"]
        # Not a child's to keep: the lock goes when it is given up here.
        fcntl.flock(lock, fcntl.LOCK_UN)
    assert sorted(told.get(timeout=PATIENCE_S) for _ in builders) == [(1, 0, True), (1, 1, True)]
    for builder in builders:
        builder.join()


def test_an_edition_whose_count_does_not_add_up_is_read_whole(desk):
    """A row of edition 1 is gone from the database, and what is held is no base for edition 2."""
    store_edition(UnitOfWork(desk.sessions), 1, [Grid("A", box(1, 25, 2, 26), "district")], NEW_YEAR)
    holder = holder_of(desk, Clock(NEW_YEAR + DAY))
    holder.refresh()
    desk.run("DELETE FROM grid")
    store_edition(UnitOfWork(desk.sessions), 2, [Grid("B", box(2, 25, 3, 26), "district")], NEW_YEAR + DAY)

    holder.refresh()

    assert holder.current.locator.codes == ("B",)


def test_a_notice_brings_a_new_edition_long_before_the_poll(desk):
    """Polling once an hour, a worker has the edition published now within the patience of this test."""
    desk.publish(1, NEW_YEAR)
    holder = SnapshotHolder(desk.open_work, listen_url=desk.url, poll_s=3600.0)
    holder.start()
    try:
        assert current(holder) == 1
        # The thread listens first and then looks: two reads after the one of start() mean that it is listening.
        wait_until(lambda: desk.reads >= 3)
        desk.publish(2, datetime.now(UTC))
        wait_until(lambda: current(holder) == 2)
    finally:
        holder.stop()


def test_polling_brings_what_no_notice_told(desk):
    """A worker whose listener reaches nobody sees the edition by looking every 50 ms."""
    holder = SnapshotHolder(desk.open_work, listen_url=NOWHERE, poll_s=0.05)
    holder.start()
    try:
        desk.publish(1, NEW_YEAR)
        wait_until(lambda: current(holder) == 1)
    finally:
        holder.stop()


def test_the_thread_survives_that_its_connections_are_cut(desk):
    """Listener and pool lose their connections; the next edition arrives all the same, by a notice."""
    holder = SnapshotHolder(desk.open_work, listen_url=desk.url, poll_s=0.2)
    holder.start()
    try:
        wait_until(lambda: desk.reads >= 2)
        desk.cut_all_connections()
        desk.publish(1, NEW_YEAR)
        wait_until(lambda: current(holder) == 1)
    finally:
        holder.stop()


def test_a_worker_starts_with_the_database_away():
    """Nothing is held, one failure is counted or more, and it stops when told."""
    engine = make_engine(NOWHERE, pool_size=1, statement_timeout_ms=1000)
    sessions = make_session_factory(engine)
    holder = SnapshotHolder(lambda: UnitOfWork(sessions), listen_url=NOWHERE, poll_s=3600.0)
    holder.start()
    assert holder.current is None
    assert holder.failures >= 1
    thread, _ = holder._watcher
    holder.stop()
    assert not thread.is_alive()
    engine.dispose()
