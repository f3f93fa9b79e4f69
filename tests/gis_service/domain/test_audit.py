from datetime import UTC, datetime

import pytest

from gis_service.domain.audit import HourOfReading, UnusualLimits, judge_reading, make_event

NOON = datetime(2026, 3, 6, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("token=abc&grid=D07", "token=***&grid=D07"),
        ("grid=D07&access_token=a%20b", "grid=D07&access_token=***"),
        ("X-Amz-Signature=1;a=2", "X-Amz-Signature=***;a=2"),
        ("q=%E7%8E%8B", "q=%E7%8E%8B"),
    ],
)
def test_secrets_do_not_come_into_the_record(query, kept):
    """The value of a parameter whose name tells of one is starred; all else is kept as it came."""
    assert _event(query=query).query == kept


def test_what_cannot_be_stored_is_made_storable():
    """NUL, line feeds and half characters become spaces; what is endless is cut."""
    made = _event(objects=["a\0b\n\ud800c", *map(str, range(2000))], purpose="x" * 900)

    assert made.objects[0] == "a b c"
    assert (len(made.objects), len(made.purpose)) == (1000, 500)


@pytest.mark.parametrize(
    ("things", "core", "usual", "of_day", "reasons"),
    [
        (5000, 0, None, 12, ()),
        (5001, 0, None, 12, ("volume",)),
        (300, 0, 30.0, 12, ()),
        (301, 0, 30.0, 12, ("history",)),
        (199, 0, 1.0, 12, ()),
        (1, 1, 5.0, 21, ()),
        (1, 1, 5.0, 22, ("night",)),
        (1, 1, 5.0, 5, ("night",)),
        (1, 1, 5.0, 6, ()),
        (1, 0, 5.0, 23, ()),
        (6000, 1, 5.0, 0, ("volume", "history", "night")),
    ],
)
def test_reading_is_unusual_by_volume_by_habit_and_by_night(things, core, usual, of_day, reasons):
    """More than 5000 an hour; more than 10 times the usual, from 200 on; core data from 22 to 6 o'clock."""
    hour = HourOfReading("token:7", "worker", NOON, things, core, usual)

    found = judge_reading([hour], UnusualLimits(), [of_day])

    assert [one.reasons for one in found] == ([reasons] if reasons else [])


def _event(query="", objects=(), purpose=""):
    who, what = ("n", "worker", None, None), ("GET", "/v1/x", objects, query)
    return make_event(NOON, "read", who, what, (1, ()), purpose, 200, "id")
