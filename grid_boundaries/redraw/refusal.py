"""Why a redraw is refused: a stable code and a sentence in both languages."""

from __future__ import annotations

from collections.abc import Sequence


class RedrawRefusedError(ValueError):
    """An operation that cannot be done; nothing has changed.

    Attributes:
        code: stable, in kebab-case; clients may rely on it.
        message: the English sentence; it names the grids and says what to do.
        message_zh: the same in Chinese.
        grids: codes of the grids in question, ordered as the sentence has them.
        pointer: the argument that is at fault, by its name; of several, ``name/0`` is the first.
    """

    def __init__(
        self, code: str, message: str, message_zh: str, *, grids: Sequence[str] = (), pointer: str | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.message_zh = message_zh
        self.grids = tuple(grids)
        self.pointer = pointer
