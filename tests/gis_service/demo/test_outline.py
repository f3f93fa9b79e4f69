import pytest
from shapely.geometry import Polygon

from gis_service.demo.outline import read_outline


def test_panlong_is_one_polygon():
    """731 vertices, the last being the first, and no holes."""
    outline = read_outline()
    assert isinstance(outline, Polygon)
    assert len(outline.exterior.coords) == 731


def test_an_unknown_district_is_said_to_be_missing():
    """There is no 999999."""
    with pytest.raises(LookupError, match="no district 999999"):
        read_outline("999999")


def test_a_district_of_several_parts_is_refused():
    """Wuhua, 530102, has two."""
    with pytest.raises(LookupError, match="several parts"):
        read_outline("530102")
