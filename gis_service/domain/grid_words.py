"""How files call levels, kinds and numbers of households, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gis_service.domain.level import Level

_LEVEL_WORDS = {
    "city": ("市", "地市", "市级", "城市"),
    "district": ("区", "县", "区县", "县区", "市辖区", "区级", "county"),
    "street": ("街道", "镇", "乡", "乡镇", "镇街", "街镇", "街道办", "subdistrict", "town", "township"),
    "community": ("社区", "村", "村社区", "村居", "居委会", "行政村", "village"),
    "unit_grid": ("网格", "单元网格", "基础网格", "综合网格", "grid", "unit"),
    "micro_grid": ("微网格", "微格", "micro"),
}
_KIND_WORDS = {
    "standard": ("standard", "标准", "标准网格", "普通", "普通网格", "一般", "一般网格", "基础网格", "综合网格"),
    "dedicated": ("dedicated", "专属", "专属网格", "专项", "专项网格", "特殊网格"),
}
MOST_HOUSEHOLDS = 2**31 - 1


def level_words(levels: Sequence[Level]) -> Mapping[str, str]:
    """Return the code of each level by everything that it is called: code, both names, usual words, rank.

    Letters are lower case, without spaces, hyphens and underscores; a word goes to the higher of two levels.
    """
    words: dict[str, str] = {}
    for level in levels:
        own = (level.code, level.name, level.name_en)
        for word in own:
            words.setdefault(plain(word), level.code)
    for level in levels:
        for word in (*_LEVEL_WORDS.get(level.code, ()), str(level.rank)):
            words.setdefault(plain(word), level.code)
    return words


def kind_of(word: str) -> str | None:
    """Return the kind that a word means; None where it means none."""
    return next((kind for kind, words in _KIND_WORDS.items() if plain(word) in map(plain, words)), None)


def households_of(value: Any) -> int | None:  # noqa: ANN401  whatever a file's field holds
    """Return a number of households; raise ``ValueError`` for what is none, such as half a household."""
    number = float("nan" if isinstance(value, bool) else value)
    if not number.is_integer() or not 0 <= number <= MOST_HOUSEHOLDS:
        raise ValueError(value)
    return int(number)


def plain(word: str) -> str:
    """Return a word as it is compared."""
    return "".join(sign for sign in word.lower() if sign not in " -_")
