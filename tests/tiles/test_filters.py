from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiles.filters import TileFilterError, TileFilters


def test_filters_are_read_from_a_query():
    """States are sorted, instants are UTC, and what is no filter is passed over."""
    query = [
        ("level", "street"),
        ("kind", "dedicated"),
        ("category", "dispute.property"),
        ("state", "reported,accepted,reported"),
        ("since", "2026-03-01T08:00:00+08:00"),
        ("until", "2026-03-02T00:00:00Z"),
        ("v", "7"),
        ("v", "8"),
    ]
    assert TileFilters.parse(query) == TileFilters(
        level="street",
        kind="dedicated",
        category="dispute.property",
        states=("accepted", "reported"),
        since=datetime(2026, 3, 1, tzinfo=UTC),
        until=datetime(2026, 3, 2, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("level", "Street"),
        ("level", ""),
        ("kind", "Odd"),
        ("kind", "standard,dedicated"),
        ("category", "dispute."),
        ("category", "a" * 101),
        ("category", "%"),
        ("state", ""),
        ("state", "reported,"),
        ("state", "lost"),
        ("since", "2026-03-01"),
        ("since", "2026-03-01T08:00:00"),
        ("since", "2026-03-01T08:00:00 08:00"),
        ("until", "0001-01-01T00:00:00+08:00"),
        ("until", "yesterday"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(name: str, value: str):
    """Each refusal names the parameter, in the error and in its sentence."""
    with pytest.raises(TileFilterError, match=name) as refused:
        TileFilters.parse([(name, value)])
    assert refused.value.name == name


def test_every_state_may_be_asked_for():
    """Merged and cancelled are words of the contract, though no tile shows them."""
    assert TileFilters.parse([("state", "merged,cancelled")]).states == ("cancelled", "merged")


def test_a_filter_given_twice_is_refused():
    """Which of the two would count?"""
    with pytest.raises(TileFilterError, match="twice"):
        TileFilters.parse([("kind", "standard"), ("kind", "standard")])


def test_a_stretch_of_time_that_ends_before_it_begins_is_refused():
    """The empty stretch too."""
    with pytest.raises(TileFilterError, match="until is after since"):
        TileFilters.parse([("since", "2026-03-01T00:00:00Z"), ("until", "2026-03-01T08:00:00+08:00")])


def test_filters_that_no_layer_obeys_are_dropped():
    """A tile of grids is not narrowed by state."""
    given_filters = TileFilters(kind="standard", states=("reported",))
    assert given_filters.only(frozenset({"kind", "level"})) == TileFilters(kind="standard")
    assert given_filters.only(frozenset({"state"})) == TileFilters(states=("reported",))


ANY = st.builds(
    TileFilters,
    level=st.none() | st.sampled_from(["a", "b", "None"]),
    kind=st.none() | st.sampled_from(["standard", "dedicated"]),
    category=st.none() | st.sampled_from(["a", "b", "a.b"]),
    states=st.sampled_from([(), ("handled",), ("handled", "reported")]),
    since=st.none() | st.sampled_from([datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)]),
    until=st.none() | st.sampled_from([datetime(2026, 1, 1, tzinfo=UTC)]),
)


@given(ANY, ANY)
def test_the_canonical_text_tells_filters_apart(first: TileFilters, second: TileFilters):
    """Equal texts, equal filters, and the other way round."""
    assert (first.canonical() == second.canonical()) == (first == second)


@pytest.mark.parametrize("written", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_an_instant_that_has_no_utc_is_out_of_range(written: str):
    """In UTC the one lies in the year 10000, the other in the year 0."""
    with pytest.raises(
        TileFilterError, match=r"^as_of is out of range: in UTC it lies outside the years 1 to 9999\.$"
    ):
        TileFilters.parse([("as_of", written)])
