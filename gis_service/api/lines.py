"""Newline-delimited text, cut as it comes."""

from __future__ import annotations

LONGEST_LINE_BYTES = 16 * 1024


class LineSplitter:
    """Cuts bytes into lines, in whatever pieces they come; keeps no more than one line that has not ended."""

    def __init__(self, longest_bytes: int = LONGEST_LINE_BYTES) -> None:
        self._longest_bytes = longest_bytes
        self._begun = b""
        self._is_skipping = False

    def feed(self, piece: bytes) -> list[bytes | None]:
        """Return the lines that end in a piece, without their newlines; None for one that is too long."""
        *ended, rest = (self._begun + piece).split(b"\n")
        lines: list[bytes | None] = [line if len(line) <= self._longest_bytes else None for line in ended]
        if self._is_skipping and lines:
            lines[0] = None
            self._is_skipping = False
        self._is_skipping = self._is_skipping or len(rest) > self._longest_bytes
        self._begun = b"" if self._is_skipping else rest
        return lines

    def end(self) -> list[bytes | None]:
        """Return the line that no newline has ended, if there is one."""
        if self._is_skipping:
            return [None]
        return [self._begun] if self._begun else []
