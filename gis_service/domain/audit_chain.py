"""The chain of seals over the record of acts: its bytes, and what is wrong with it.

The form of the bytes is told in docs/audit.md, so that another program can check it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from struct import iter_unpack, pack

import orjson

from gis_service.domain.audit import StoredEvent

GENESIS = bytes(32)
"""The hash before the first seal."""

MOST_SEALED = 1000
"""Rows under one seal at most."""

_DIGEST = ">q32s"


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal over the rows from ``first_id`` to ``last_id``; ``digests`` tell which of them is wrong when one is."""

    number: int
    sealed_at: datetime
    first_id: int
    last_id: int
    count: int
    hash: bytes
    digests: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that was altered: a stable word, the seal, the row if it is one, and a sentence."""

    kind: str
    seal: int
    row: int | None
    sentence: str


def canonical_row(row: StoredEvent) -> bytes:
    """Return the bytes of a row: a JSON array as RFC 8785 writes it, and a line feed."""
    return orjson.dumps([row.id, *_facts(row)]) + b"\n"


def digest_row(row: StoredEvent) -> bytes:
    """Return the SHA-256 of a row without its id: two rows that have changed places are found by it."""
    return hashlib.sha256(orjson.dumps(_facts(row)) + b"\n").digest()


def _facts(row: StoredEvent) -> list[object]:
    one = row.event
    return [
        _instant(one.at),
        one.act,
        one.name,
        one.role,
        one.scope,
        one.address,
        one.method,
        one.route,
        list(one.objects),
        one.query,
        one.count,
        list(one.classes),
        one.purpose,
        one.status,
        one.request_id,
    ]


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def make_seal(number: int, previous: bytes, rows: Sequence[StoredEvent], now: datetime) -> Seal:
    """Return the seal over rows, in the order of their ids; at least one."""
    first, last = rows[0].id, rows[-1].id
    found = _hash(previous, (number, now, first, last, len(rows)), rows)
    digests = b"".join(pack(_DIGEST, row.id, digest_row(row)) for row in rows)
    return Seal(number, now, first, last, len(rows), found, digests)


def _hash(previous: bytes, head: tuple[int, datetime, int, int, int], rows: Iterable[StoredEvent]) -> bytes:
    number, sealed_at, first, last, count = head
    made = hashlib.sha256(previous)
    made.update(orjson.dumps([number, _instant(sealed_at), first, last, count]) + b"\n")
    for row in rows:
        made.update(canonical_row(row))
    return made.digest()


def check_seal(previous: Seal | None, seal: Seal, rows: Sequence[StoredEvent]) -> list[Fault]:
    """Return what is wrong with a seal and the rows behind the one before, up to its last; nothing when all is well.

    ``previous`` is the seal before, whose hash is believed, None before the first; ``rows`` are those with
    ``previous.last_id < id <= seal.last_id``, in the order of their ids.
    """
    number = 0 if previous is None else previous.number
    if seal.number != number + 1:
        lost = f"{number + 1}" if seal.number == number + 2 else f"{number + 1} to {seal.number - 1}"
        # What follows is of another chain: neither its hash nor the rows in between tell more.
        return [Fault("missing-seal", number + 1, None, f"seal {lost} is missing / 封印缺失")]
    head = (seal.number, seal.sealed_at, seal.first_id, seal.last_id, seal.count)
    if _hash(GENESIS if previous is None else previous.hash, head, rows) == seal.hash:
        own = b"".join(pack(_DIGEST, row.id, digest_row(row)) for row in rows)
        return [] if own == seal.digests else [_bad_seal(seal, "the digests of its rows have been altered")]
    return list(_find_faults(seal, rows)) or [_bad_seal(seal, "the seal itself, or the one before it, was altered")]


def _bad_seal(seal: Seal, sentence: str) -> Fault:
    return Fault("altered-seal", seal.number, None, f"seal {seal.number}: {sentence} / 封印被改动")


def _find_faults(seal: Seal, rows: Sequence[StoredEvent]) -> Iterator[Fault]:
    sealed = dict(iter_unpack(_DIGEST, seal.digests[: len(seal.digests) // 40 * 40]))
    found = {row.id: digest_row(row) for row in rows}
    home = {digest: row_id for row_id, digest in sealed.items()}
    for row_id in sorted(sealed.keys() | found.keys()):
        fault = _judge_row(seal, row_id, sealed, found, home)
        if fault is not None:
            yield fault


def _judge_row(
    seal: Seal, row_id: int, sealed: Mapping[int, bytes], found: Mapping[int, bytes], home: Mapping[bytes, int]
) -> Fault | None:
    if row_id not in found:
        return Fault("missing-row", seal.number, row_id, f"row {row_id} is missing / 记录缺失")
    origin = home.get(found[row_id])
    if row_id not in sealed:
        return Fault("inserted-row", seal.number, row_id, f"row {row_id} was put in afterwards / 记录系事后插入")
    if found[row_id] == sealed[row_id]:
        return None
    if origin is not None:
        sentence = f"row {row_id} holds what stood in row {origin} / 记录次序被改动"
        return Fault("moved-row", seal.number, row_id, sentence)
    return Fault("altered-row", seal.number, row_id, f"row {row_id} has been altered / 记录被改动")
