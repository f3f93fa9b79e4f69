"""What happens in a year in the demo district: how often, to whom, and in what words.

The sums are those of a published survey: 1,800 disputes, 2,300 cases of sanitation, 1,500 hazards.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """Incidents of one category: how many a year, at what buildings (none: in the street), how described."""

    category: str
    count: int
    uses: tuple[str, ...]
    texts: tuple[str, ...]
    loci: tuple[str, ...] = ()


_FLATS = ("residential", "mixed")
_HOMES = (*_FLATS, "village_house")
_WORKS = ("shop", "factory", "office")
_FLOORS = ("1楼", "2楼楼道", "3楼", "5楼楼梯间", "顶楼")

KINDS = (
    Kind(
        "dispute.neighbour.noise",
        300,
        _HOMES,
        ("邻居深夜噪音扰民", "广场舞音响声音过大", "装修时间过早引发争吵"),
        _FLOORS,
    ),
    Kind("dispute.neighbour.leak", 210, _FLATS, ("楼上卫生间漏水，楼下要求赔偿", "空调外机滴水引发纠纷"), _FLOORS),
    Kind("dispute.neighbour.parking", 110, ("residential",), ("车位被占，双方争执", "车辆堵住单元门口，无法出行")),
    Kind("dispute.neighbour.space", 70, _FLATS, ("楼道公共空间被占用，邻居不满",), _FLOORS),
    Kind("dispute.neighbour.space", 30, ("village_house",), ("宅基地边界争议", "院墙越界争议")),
    Kind("dispute.property.fee", 300, ("residential",), ("对物业费标准有异议，拒缴物业费", "物业催缴方式引发争执")),
    Kind(
        "dispute.property.repair",
        150,
        ("residential",),
        ("电梯长期不修，业主要求物业处理", "屋面渗水维修资金争议"),
        ("电梯厅", "屋顶"),
    ),
    Kind("dispute.property.service", 90, ("residential",), ("业主认为保洁、保安服务不到位", "小区公共收益不公开")),
    Kind("dispute.labour.wages", 200, _WORKS, ("拖欠工资，员工聚集讨薪", "离职工资结算争议")),
    Kind("dispute.labour.contract", 80, _WORKS, ("未签劳动合同引发争议", "加班补偿争议")),
    Kind("dispute.other.family", 120, _HOMES, ("家庭赡养纠纷", "婚姻家庭矛盾，请求调解")),
    Kind("dispute.other.consumer", 80, ("shop",), ("消费退款争议", "商品质量纠纷")),
    Kind("dispute.other.loan", 60, _HOMES, ("民间借贷纠纷", "房屋租赁押金纠纷")),
    Kind("sanitation.pile.street", 940, (), ("路边堆放杂物", "建筑垃圾无人清运", "绿化带内堆放垃圾")),
    Kind(
        "sanitation.pile.stairwell",
        260,
        ("residential",),
        ("楼道堆放纸箱、旧家具", "楼梯间堆物，通行不便"),
        _FLOORS[1:],
    ),
    Kind("sanitation.illegal_build", 32, _HOMES, ("私自搭建彩钢棚", "底楼围占公共绿地搭建"), ("屋顶", "一楼院内")),
    Kind("sanitation.litter", 420, (), ("路面垃圾未及时清扫", "果皮箱满溢")),
    Kind("sanitation.advert", 300, (*_HOMES, "shop"), ("墙面张贴小广告", "电线杆上乱贴广告"), ("外墙", "单元门")),
    Kind("sanitation.sorting", 228, ("residential", "mixed"), ("垃圾未分类投放", "分类投放点桶满未收运")),
    Kind("sanitation.sewage", 120, (), ("污水井外溢", "下水道堵塞，有异味")),
    Kind(
        "hazard.fire_gear", 430, (*_HOMES, "shop", "factory"), ("灭火器过期", "消火栓无水", "安全出口上锁"), _FLOORS
    ),
    Kind("hazard.power_gas", 400, (*_HOMES, "shop"), ("电动车飞线充电", "燃气软管老化", "电线私拉乱接"), _FLOORS),
    Kind(
        "hazard.structure",
        230,
        (*_HOMES, "office"),
        ("外墙瓷砖空鼓、有脱落危险", "阳台护栏松动", "墙体开裂"),
        ("外立面", "屋顶"),
    ),
    Kind(
        "hazard.special_equipment",
        160,
        ("residential", "office"),
        ("电梯超期未检", "电梯困人后未停用"),
        ("电梯轿厢",),
    ),
    Kind("hazard.explosives", 60, ("shop", "factory"), ("违规存放烟花爆竹", "液化气瓶超量存放")),
    Kind("hazard.road_traffic", 220, (), ("路面塌陷", "井盖破损", "交通标志被遮挡", "路口视线受阻")),
)

HAZARD_SEVERITIES = {"major": 23, "larger": 380, "general": 1_097}

OPEN = {"dispute": 144, "sanitation": 92, "hazard": 75}
"""Not yet dealt with when the year ends: 8 % of the disputes, 4 % of sanitation, 5 % of the hazards."""

# Shares of patrol, resident, device, hotline, department.
CHANNELS = ("patrol", "resident", "device", "hotline", "department")
CHANNEL_SHARES = {
    "dispute": (0.35, 0.40, 0.0, 0.20, 0.05),
    "sanitation": (0.50, 0.30, 0.02, 0.15, 0.03),
    "hazard": (0.55, 0.15, 0.15, 0.08, 0.07),
}

# Hours until an incident is dealt with: median, and spread of the logarithm.
HANDLING_HOURS = {"general": (26.0, 0.8), "larger": (9.0, 0.7), "major": (0.8, 0.6)}
