"""What an import says of a file: findings named by row, and how many rows there were of what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ERROR, WARNING = "error", "warning"

MOST_REMARKS = 100_000
"""More are counted and not kept: a file of which all is wrong need not be told of row by row."""

RULES: Mapping[str, tuple[str, str]] = {
    "bad-value": (ERROR, "单元格内容无法识别"),
    "bad-code": (ERROR, "楼栋编码格式或校验码有误"),
    "no-place": (ERROR, "缺少坐标"),
    "not-a-place": (ERROR, "坐标超出范围或不是数字"),
    "swapped-coordinates": (ERROR, "经度与纬度疑似颠倒"),
    "duplicate-code": (ERROR, "楼栋编码重复"),
    "duplicate-place": (ERROR, "与另一楼栋位置重复"),
    "duplicate-address": (WARNING, "与另一楼栋地址相同"),
    "outside-grids": (WARNING, "不在任何网格内"),
    "outside-scope": (ERROR, "不在您的管辖范围内"),
    "no-county": (ERROR, "无法确定发码区县，请给出 county 参数"),
    "cut-by-boundary": (WARNING, "建筑轮廓被网格边界切分"),
    "looks-shifted": (ERROR, "整个文件的坐标疑似带有偏移"),
}
"""Severity of each rule, and its sentence in Chinese."""

WHOLE_FILE = 0
"""The row of what is said of the file as a whole."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One finding; ``other_row`` and ``other_code`` are what a row clashes with, in the file or the registry."""

    row: int
    rule: str
    message: str
    severity: str
    column: str | None = None
    other_row: int | None = None
    other_code: str | None = None
    grid: str | None = None
    distance_m: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the members that say something, as JSON has them."""
        told = {
            "row": self.row,
            "severity": self.severity,
            "rule": self.rule,
            "message": self.message,
            "message_zh": RULES[self.rule][1],
            "column": self.column,
            "other_row": self.other_row,
            "other_code": self.other_code,
            "grid": self.grid,
            "distance_m": self.distance_m,
        }
        return {name: value for name, value in told.items() if value is not None}


REMARK_COLUMNS = (
    "row", "severity", "rule", "message", "message_zh", "column", "other_row", "other_code", "grid", "distance_m",
)  # fmt: skip


@dataclass(slots=True)
class ImportReport:
    """Findings as they come; ``rejected`` are the rows with an error."""

    remarks: list[Remark] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    rejected: set[int] = field(default_factory=set)
    rows: int = 0

    @property
    def is_full(self) -> bool:
        """Whether further findings are counted only."""
        return len(self.remarks) >= MOST_REMARKS

    @property
    def file_is_refused(self) -> bool:
        """Whether the file as a whole is at fault."""
        return WHOLE_FILE in self.rejected

    def add(
        self,
        row: int,
        rule: str,
        message: str,
        *,
        severity: str | None = None,
        **others: Any,  # noqa: ANN401 - the other members of Remark
    ) -> None:
        """Take a finding."""
        weight = severity or RULES[rule][0]
        self.counts[rule] += 1
        if weight == ERROR:
            self.rejected.add(row)
        if not self.is_full:
            self.remarks.append(Remark(row, rule, message, weight, **others))

    def as_dict(self, most: int | None = None) -> dict[str, Any]:
        """Return the report as JSON has it, by row; with at most so many remarks."""
        kept = sorted(self.remarks, key=lambda remark: remark.row)[:most]
        return {
            "rows": self.rows,
            "rows_with_errors": len(self.rejected - {WHOLE_FILE}),
            "summary": dict(sorted(self.counts.items())),
            "remarks": [remark.as_dict() for remark in kept],
            "remarks_left_out": sum(self.counts.values()) - len(kept),
        }


def rows_of(report: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
    """Return the remarks of a report as rows of a sheet, along ``REMARK_COLUMNS``."""
    return [[remark.get(name) for name in REMARK_COLUMNS] for remark in report["remarks"]]
