from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from shapely.geometry import box

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.coordinates import point_in_wgs84
from gis_service.domain.lookup import Given, Question
from gis_service.errors import NotFoundError, UnavailableError
from gis_service.use_cases.locate_point import edition_in_force, locate_at_once, locate_in_edition, locate_point
from grid_boundaries.locate.coordinates import CoordinateError
from grid_boundaries.locate.shifts import wgs84_to_bd09, wgs84_to_gcj02
from grid_boundaries.partition import Grid
from tests.support.editions import NEW_YEAR, store_edition, store_ranks
from tests.support.lookups import SECOND, loaded_holder, store_two_editions
from tests.support.tree import at


@pytest.fixture
def open_work(open_session):
    """Two editions: the troubled tree, and from the 11th of January one district X."""
    store_ranks(open_session)

    def opened() -> UnitOfWork:
        return UnitOfWork(open_session)

    store_two_editions(opened)
    return opened


def raster():
    return [at(across / 4, up / 4) for across in range(-2, 18) for up in range(-2, 18)]


def test_memory_and_database_give_the_same_answers(open_work):
    """400 places on a raster through every vertex and edge of the tree: every member of the answer but the distance.

    Distances agree to a micrometre.
    """
    snapshot = loaded_holder(open_work, NEW_YEAR)
    with open_work() as work:
        for lon, lat in raster():
            question = Question(lon, lat)
            from_memory = locate_point(snapshot, open_work, question)
            from_database = locate_in_edition(work, 1, question)
            assert replace(from_memory, nearest=None) == replace(from_database, nearest=None)
            if from_memory.nearest is not None:
                assert from_memory.nearest.code == from_database.nearest.code
                assert from_memory.nearest.distance_m == pytest.approx(from_database.nearest.distance_m, abs=1e-6)


def test_an_uncertain_point_has_the_same_candidates_from_memory_and_database(open_work):
    """300 m around the corner of B2, B3 and B4: three candidates that sum to 1, the likeliest first."""
    holder = loaded_holder(open_work, NEW_YEAR)
    question = Question(*at(1, 1), accuracy_m=300.0)
    answer = locate_point(holder, open_work, question)
    with open_work() as work:
        assert locate_in_edition(work, 1, question) == answer
    assert {code for code, _ in answer.candidates} == {"B2", "B3", "B4"}
    assert answer.candidates[0][0] == "B4"
    assert sum(share for _, share in answer.candidates) == pytest.approx(1.0)


def test_the_answer_tells_the_owner_and_its_chain(open_work):
    """In unit grid C1x of edition 1: a chain of four, the root first."""
    answer = locate_point(loaded_holder(open_work, NEW_YEAR), open_work, Question(*at(2.5, 0.5)))
    assert (answer.edition, answer.match, answer.owner.name, answer.owner.kind) == (
        1,
        "inside",
        "一网格",
        "dedicated",
    )
    assert [grid.code for grid in answer.chain] == ["A", "C", "C1", "C1x"]
    assert (answer.tied_with, answer.nearest, answer.candidates) == ((), None, ())


def test_the_point_is_answered_as_it_was_tested(open_work):
    """Twelve decimals become nine."""
    answer = locate_point(loaded_holder(open_work, NEW_YEAR), open_work, Question(102.725000000499, 25.0049999999))
    assert (answer.lon, answer.lat) == (102.725, 25.005)


def test_a_date_picks_the_edition_in_memory_or_not(open_work):
    """On the 15th edition 2 is held and 1 is not: the 12th comes from memory, the 5th from the database."""
    holder = loaded_holder(open_work, SECOND + timedelta(days=4))
    assert holder.of_edition(1) is None
    for day, edition, owner in ((12, 2, "X"), (5, 1, "C1x")):
        answer = locate_point(holder, open_work, Question(*at(2.5, 0.5), at=NEW_YEAR + timedelta(days=day - 1)))
        assert (answer.edition, answer.owner.code) == (edition, owner)


def test_before_the_first_edition_there_is_no_answer(open_work):
    """A second before New Year."""
    holder = loaded_holder(open_work, NEW_YEAR)
    with pytest.raises(NotFoundError, match="no edition was in force at 2025-12-31T23:59:59") as refused:
        locate_point(holder, open_work, Question(*at(1, 1), at=NEW_YEAR - timedelta(seconds=1)))
    assert refused.value.code == "no-edition"


def test_a_worker_that_holds_nothing_asks_the_database(open_work):
    """Its first load is still to come."""
    holder = loaded_holder(lambda: UnitOfWork(None), NEW_YEAR)
    assert holder.current is None
    assert locate_point(holder, open_work, Question(*at(2.5, 0.5))).edition == 2


def test_only_what_takes_microseconds_is_answered_at_once(open_work):
    """A point that a grid covers is; one outside all grids, and an uncertain one, belong in a thread."""
    snapshot = loaded_holder(open_work, NEW_YEAR).current
    assert locate_at_once(snapshot, Question(*at(2.5, 0.5))).owner.code == "C1x"
    assert locate_at_once(snapshot, Question(*at(9, 9))) is None
    assert locate_at_once(snapshot, Question(*at(2.5, 0.5), accuracy_m=5.0)) is None


def test_what_is_no_place_is_refused(open_work):
    """Latitude 91."""
    with pytest.raises(CoordinateError, match="from -90 to 90"):
        locate_point(loaded_holder(open_work, NEW_YEAR), open_work, Question(102.7, 91.0))


def test_an_owner_then_as_known_then(open_work):
    """Edition 2 was published today for a day in the past; asked as known before today, edition 1 answers.

    Memory and database agree.
    """
    work = open_work()
    with work:
        published = {edition.number: edition.published_at for edition in work.editions.list_all()}
    holder = loaded_holder(open_work, NEW_YEAR)
    then = NEW_YEAR + timedelta(days=200)
    for number in (1, 2):
        question = Question(*at(2.5, 0.5), at=then, known_at=published[number])
        assert locate_point(holder, open_work, question).edition == number
        with work:
            assert edition_in_force(work, question.at, question.known_at).number == number
    with pytest.raises(NotFoundError, match="as known at"):
        locate_point(holder, open_work, Question(*at(1, 1), at=then, known_at=published[1] - timedelta(seconds=1)))


def asked_as(lon: float, lat: float, crs: str = "EPSG:4326", **more) -> Question:
    return Question(*point_in_wgs84(lon, lat, crs), given=Given(lon, lat, crs), **more)


def both(open_work, question: Question):
    """The answer, from memory and from the database alike but for the last digits of the distance."""
    from_memory = locate_point(loaded_holder(open_work, NEW_YEAR), open_work, question)
    with open_work() as work:
        from_database = locate_in_edition(work, 1, question)
    assert replace(from_memory, nearest=None) == replace(from_database, nearest=None)
    return from_memory


def shifted(place, shift):
    lons, lats = shift(*(np.array([degrees]) for degrees in place))
    return float(lons[0]), float(lats[0])


@pytest.mark.parametrize(
    ("meant", "declared", "place"),
    [
        ("gcj02", "EPSG:4326", (2.0, 0.02)),
        ("bd09", "EPSG:4490", (3.5, 1.0)),
        ("gcj02", "bd09", (2.0, 0.02)),
        ("EPSG:4326", "gcj02", (2.0, 2.98)),
        ("EPSG:4326", "bd09", (0.02, 1.0)),
    ],
)
def test_a_point_of_another_system_is_doubted(open_work, meant, declared, place):
    """A place near the edge of the tree as one map shows it, declared as another: outside, and told so."""
    shift = {"gcj02": wgs84_to_gcj02, "bd09": wgs84_to_bd09}.get(meant)
    written = at(*place) if shift is None else shifted(at(*place), shift)
    answer = both(open_work, asked_as(*written, declared))
    assert (answer.match, answer.nearest.distance_m > 200) == ("outside", True)
    assert (answer.warning.code, answer.warning.crs) == ("looks-like-other-crs", meant)
    assert f"is it {meant} and not {declared}?" in answer.warning.message
    assert f"坐标系是否为 {meant}" in answer.warning.message_zh


def test_a_point_beside_the_grids_is_not_doubted(open_work):
    """150 m east of the tree, where a point of AMap may lie too, it is likelier what it says.

    At 300 m it is doubted, unless it is known to 400 m only.
    """
    east = at(4, 1.5)
    for metres, accuracy_m, is_doubted in ((150, None, False), (300, None, True), (300, 400.0, False)):
        lon = round(east[0] + metres / 100_900, 9)
        answer = both(open_work, asked_as(lon, east[1], accuracy_m=accuracy_m))
        assert answer.match == "outside"
        assert (answer.warning is not None) is is_doubted


def test_a_point_far_from_every_reading_is_not_doubted(open_work):
    """10 km away; and a question that does not say how the point was written."""
    assert both(open_work, asked_as(*at(14, 1))).warning is None
    assert both(open_work, Question(*shifted(at(3.9, 0.02), wgs84_to_gcj02))).warning is None


def test_swapped_degrees_that_are_a_place_are_told(open_work):
    """West of 90 E latitude first is a place on earth: a place in the Barents Sea, and in Q when swapped."""
    store_edition(
        open_work(), 3, [Grid("Q", box(75.9, 39.4, 76.1, 39.5), "district", None, "西")], SECOND + timedelta(days=1)
    )
    with open_work() as work:
        answer = locate_in_edition(work, 3, asked_as(39.47, 76.0))
    assert (answer.warning.code, answer.warning.owner) == ("looks-swapped", "Q")
    assert "经纬度是否写反" in answer.warning.message_zh


def test_a_worker_that_is_behind_asks_the_database(open_work):
    """Memory holds edition 1, the caller has seen 2: the database answers by it.  Nobody has 3."""
    late = loaded_holder(open_work, NEW_YEAR)
    place = at(2.5, 0.5)
    assert locate_point(late, open_work, Question(*place, min_edition=1)).edition == 1
    assert locate_point(late, open_work, Question(*place, min_edition=2)).edition == 2
    with pytest.raises(UnavailableError, match="edition 3 is not in force here yet, only 2") as refused:
        locate_point(late, open_work, Question(*place, min_edition=3))
    assert refused.value.code == "edition-behind"
