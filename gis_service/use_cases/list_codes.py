"""Tell which code each index of a binary lookup stands for."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.errors import InputFault, NotFoundError
from gis_service.snapshots.holder import SnapshotHolder

LARGEST_NUMBER = 2**31 - 1


def list_codes(snapshots: SnapshotHolder, open_work: Callable[[], UnitOfWork], number: int) -> bytes:
    """Return every code of an edition as a JSON array, in the order in which owner indices count.

    Raises:
        NotFoundError: there is no such edition.
        UnavailableError: the edition is not in memory and the database does not answer.
    """
    snapshot = snapshots.of_edition(number)
    if snapshot is not None:
        return snapshot.codes_json
    with open_work() as work:
        if number > LARGEST_NUMBER or work.editions.get(number) is None:
            sentence = f"there is no edition {number}; see /v1/editions"
            raise NotFoundError(sentence, code="no-edition", faults=[InputFault("number", sentence)])
        return orjson.dumps(work.owners.codes(number))
