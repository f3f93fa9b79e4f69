from __future__ import annotations

from io import BytesIO
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from gis_service.domain.plate import Plate, group_code
from gis_service.sheets.fonts import find_fonts
from gis_service.sheets.image import paint
from gis_service.sheets.plate import HEIGHT_MM, WIDTH_MM, plate_pdf, plate_png, plate_svg, plates_pdf, qr_matrix
from tests.support.pdf import fonts, sizes_mm, texts
from tests.support.qr import modules_in, read_qr

PUBLIC = "https://grid.example.cn"
PLATE = Plate("5301030004521Y", "翡翠楼", "人民东路9号 <后院> & 车库", "东门")
URL = "https://grid.example.cn/b/5301030004521Y-%E4%B8%9C%E9%97%A8"
LETTERS = find_fonts()


def code_of(picture, left=0.0, top=0.0, dots_a_mm=300 / 25.4):
    """The text of the QR code of a plate whose upper left corner lies there, in millimetres."""
    box = (left + 4, top + 18, left + 47, top + 61.5)
    return read_qr(modules_in(picture, tuple(side * dots_a_mm for side in box)))


@pytest.mark.parametrize(
    "text",
    [
        "http://a.cn/b/B7",
        "http://127.0.0.1:8000/b/5301030004521Y-1",
        URL,
        "https://wangge.some-long-district-name.gov.cn/b/5301030004521Y-%E4%B8%9C%E9%97%A8",
        "https://wangge.some-long-district-name.gov.cn/grid/of/all/b/5301030004521Y-%E4%B8%9C%E5%8D%97%E9%97%A8",
        "https://wangge.some-long-district-name.gov.cn/grid/of/all/b/5301030004521Y-" + "%E4%B8%9C" * 7,
    ],
)
def test_another_reader_reads_the_code(text):
    """Versions 2, 3, 4, 5, 6 and 8 of the code, read by the rules of the standard and not by its writer."""
    assert read_qr(qr_matrix(text)) == text


def test_the_picture_holds_the_address_of_the_door():
    """300 dots an inch: the code is read out of the painted picture, beside the Chinese letters."""
    with Image.open(BytesIO(plate_png(PLATE, PUBLIC, LETTERS))) as picture:
        assert [round(side / 300 * 25.4) for side in picture.size] == [WIDTH_MM, HEIGHT_MM]
        assert code_of(picture) == URL == PLATE.url(PUBLIC + "/")


def test_the_page_is_as_large_as_the_plate_and_says_all():
    """95 by 66 mm, fonts embedded; heading, address in lines, code in groups."""
    body = plate_pdf(PLATE, PUBLIC, LETTERS)

    assert sizes_mm(body) == [(95, 66)]
    assert all(fonts(body).values())
    (text,) = texts(body)
    assert "翡翠楼 · 东门" in text
    assert "530103 0004 521Y" in text
    assert "人民东路9号 <后院> & 车库" in "".join(text.splitlines())


def test_a_drawing_needs_no_fonts_and_is_whole_xml():
    """Letters are outlines, there is no text but the title; what XML reserves is escaped, what it lacks left out."""
    root = ET.fromstring(plate_svg(Plate("B7", "七\x08栋", "甲<乙>&丙"), PUBLIC, LETTERS))  # noqa: S314 - ours

    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert names == {"svg", "title", "path"}
    assert root[0].text == "B7 甲<乙>&丙"
    assert root.attrib["width"] == "95mm"


def test_sheets_have_eight_plates_a_page():
    """Nine plates: two pages of A4; the second plate of the first row is read where it stands."""
    plates = [Plate("5301030004521Y", "翡翠楼", "人民东路9号", str(number)) for number in range(1, 10)]
    body = plates_pdf(plates, PUBLIC, LETTERS, title="第1网格")

    assert sizes_mm(body) == [(210, 297), (210, 297)]
    first, second = texts(body)
    assert "翡翠楼 · 8" in first
    assert "翡翠楼 · 9" in second
    assert "2/2" in second
    with Image.open(BytesIO(paint(body, 150))) as picture:
        assert code_of(picture, left=10 + 95, top=16.5, dots_a_mm=150 / 25.4).endswith("5301030004521Y-2")


def test_only_a_code_of_ours_is_printed_in_groups():
    """Six, four and four; what comes from another register stays as it is."""
    assert group_code("5301030004521Y") == "530103 0004 521Y"
    assert group_code("B7") == "B7"
