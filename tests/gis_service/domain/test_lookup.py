from __future__ import annotations

import orjson

from gis_service.domain.lookup import NamedGrid


def test_a_grid_is_rendered_with_code_name_and_level():
    """Chinese as it is, quotation marks escaped; the kind is not part of the contract."""
    grid = NamedGrid.make("530103", '盘龙"区"', "district", "standard")
    assert orjson.loads(grid.json) == {"code": "530103", "name": '盘龙"区"', "level": "district"}
    assert "盘龙".encode() in grid.json
