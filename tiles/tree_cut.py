"""The grids that a tile draws, chosen in memory; ``tile_grids.sql`` chooses the same in the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol, TypeVar


class Node(Protocol):
    """A node of the tree: its code, its level, and its parent's code."""

    @property
    def code(self) -> str:
        """Its code."""

    @property
    def level(self) -> str | None:
        """The code of its level."""

    @property
    def parent(self) -> str | None:
        """Its parent's code; None at a root."""


Some = TypeVar("Some", bound=Node)


def cut_tree(nodes: Collection[Some], level: str, coarser: Collection[str]) -> list[Some]:
    """Return a cut through the tree, in the order given, which neither overlaps nor leaves a hole.

    That is the nodes of the level, coarser ones without children, and finer ones whose parent is coarser (a level was
    skipped there).
    """
    coarse = {node.code for node in nodes if node.level in coarser}
    with_children = _parents(nodes)
    return [
        node
        for node in nodes
        if node.level == level
        or (node.code in coarse and node.code not in with_children)
        or (node.parent in coarse and node.level not in coarser)
    ]


def _parents(nodes: Iterable[Node]) -> set[str]:
    return {node.parent for node in nodes if node.parent is not None}
