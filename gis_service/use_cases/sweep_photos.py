"""Delete the files of photos that no incident has: of uploads that ended between the file and its record."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from uuid import UUID

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.files.photo_store import PhotoStore

LEAST_AGE = timedelta(days=1)
"""A younger file may be of an upload that goes on."""

_AT_ONCE = 1000
_NAME = re.compile(r"(?:^|/)[0-9a-f]{2}/[0-9a-f-]{36}/([0-9a-f-]{36})-[0-9a-f]{64}(?:-thumb)?\.jpg$")


def sweep_photos(store: PhotoStore, now: datetime, work: UnitOfWork, *, deletes: bool) -> list[str]:
    """Return the files that belong to no photo, and delete them if asked to; files with names of others stay.

    Files of photos stay whose incidents are set aside, since the record of a photo stays.

    Args:
        store: where files lie.
        now: the instant; files of the last day stay.
        work: a transaction not yet begun.
        deletes: whether to delete what is returned.

    Raises:
        PhotoStoreError: the store does not answer.
    """
    orphans: list[str] = []
    for group in _groups(_old(store.names(), now)):
        with work:
            known = work.photos.known({photo for _, photo in group})
        orphans += [name for name, photo in group if photo not in known]
    if deletes:
        store.remove(orphans)
    return orphans


def _old(names: Iterable[str], now: datetime) -> Iterator[tuple[str, UUID]]:
    for name in names:
        match = _NAME.search(name)
        if match is not None:
            photo = UUID(match[1])
            made_at = datetime.fromtimestamp((photo.int >> 80) / 1000, UTC)  # the id is a UUIDv7
            if made_at < now - LEAST_AGE:
                yield name, photo


def _groups(names: Iterator[tuple[str, UUID]]) -> Iterator[list[tuple[str, UUID]]]:
    while group := list(islice(names, _AT_ONCE)):
        yield group
