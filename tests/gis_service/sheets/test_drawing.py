from __future__ import annotations

import dataclasses
import io
import math
import re
from itertools import pairwise

import pytest
from PIL import Image

from gis_service.sheets.draw_map import INK, OUTER
from gis_service.sheets.drawing import draw_pdf
from gis_service.sheets.fonts import find_fonts
from gis_service.sheets.image import paint
from grid_boundaries.measure import GEOD
from tests.support.pdf import fonts, lines, sizes_mm, texts
from tests.support.sheets import SOUTH, WEST, community, leaf

PATH_OF_THE_BAR_MM = 1.5


def draw(subject, language="zh", paper="A4", orientation=None):
    return draw_pdf(subject, find_fonts(), paper=paper, orientation=orientation, language=language)


@pytest.fixture(scope="module")
def sixty() -> bytes:
    """A community of sixty grids, one of them dedicated."""
    return draw(dataclasses.replace(community(60, dedicated=(41,)), attribution="编制单位：测试"))


@pytest.fixture(scope="module")
def square() -> bytes:
    """A grid of a hundredth of a degree, without children."""
    return draw(leaf((WEST + 0.002, SOUTH + 0.002)))


def test_all_is_written_as_text(sixty):
    """Title, chain, every code and name, sums, scale, system, edition with its date in Shanghai, checksum, source."""
    first, second = texts(sixty)

    whole = first + second
    for number in range(1, 61):
        assert f"530103001001{number:03}" in whole
        assert f"第{number}{'专属' if number == 42 else ''}网格" in whole
    for words in (
        "小龙路社区网格划分区域图",
        "盘龙区 › 东华街道 › 小龙路社区",
        "网格 60 个",
        "专属网格",
        "邻0社区",
        "CGCS2000",
        "中央经线东经 102°",
        "EPSG:4543",
        "第 7 版，自 2026-07-01 起施行",
        "制图日期：2026-11-22",
        "校验码：0123456789ab",
        "资料来源：编制单位：测试",
        "续表见下页",
    ):
        assert words in first
    assert "第 2 页，共 2 页" in second
    assert "合计" in second


def test_the_fonts_are_embedded_and_reduced(sixty):
    """Regular and bold, both of the simplified face, with the prefix of a subset; the file stays under 100 kB."""
    found = fonts(sixty)

    assert sorted(name.split("+")[1] for name in found) == ["NotoSansCJKSC", "NotoSansCJKSCBold"]
    assert all(re.match(r"[A-Z]{6}\+", name) for name in found)
    assert all(found.values())
    assert len(sixty) < 100_000


def test_the_scale_holds_on_paper(square):
    """Outline, bar and 1:N say the same to 0.5 %: the south side of the grid is 1009 m long on the ellipsoid."""
    [page] = texts(square)
    ground_m = GEOD.inv(WEST, SOUTH, WEST + 0.01, SOUTH)[2]
    [edge] = [line for line in lines(square) if line.colour == OUTER and line.height > 10]
    # Grid north is 0.3 degrees off true north here: sides are measured along themselves.
    sides = [math.dist(*pair) for pair in pairwise(edge.places) if abs(pair[0][1] - pair[1][1]) < 5]
    south_mm = max(sides)

    denominator = int(re.search(r"1 : ([\d ]+\d)", page)[1].replace(" ", ""))
    assert south_mm * denominator / 1000 == pytest.approx(ground_m, rel=0.005)

    length, unit = re.search(r"([\d.]+) (k?m)\b(?!²)", page).groups()
    bar_m = float(length) * (1000 if unit == "km" else 1)
    bars = [line for line in lines(square) if line.colour == INK and abs(line.height - PATH_OF_THE_BAR_MM) < 0.01]
    bar_mm = max(line.width for line in bars)
    assert bar_mm / south_mm == pytest.approx(bar_m / ground_m, rel=0.005)


def test_a_sheet_in_english_says_so(square):
    """Names stay as they are; a grid without children has no edges within."""
    [page] = texts(draw(leaf(), "en"))

    assert "第1网格: map of its grids" in page
    assert "Edition 7, in force from 2026-07-01; drawn 2026-11-22; checksum 0123456789ab" in page
    assert "edge of the grid shown" in page
    assert "edge of a grid in it" not in page
    assert "第1网格划分区域图" in texts(square)[0]


def test_a_grid_without_a_name_is_called_by_its_code():
    """In the title and on the map, and its code is not written twice; unknown households are a dash in the table."""
    bare = leaf()
    grid = dataclasses.replace(bare.grid, name="", households=None)

    [page] = texts(draw(dataclasses.replace(bare, grid=grid)))

    assert "530103001001001网格划分区域图" in page
    assert "—" in page
    assert page.count("530103001001001") == 4  # title, line below it, map, table


@pytest.mark.parametrize(
    ("paper", "orientation", "size"), [("A4", "landscape", (297, 210)), ("A3", "portrait", (297, 420))]
)
def test_the_paper_is_as_asked_for(paper, orientation, size):
    """ISO 216, in millimetres, whatever the shape of the grid."""
    assert sizes_mm(draw(community(2), paper=paper, orientation=orientation)) == [size]


def test_the_picture_shows_the_pages_one_below_the_other(sixty):
    """150 dots an inch: A4 is 1240 by 1754; neither page is blank, and the fills of the map are there."""
    picture = Image.open(io.BytesIO(paint(sixty))).convert("RGB")

    assert (picture.width, picture.height) == (pytest.approx(1240, abs=1), pytest.approx(2 * 1754, abs=2))
    for page in (picture.crop((0, 0, 1240, 1754)), picture.crop((0, 1754, 1240, 3508))):
        colours = page.getcolors(1 << 24)
        assert len(colours) > 20
        assert 0.2 < max(count for count, _ in colours) / (1240 * 1754) < 0.98
    assert len(paint(sixty)) < 600_000
