from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gis_service.errors import UnavailableError
from gis_service.sheets.fonts import KNOWN, FontMissingError, find_fonts

NOTO = KNOWN[0]


def test_without_a_font_it_is_said_which_package_brings_one():
    """A refusal that may pass, with the name of the package and of the setting."""
    with pytest.raises(FontMissingError, match="install fonts-noto-cjk, or let GIS_SHEET_FONT name") as refusal:
        find_fonts(known=[Path("/nowhere/font.ttc")])

    assert isinstance(refusal.value, UnavailableError)
    assert refusal.value.code == "font-missing"


def test_a_chosen_font_that_is_not_there_is_named():
    """No other is taken in its place."""
    with pytest.raises(FontMissingError, match=r"/nowhere/font\.ttc of GIS_SHEET_FONT is not there"):
        find_fonts(Path("/nowhere/font.ttc"))


@pytest.mark.parametrize("name", ["broken.ttc", "broken.ttf"])
def test_a_file_that_is_no_font_is_named(tmp_path, name):
    """Whatever its ending says."""
    (tmp_path / name).write_bytes(b"not a font" * 100)

    with pytest.raises(FontMissingError, match=name):
        find_fonts(tmp_path / name)


def test_debians_font_is_found_with_its_bold_and_its_simplified_face():
    """Face 2 of ten is Noto Sans CJK SC; faces 0 and 1 are Japanese and Korean."""
    fonts = find_fonts()

    assert (fonts.regular.path, fonts.regular.number) == (NOTO, 2)
    assert (fonts.bold.path.name, fonts.bold.number) == ("NotoSansCJK-Bold.ttc", 2)


def test_a_font_without_a_bold_file_serves_for_both(tmp_path):
    """Another folder, with the regular file alone."""
    alone = tmp_path / NOTO.name
    shutil.copy(NOTO, alone)

    fonts = find_fonts(alone)

    assert fonts.regular == fonts.bold
    assert fonts.bold.path == alone
