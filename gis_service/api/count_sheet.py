"""Counts as a table that people open in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from types import MappingProxyType

from gis_service.domain.incident_count import CountedGrid, IncidentCounts, Key, Tally

FIGURES = (
    "count",
    "open",
    "closed",
    "handled",
    "handled_on_time",
    "handled_late",
    "overdue",
    "discovered",
    "rated",
    "satisfied",
)
RATES = ("handled_rate", "discovery_rate", "on_time_rate", "satisfaction_rate")
"""What an answer tells of each row: properties of ``Tally``."""

_CHINESE = MappingProxyType(
    {
        "grid": "网格编码",
        "grid_name": "网格名称",
        "grid_level": "层级",
        "category": "事件类别",
        "state": "状态",
        "channel": "来源渠道",
        "severity": "严重程度",
        "department": "主办部门",
        "hour": "时段",
        "weekday": "星期",
        "day": "日期",
        "month": "月份",
        "count": "事件数",
        "open": "未办结",
        "closed": "已办结",
        "handled": "已处置",
        "handled_on_time": "按时处置",
        "handled_late": "逾期处置",
        "overdue": "超期未处置",
        "discovered": "主动发现",
        "rated": "已评价",
        "satisfied": "满意",
        "handled_rate": "处置率",
        "discovery_rate": "问题发现率",
        "on_time_rate": "处置及时率",
        "satisfaction_rate": "居民满意率",
        "total": "合计",
    }
)
_BYTE_ORDER_MARK = "\ufeff"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def counts_csv(counts: IncidentCounts, lang: str) -> bytes:
    """Return the rows and, last, their sum as CSV with a line of headers.

    In Chinese it begins with a byte order mark: without one spreadsheets there take UTF-8 for GBK.  Names that a
    spreadsheet would reckon with are quoted by an apostrophe.  A rate of nothing is empty.

    Source:
        RFC 4180.
    """
    told = (("count",), ()) if counts.is_rounded else (FIGURES, RATES)
    columns = [column for name in counts.question.by for column in _columns(name)]
    written = StringIO()
    if lang == "zh":
        written.write(_BYTE_ORDER_MARK)
    writer = csv.writer(written)
    headers = [*columns, *told[0], *told[1]]
    writer.writerow([_CHINESE[name] for name in headers] if lang == "zh" else headers)
    for key, tally in counts.rows:
        writer.writerow([*_cells(counts, key), *_figures(tally, told)])
    first = _CHINESE["total"] if lang == "zh" else "total"
    writer.writerow([first, *[""] * (len(columns) - 1), *_figures(counts.total, told)])
    return written.getvalue().encode()


def _columns(name: str) -> tuple[str, ...]:
    return ("grid", "grid_name", "grid_level") if name == "grid" else (name,)


def _cells(counts: IncidentCounts, key: Key) -> Iterator[str | int]:
    for name, value in zip(counts.question.by, key, strict=True):
        if name == "grid":
            grid = counts.grids.get(str(value), CountedGrid("", "", ""))
            yield from (_harmless(word) for word in (grid.code, grid.name, grid.level))
        else:
            yield "" if value is None else value


def _figures(tally: Tally, told: Sequence[Sequence[str]]) -> list[object]:
    return [getattr(tally, name) for names in told for name in names]


def _harmless(word: str) -> str:
    return f"'{word}" if word.startswith(_FORMULA) else word
