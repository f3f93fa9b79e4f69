from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from gis_service.errors import NotFoundError, TooLargeError
from gis_service.sheets.fonts import find_fonts
from gis_service.use_cases import draw_sheet
from gis_service.use_cases.draw_sheet import SheetForm, find_sheet, read_subject

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def read(code, work):
    return read_subject(code, 1, drawn_at=NOW, attribution="", work=work)


def test_a_street_is_read_with_what_is_in_and_around_it(demo_work):
    """Nine communities by code, the other streets near by, no buildings, names from the district down."""
    subject = read("530103006", demo_work)

    assert [child.code for child in subject.children] == [f"530103006{number:03}" for number in range(1, 10)]
    assert subject.child_level.code == "community"
    assert "东华街道" in {one.name for one in subject.neighbours}
    assert "拓东街道" not in {one.name for one in subject.neighbours}
    assert subject.chain == ("盘龙区", "拓东街道")
    assert subject.buildings == ()
    assert sum(child.households for child in subject.children) == subject.grid.households


def test_a_leaf_is_read_with_the_buildings_it_owns(demo_work):
    """39 buildings, all within it; it stands for itself."""
    subject = read("530103006001001", demo_work)

    assert subject.children == ()
    assert subject.shown() == (subject.grid,)
    assert len(subject.buildings) == 39
    west, south, east, north = subject.grid.shape.bounds
    assert all(west <= lon <= east and south <= lat <= north for lon, lat in subject.buildings)


def test_only_a_leaf_depends_on_the_buildings(demo_work):
    """The version of the buildings is part of what decides its sheet."""
    assert find_sheet("530103006", edition=None, at=None, work=demo_work).buildings is None
    assert find_sheet("530103006001001", edition=None, at=None, work=demo_work).buildings is not None


def test_too_many_grids_are_refused(demo_work, monkeypatch):
    """Nine where eight are the most: none is left out without a word."""
    monkeypatch.setattr(draw_sheet, "MOST_CHILDREN", 8)

    with pytest.raises(TooLargeError, match="at most 8 grids, and 530103006 has more"):
        read("530103006", demo_work)


def test_an_unknown_grid_is_refused(demo_work):
    """By code and by edition."""
    form, fonts = SheetForm(), find_fonts()

    with pytest.raises(NotFoundError, match="no grid has the code 'X' in edition 1"):
        draw_sheet.draw_sheet("X", 1, form, fonts=fonts, drawn_at=NOW, attribution="", work=demo_work)
    with pytest.raises(NotFoundError, match="there is no edition 9"):
        draw_sheet.draw_sheet("530103", 9, form, fonts=fonts, drawn_at=NOW, attribution="", work=demo_work)


def test_sheets_read_few_rows(demo_work):
    """A street takes eight statements at the most, however many grids it has."""
    with demo_work as work:
        engine = work._session.get_bind()
    statements = []

    def note(*arguments):
        statements.append(arguments[2])

    event.listen(engine, "before_cursor_execute", note)
    try:
        read("530103006", demo_work)
    finally:
        event.remove(engine, "before_cursor_execute", note)

    assert len(statements) <= 8
