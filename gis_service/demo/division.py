"""How Panlong is divided: streets, communities, unit grids, micro-grids, and what they are called.

The counts are those of a published survey (8 streets, 65 communities, 213 grids; Donghua 7 and 31).  Names of streets
are real, their grounds are not; all other names are made up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from gis_service.demo.outline import DISTRICT_CODE, read_outline
from grid_boundaries.partition import Grid
from grid_boundaries.synthetic import Centre, Density, Division, make_tree
from grid_boundaries.synthetic.plane import Plane

DENSITY = Density(
    Plane(102.8, 25.2),
    (
        Centre(102.726, 25.046, 2_300, 240),
        Centre(102.741, 25.062, 2_600, 190),
        Centre(102.757, 25.080, 2_300, 110),
        Centre(102.785, 25.050, 2_300, 70),
        Centre(102.755, 25.118, 2_000, 45),
        Centre(102.840, 25.120, 1_500, 14),
        Centre(102.870, 25.240, 1_800, 12),
        Centre(102.800, 25.330, 1_800, 12),
        Centre(102.900, 25.400, 1_500, 8),
    ),
)
"""The built-up south-west, a few small towns, and mountains."""

# Each street with the number of unit grids in each community, from the densest street to the emptiest.
STREETS: dict[str, tuple[int, ...]] = {
    "拓东街道": (3, 4, 3, 2, 3, 4, 3, 3, 4),
    "东华街道": (5, 4, 5, 4, 4, 5, 4),
    "联盟街道": (4, 3, 3, 4, 3, 2, 3, 4, 3, 3),
    "金辰街道": (3, 4, 4, 2, 3, 4, 3, 4, 3),
    "青云街道": (3, 3, 4, 3, 4, 2, 3, 4, 3),
    "茨坝街道": (3, 4, 3, 2, 3, 4, 3, 3),
    "松华街道": (3, 2, 3, 4, 3, 2, 3),
    "滇源街道": (3, 2, 4, 3, 2, 3),
}

# In the order of their codes, those left out that NAMED_COMMUNITIES has.
COMMUNITIES: dict[str, str] = {
    "拓东街道": "交三桥 尚义街 拓东路 状元楼 和平村 东庄 董家湾 塘双路 米轨",
    "东华街道": "石家巷 万华路 东华园 新迎路 白龙寺 人民东路",
    "联盟街道": "金星 小坝 联盟路 罗丈村 张家营 波罗湾 万宏路 小厂村 北辰",
    "金辰街道": "霖雨路 北市 金沙 金江路 白云路 马村 江岸 辰兴",
    "青云街道": "穿金路 昙华寺 席子营 青松路 云山 园博路 王大桥 羊肠村 波罗村",
    "茨坝街道": "花渔沟 茨坝 长虫山 黑龙潭 青龙 蒜村 麦溪 龙头街",
    "松华街道": "小河 松华 大摆 三转弯 团结 双玉 回流湾",
    "滇源街道": "苏海 竹园 滇源 中所 南营",
}

DONGHUA = "东华街道"
PILOT_COMMUNITY = "小龙路社区"

# (street, which of its communities, from 0 in order of making): names that are known before there are codes.
NAMED_COMMUNITIES = {
    (DONGHUA, 0): PILOT_COMMUNITY,
    ("联盟街道", 3): "江东社区",
    ("金辰街道", 5): "金实社区",
    ("滇源街道", 3): "甸尾社区",
}

SHOP_STREET = "白龙路沿街商铺专属微网格"
SHOPPING_STREET = "南强步行街商圈专属微网格"
INDUSTRIAL_PARK = "青云产业园专属微网格"
VILLAGE_PILOT = "甸尾村智网格试点微网格"
URBAN_PILOT = "江东家园智网格试点微网格"
RESETTLEMENT = "金实安置小区微网格"


def _standard(count: int) -> tuple[Division, ...]:
    return tuple(Division("micro_grid", weight=1 / count) for _ in range(count))


def _named(name: str, *, kind: str = "standard", weight: float = 0.3) -> Division:
    return Division("micro_grid", weight=weight, name=name, kind=kind)


def _strip(name: str, width_m: float, length_m: float) -> Division:
    return Division("micro_grid", name=name, kind="dedicated", strip_m=(width_m, length_m))


# (street, which of its communities, which of their unit grids) to micro-grids; both count from 0 in order of making.
MICRO_GRIDS: dict[tuple[str, int, int], tuple[Division, ...]] = {
    ("东华街道", 0, 2): (_strip(SHOP_STREET, 25, 380), *_standard(3)),
    ("拓东街道", 0, 0): (_strip(SHOPPING_STREET, 60, 300), *_standard(2)),
    ("青云街道", 4, 2): (_named(INDUSTRIAL_PARK, kind="dedicated", weight=0.5), *_standard(2)),
    ("滇源街道", 3, 1): (_named(VILLAGE_PILOT), *_standard(3)),
    ("联盟街道", 3, 0): (_named(URBAN_PILOT), *_standard(4)),
    ("金辰街道", 5, 1): (_named(RESETTLEMENT, weight=0.4), *_standard(2)),
    ("东华街道", 3, 0): _standard(3),
    ("拓东街道", 4, 1): _standard(2),
    ("联盟街道", 7, 2): _standard(4),
    ("金辰街道", 2, 0): _standard(3),
    ("茨坝街道", 1, 1): _standard(2),
    ("松华街道", 3, 0): _standard(2),
}


def divide(seed: int, progress: Callable[[float], None]) -> list[Grid]:
    """Return the district and all grids below it, named, households not yet counted."""
    wanted = Division("district", tuple(_street(name, counts) for name, counts in STREETS.items()), name="盘龙区")
    return _name(make_tree(read_outline(), DISTRICT_CODE, wanted, DENSITY, seed, progress=progress))


def _street(name: str, counts: tuple[int, ...]) -> Division:
    communities = []
    for community, count in enumerate(counts):
        units = tuple(Division("unit_grid", MICRO_GRIDS.get((name, community, unit), ())) for unit in range(count))
        communities.append(Division("community", units, name=NAMED_COMMUNITIES.get((name, community), "")))
    return Division("street", tuple(communities), name=name)


def _name(grids: list[Grid]) -> list[Grid]:
    """Return the grids with a name each: communities from the list, grids below by number within their parent."""
    names: dict[str, str] = {}
    waiting = {street: iter(f"{name}社区" for name in line.split()) for street, line in COMMUNITIES.items()}
    numbers: Counter[str] = Counter()
    for grid in grids:
        parent = grid.parent or ""
        numbers[parent] += 1
        if grid.name:
            names[grid.code] = grid.name
        elif grid.level == "community":
            names[grid.code] = next(waiting[names[parent]])
        else:
            word = "网格" if grid.level == "unit_grid" else "微网格"
            names[grid.code] = f"{names[parent]}{chinese_number(numbers[parent])}{word}"
    return [replace(grid, name=names[grid.code]) for grid in grids]


def chinese_number(number: int) -> str:
    """Return a number from 1 to 99 in Chinese characters.

    Raises:
        ValueError: the number is out of range.
    """
    if not 1 <= number <= 99:  # noqa: PLR2004, the range of the name
        raise ValueError(f"{number} is not between 1 and 99.")
    digits = "零一二三四五六七八九"
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{digits[tens]}十"
    return head + (digits[ones] if ones else "")
