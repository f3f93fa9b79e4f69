"""Editions are published while maps ask for tiles: each answer is of the edition that it names."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from shapely.geometry import box
from starlette.testclient import TestClient

from gis_service.api.tile_cache import TileCache
from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.use_cases.generalise_edition import generalise_edition
from grid_boundaries.partition import Grid
from tests.support.editions import store_ranks
from tests.support.effort import EFFORT
from tests.support.planted_tiles import worker_of
from tests.support.tile_ground import features, shapes_by_code, tile_at
from tiles.address import TileAddress
from tiles.encoding import to_tile_units

WEST, SOUTH, SIDE = 102.70, 25.00, 0.01
PLACES = [tile_at(zoom, WEST + SIDE, SOUTH + SIDE / 2) for zoom in (9, 13, 15)]
"""In two bands of generalised shapes, and drawn as it is."""
LAYERS = ("grids", "grid_labels", "grids,buildings")
CODINGS = ("br", "gzip", "identity")


def grids_of(edition: int) -> list[Grid]:
    """Return two grids, the western one with the edition in its code, whose common line moves with each edition."""
    line = WEST + SIDE + edition % 7 * 1e-4
    return [
        Grid(f"E{edition}", box(WEST, SOUTH, line, SOUTH + SIDE), "district"),
        Grid(f"F{edition}", box(line, SOUTH, WEST + 2 * SIDE, SOUTH + SIDE), "district"),
    ]


@dataclass
class City:
    """A database in which editions are published, and two workers on one host that serve it."""

    work: UnitOfWork
    workers: list[TestClient]
    edition: int = 0
    tags: dict[tuple, str] = field(default_factory=dict)

    def publish(self) -> None:
        """Publish the next edition, in force at once."""
        number = self.edition + 1
        added, before = grids_of(number), [grid.code for grid in grids_of(self.edition)] if self.edition else []
        with self.work as work:
            work.editions.append(
                number=number,
                effective_from=datetime.now(UTC),
                published_by="tests",
                note="",
                grid_count=2,
                checksum=str(number),
                certificate={},
                bounds=(WEST, SOUTH, WEST + 2 * SIDE, SOUTH + SIDE),
            )
            work.grids.publish(number, closed=before, added=added, attributes={})
            generalise_edition(number, {*before, *(grid.code for grid in added)}, work)
            work.commit()
        self.edition = number

    def ask(
        self, worker: int, edition: int | str, place: TileAddress, layers: str, coding: str, tag: str | None = None
    ) -> tuple[int, str]:
        """Ask for a tile and hold the answer against the truth; return the edition that it tells, and its tag."""
        headers = {"accept-encoding": coding} | ({} if tag is None else {"if-none-match": tag})
        answer = self.workers[worker].get(f"/tiles/{edition}/{layers}/{place}.mvt", headers=headers)
        told = int(answer.headers["x-edition"])
        assert edition in {told, "current"}
        asked = told, layers, place, coding
        found = answer.headers["etag"]
        assert self.tags.setdefault(asked, found) == found
        if answer.status_code == 304:
            assert tag == found
        else:
            assert answer.status_code == 200
            assert tag != found
            _check(answer.content, told, place, layers)
        return told, found


def _check(tile: bytes, edition: int, place: TileAddress, layers: str) -> None:
    """Hold a tile against the two grids of an edition: their codes, and where their common line is."""
    west, east = grids_of(edition)
    if layers == "grid_labels":
        drawn = {one["properties"]["code"] for one in features(tile, layers)}
        assert drawn
        assert drawn <= {west.code, east.code}
        return
    shapes = shapes_by_code(tile)
    assert set(shapes) == {west.code, east.code}
    line = to_tile_units(west.shape, place).bounds[2]
    assert [shapes[west.code].bounds[2], shapes[east.code].bounds[0]] == pytest.approx([line, line], abs=1)


@pytest.fixture
def city(own_database: str, tmp_path) -> Iterator[City]:
    engine = make_engine(own_database, pool_size=4, statement_timeout_ms=30_000)
    sessions = make_session_factory(engine)
    store_ranks(sessions)
    made = City(UnitOfWork(sessions), [])
    made.publish()
    with ExitStack() as stack:
        made.workers += [stack.enter_context(worker_of(own_database, tmp_path)) for _ in range(2)]
        yield made
    engine.dispose()


WORKERS = st.integers(0, 1)
ASKED = {
    "worker": WORKERS,
    "place": st.sampled_from(PLACES),
    "layers": st.sampled_from(LAYERS),
    "coding": st.sampled_from(CODINGS),
}


def test_no_order_of_publishing_asking_and_forgetting_mixes_editions(city: City):
    """Two workers with one folder on disk: by number, by current, with an older tag, before and after forgetting."""

    class Clients(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            self.answers: list[tuple] = []

        @rule()
        def publish(self) -> None:
            city.publish()

        @rule(worker=WORKERS)
        def learn(self, worker: int) -> None:
            """The worker hears of new editions; it may have heard already."""
            holder = city.workers[worker].app_state["snapshots"]
            assert holder.refresh()
            assert holder.current.edition == city.edition

        @rule(worker=WORKERS)
        def forget(self, worker: int) -> None:
            city.workers[worker].app_state["tile_cache"] = TileCache(1_000_000)

        @rule(back=st.integers(0, 3), **ASKED)
        def ask_by_number(self, back: int, worker: int, place: TileAddress, layers: str, coding: str) -> None:
            number = max(1, city.edition - back)
            self._note(worker, number, place, layers, coding)

        @rule(**ASKED)
        def ask_current(self, worker: int, place: TileAddress, layers: str, coding: str) -> None:
            self._note(worker, "current", place, layers, coding)

        @rule(worker=WORKERS, which=st.integers(0, 99), by_number=st.booleans())
        def ask_again(self, worker: int, which: int, by_number: bool) -> None:  # noqa: FBT001 - drawn
            """With the tag of an answer given before, perhaps by the other worker."""
            if self.answers:
                edition, place, layers, coding, tag = self.answers[which % len(self.answers)]
                city.ask(worker, edition if by_number else "current", place, layers, coding, tag)

        @rule(worker=WORKERS)
        def ask_too_early(self, worker: int) -> None:
            """An edition that is not there yet; that it was not is not remembered."""
            answer = city.workers[worker].get(f"/tiles/{city.edition + 1}/grids/{PLACES[0]}.mvt")
            assert (answer.status_code, answer.json()["code"]) == (404, "no-edition")

        def _note(self, worker: int, edition: int | str, place: TileAddress, layers: str, coding: str) -> None:
            told, tag = city.ask(worker, edition, place, layers, coding)
            self.answers.append((told, place, layers, coding, tag))

    run_state_machine_as_test(
        Clients,
        settings=settings(
            max_examples=4 * EFFORT,
            stateful_step_count=25,
            phases=[Phase.generate],  # what is published stays, so that a failure cannot be tried again
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert city.edition > 5
    assert len(set(city.tags.values())) == len(city.tags)


def test_tiles_asked_for_at_the_moment_of_publishing_are_of_their_edition(city: City):
    """One thread publishes five editions, two ask each a worker: none is mixed, and current only goes forward."""
    faults: list[BaseException] = []
    done = threading.Event()

    def ask(worker: int) -> None:
        last = 0
        try:
            while not done.is_set() or last < city.edition:
                for place in PLACES:
                    told, tag = city.ask(worker, "current", place, "grids", "gzip")
                    assert told >= last
                    last = told
                    city.ask(worker, told, place, "grids", "gzip", tag)
        except BaseException as fault:  # noqa: BLE001 - told by the test
            faults.append(fault)

    threads = [threading.Thread(target=ask, args=(worker,)) for worker in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        city.publish()
    done.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert {told for told, *_ in city.tags} >= {city.edition}
