"""What a repair says to planners, in English and Chinese."""

from __future__ import annotations

from grid_boundaries.check import Finding
from grid_boundaries.check.messages import Sentences
from grid_boundaries.check.messages import area as area_of

_REASONS: dict[str, Sentences] = {
    "invalid-geometry": (
        "There is no polygon to make valid: draw it anew.",
        "没有可以修复的面：请重新绘制。",
    ),
    "duplicate-code": ("Which of them keeps the code is for you to say.", "由谁保留该编码需要人工决定。"),
    "bad-code": ("A code is not for a repair to invent.", "编码不能由修复程序代拟。"),
    "unknown-parent": ("Its parent is not for a repair to guess.", "上级网格不能由修复程序猜测。"),
    "duplicate-geometry": (
        "One of the grids would vanish: choose the one that keeps the ground, or remove one.",
        "其中一个网格会因此消失：请选定保留地块的网格，或删除其一。",
    ),
    "low-coverage": (
        "No neighbour of the open ground is there to take it.",
        "空白处没有可以接收的相邻网格。",
    ),
}
_NO_RULE: Sentences = (
    "No rule settles it without a grid vanishing or crossing its parent.",
    "按规则处理会使网格消失或越出上级网格，故未修复。",
)


NO_REST: Sentences = (
    "Repairing one fault made another, over and over: nothing is proposed.  Settle the largest faults by hand first.",
    "修复一处又引起另一处，反复不止，故不提出方案：请先人工处理较大的问题。",
)


def why_not(finding: Finding) -> Sentences:
    """Return why an error stays."""
    return _REASONS.get(finding.rule, _NO_RULE)


def made_valid(code: str, parts: int) -> Sentences:
    """Say that a polygon was made valid."""
    return (
        f"Grid {code} was no valid polygon and would be drawn anew from its own rings, in {_parts(parts)}.",
        f"网格 {code} 的图形无效，将按其原有边界环重新构面，共 {parts} 个部分。",
    )


def multipart(code: str, parts: int) -> Sentences:
    """Say that a grid would fall to pieces."""
    return (
        f"Grid {code} would lie in {parts} separate parts.",
        f"网格 {code} 将分为 {parts} 个互不相连的部分。",
    )


def removed(code: str, square_metres: float) -> Sentences:
    """Say that a grid would go."""
    size, size_zh = area_of(square_metres)
    return (
        f"Grid {code} would be removed: all of its ground ({size}) goes to others.",
        f"网格 {code} 将被删除：其全部地块（{size_zh}）归入其他网格。",
    )


def refused(code: str, twin: str | None) -> Sentences:
    """Say that a grid was left aside, since it would have vanished; ``twin`` has the same polygon."""
    if twin is not None:
        return (
            f"Grid {code} keeps the same polygon as {twin}: only one can have the ground, the other would vanish.",
            f"网格 {code} 仍与 {twin} 图形相同：地块只能归其中之一，另一个会消失。",
        )
    return (
        f"Grid {code} is left as it is: the rules would give all of its ground to others, and it would vanish.",
        f"网格 {code} 保持原样：按规则其全部地块将归入其他网格，该网格会消失。",
    )


def choice_ignored(finding_id: str, code: str) -> Sentences:
    """Say that a choice could not be followed."""
    return (
        f"The choice of {code} for finding {finding_id} was not followed: no such ground, or not {code}'s to have.",
        f"未采纳对检查结果 {finding_id} 选定的 {code}：该结果没有待分配的地块，或 {code} 不可接收。",
    )


def _parts(count: int) -> str:
    return "one part" if count == 1 else f"{count} parts"
