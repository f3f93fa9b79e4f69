"""Arrow IPC streams, cut into their messages as they come.

Source:
    Apache Arrow Columnar Format 1.4, "Encapsulated message format"; ``Message.fbs`` and the FlatBuffers internals.
"""

from __future__ import annotations

import codecs
import struct
from enum import IntEnum
from typing import NamedTuple

from gis_service.errors import RuleBrokenError, TooLargeError

LARGEST_METADATA_BYTES = 1024 * 1024
LARGEST_BODY_BYTES = 64 * 1024 * 1024

_CONTINUATION = b"\xff\xff\xff\xff"
_PREFIX_BYTES = 8

_OTHERS = {
    b"ARROW1": "this is an Arrow file (Feather); write the record batches with pyarrow.ipc.new_stream, not new_file",
    b"PAR1": "this is Parquet; read it, and send its record batches with pyarrow.ipc.new_stream",
    b"\x1f\x8b": "this is gzip; send the stream as it is",
    b"PK\x03\x04": "this is a ZIP archive; send the stream as it is",
}
"""How what is taken for a stream begins, and what to do instead."""

# Places of members in their tables, as Message.fbs numbers them.
_MESSAGE_TYPE, _MESSAGE_HEADER, _MESSAGE_BODY_LENGTH = 1, 2, 3
_DICTIONARY_DATA = 1
_BATCH_COMPRESSION = 3


class Kind(IntEnum):
    """What a message holds; of the kinds that there are, those that a stream of record batches is made of."""

    END = 0
    SCHEMA = 1
    DICTIONARY = 2
    RECORD_BATCH = 3


class ArrowMessage(NamedTuple):
    """One whole message with its prefix."""

    kind: Kind
    content: bytes


class _Head(NamedTuple):
    kind: Kind
    size: int


class MessageSplitter:
    """Cuts bytes into messages, in whatever pieces they come; keeps no more than one that is not whole.

    Compressed bodies are refused: a small one may claim any size.
    """

    def __init__(self) -> None:
        self._begun = bytearray()
        self._head: _Head | None = None
        self._is_over = False
        self._has_begun = False

    def feed(self, piece: bytes) -> list[ArrowMessage]:
        """Return the messages that are whole with a piece.

        Raises:
            RuleBrokenError: this is no Arrow stream, code ``invalid-arrow``, or a body is compressed, code
                ``compressed-arrow``.
            TooLargeError: a message is larger than the service takes, code ``message-too-large``.
        """
        self._begun += piece
        messages = []
        while self._begun:
            if self._is_over:
                raise broken("bytes follow the end of the stream")
            self._head = self._head or self._read_head()
            self._has_begun = self._has_begun or self._head is not None
            if self._head is None or len(self._begun) < self._head.size:
                break
            messages.append(ArrowMessage(self._head.kind, bytes(self._begun[: self._head.size])))
            self._is_over = self._head.kind is Kind.END
            del self._begun[: self._head.size]
            self._head = None
        return messages

    def end(self) -> None:
        """Refuse a stream that ends within a message.

        Raises:
            RuleBrokenError: code ``invalid-arrow``.
        """
        if self._begun:
            raise broken("the stream ends within a message")

    def _read_head(self) -> _Head | None:
        """Return the kind and size of the message begun, or None when too little of it is there."""
        if len(self._begun) < _PREFIX_BYTES:
            return None
        if not self._begun.startswith(_CONTINUATION):
            other = None if self._has_begun else _other_format(bytes(self._begun[:_PREFIX_BYTES]))
            raise broken(other or "a message does not begin with FF FF FF FF")
        (metadata_bytes,) = struct.unpack_from("<i", self._begun, 4)
        if metadata_bytes == 0:
            return _Head(Kind.END, _PREFIX_BYTES)
        if metadata_bytes < 0:
            raise broken("a message has metadata of a negative length")
        if metadata_bytes > LARGEST_METADATA_BYTES:
            raise _too_large("metadata", metadata_bytes, LARGEST_METADATA_BYTES)
        if len(self._begun) < _PREFIX_BYTES + metadata_bytes:
            return None
        metadata = bytes(self._begun[_PREFIX_BYTES : _PREFIX_BYTES + metadata_bytes])
        try:
            kind, body_bytes = _read_metadata(metadata)
        except (struct.error, ValueError):
            raise broken("the metadata of a message cannot be read") from None
        if body_bytes < 0:
            raise broken("a message has a body of a negative length")
        if body_bytes > LARGEST_BODY_BYTES:
            raise _too_large("a body", body_bytes, LARGEST_BODY_BYTES)
        return _Head(kind, _PREFIX_BYTES + metadata_bytes + body_bytes)


def _other_format(beginning: bytes) -> str | None:
    """Return what a body that begins so is, and what to do; None where that cannot be told."""
    for magic, sentence in _OTHERS.items():
        if beginning.startswith(magic):
            return sentence
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(beginning)
    except UnicodeDecodeError:
        return None
    if all(sign.isprintable() or sign.isspace() for sign in text):
        return "this is text, such as CSV or JSON; write the points with pyarrow.ipc.new_stream"
    return None


def broken(what: str) -> RuleBrokenError:
    """Return the refusal of a stream that is none."""
    return RuleBrokenError(f"the body is not a valid Arrow stream: {what}", code="invalid-arrow")


def _too_large(what: str, given: int, limit: int) -> TooLargeError:
    sentence = f"an Arrow message has {what} of {given} bytes, more than the {limit} taken; send smaller batches"
    return TooLargeError(sentence, code="message-too-large")


def _read_metadata(metadata: bytes) -> tuple[Kind, int]:
    """Return the kind of a message and the length of its body.

    Raises:
        ValueError: the message is of a kind that no stream of record batches holds.
        struct.error: the metadata point outside themselves.
        RuleBrokenError: the body is compressed.
    """
    (message,) = struct.unpack_from("<I", metadata)
    kind_at, header_at, length_at = (
        _member(metadata, message, number) for number in (_MESSAGE_TYPE, _MESSAGE_HEADER, _MESSAGE_BODY_LENGTH)
    )
    kind = Kind(metadata[kind_at] if 0 < kind_at < len(metadata) else -1)
    if kind is Kind.END or not header_at:
        raise ValueError(kind)
    (body_bytes,) = struct.unpack_from("<q", metadata, length_at) if length_at else (0,)
    batch = _follow(metadata, header_at)
    if kind is Kind.DICTIONARY:
        data_at = _member(metadata, batch, _DICTIONARY_DATA)
        batch = _follow(metadata, data_at) if data_at else 0
    if kind is not Kind.SCHEMA and batch and _member(metadata, batch, _BATCH_COMPRESSION):
        sentence = "the record batches are compressed; write the stream without compression"
        raise RuleBrokenError(sentence, code="compressed-arrow")
    return kind, body_bytes


def _member(metadata: bytes, table: int, number: int) -> int:
    """Return where a member of a FlatBuffers table lies, 0 when the table lacks it."""
    (back,) = struct.unpack_from("<i", metadata, table)
    members = table - back
    if members < 0:
        raise ValueError(members)
    (size,) = struct.unpack_from("<H", metadata, members)
    entry = 4 + 2 * number
    if entry + 2 > size:
        return 0
    (offset,) = struct.unpack_from("<H", metadata, members + entry)
    return table + offset if offset else 0


def _follow(metadata: bytes, place: int) -> int:
    (offset,) = struct.unpack_from("<I", metadata, place)
    return int(place + offset)
