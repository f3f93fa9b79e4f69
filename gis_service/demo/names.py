"""Words that the demo district's names are made of; any likeness to real places or people is chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np


def _words(text: str) -> tuple[str, ...]:
    """Return words that stand apart by blanks."""
    return tuple(text.split())


ROADS: dict[str, str] = {
    "拓东街道": "拓东路 尚义街 白塔路 北京路 环城东路 和平路 东庄路 董家湾路",
    "东华街道": "白龙路 人民东路 东华路 新迎路 小龙路 万华路 石家巷",
    "联盟街道": "联盟路 小坝路 江东路 万宏路 罗丈路 金星路 白云路 环城北路",
    "金辰街道": "金江路 霖雨路 北市路 金沙路 盘江东路 北辰大道 马村路",
    "青云街道": "穿金路 昙华路 席子营路 青松路 王大桥路 园博路 羊肠路 波罗路",
    "茨坝街道": "茨坝路 蓝黑路 沣源路 龙泉路 青龙路 蒜村路",
    "松华街道": "松华路 小河路 双玉路 大摆路",
    "滇源街道": "滇源大街 甸尾路 苏海路 竹园路",
}
"""Roads of each street."""

_COMPOUND_HEADS = _words(
    "白龙 金星 江岸 盘江 云山 翠湖 松园 昙华 新迎 银海 春城 锦苑 康乐 文华 书香 桂花 海棠 樱花 和平 安康 东风 建工 "
    "纺织 铁路 电力 邮电 机床 水泵 锦绣 阳光 月牙 霞光 鹭江 溪畔 荷塘 柏树 石榴 茶花 杜鹃 紫薇"
)
_COMPOUND_TAILS = _words("小区 花园 苑 家园 公寓 新村 里 雅居 宿舍 佳园 华庭 府")

_VILLAGE_HEADS = _words("大 小 上 下 新 老 前 后 东 西")
_VILLAGE_MIDDLES = _words(
    "麦冲 石桥 甸 箐口 松棵 龙潭 白邑 麦地 羊街 者纳 核桃 栗树 竹箐 沙沟 水井 官坡 马场 牛栏 鼠街 土桥 青石 红坡 云岗"
)

SURNAMES = _words(
    "李 王 张 杨 赵 陈 刘 马 周 段 孙 朱 何 罗 高 郭 徐 唐 "
    "普 尹 董 苏 毕 沐 施 邓 谢 余 钱 许 冯 曾 彭 吕 蒋 沈 韩 田"
)
GIVEN = _words(
    "建华 丽芬 志强 秀英 海燕 永红 云峰 春梅 文斌 晓燕 国庆 美玲 家明 兰芝 俊杰 雪梅 昆生 翠萍 光荣 金凤 思远 婷婷 "
    "鹏飞 玉珍 自强 琼芳 少华 丹 磊 敏 涛 静 伟 娟 勇 艳 波 莉 平 霞 超 芸 凯 蓉 宁 慧 洪 倩 亮 萍"
)

PUBLIC_PLACES = ("党群服务中心", "卫生服务站", "文化活动室", "老年活动中心", "公共厕所", "警务室")
SHOPS = _words("超市 米线店 药店 五金店 水果店 理发店 洗衣店 小吃店 茶室 便利店 文具店 修车铺")


def compound_names(random: np.random.Generator) -> Iterator[str]:
    """Yield names of compounds, none twice, without end."""
    names = [head + tail for head in _COMPOUND_HEADS for tail in _COMPOUND_TAILS]
    return _endless(names, random, "期")


def village_names(random: np.random.Generator) -> Iterator[str]:
    """Yield names of villages, none twice, without end."""
    names = [f"{head}{middle}村" for head in _VILLAGE_HEADS for middle in _VILLAGE_MIDDLES]
    return _endless(names, random, "组")


def person_name(random: np.random.Generator) -> str:
    """Return the name of a person who does not exist."""
    return SURNAMES[int(random.integers(len(SURNAMES)))] + GIVEN[int(random.integers(len(GIVEN)))]


def _endless(names: Sequence[str], random: np.random.Generator, suffix: str) -> Iterator[str]:
    """Yield all names in a shuffled order, and then again with a number and a suffix."""
    order = random.permutation(len(names)).tolist()
    yield from (names[index] for index in order)
    again = 2
    while True:
        yield from (f"{names[index]}{again}{suffix}" for index in order)
        again += 1
