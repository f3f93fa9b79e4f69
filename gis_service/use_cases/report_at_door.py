"""Take in what a resident reports from the page of a door."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.alarms import AlarmShares
from gis_service.domain.place import Locate
from gis_service.errors import ServiceError
from gis_service.files.photo_store import PhotoStore
from gis_service.use_cases.add_photo import add_photo
from gis_service.use_cases.report_incident import IncidentRequest, report_incident

DOOR = Principal(name="door", role="worker")
"""Who reports on behalf of residents, who show no token: it may add what they send, and nothing is shown to them."""


@dataclass(frozen=True, slots=True)
class DoorReceipt:
    """The number to quote, and what became of the photo: None without one, else why it was not kept, or ''."""

    number: str
    photo_refused: str | None
    replayed: bool


def report_at_door(
    request: IncidentRequest,
    photo: bytes | None,
    *,
    locate: Locate,
    store: PhotoStore,
    zone: ZoneInfo,
    now: datetime,
    alarms: AlarmShares,
    open_work: Callable[[], UnitOfWork],
) -> DoorReceipt:
    """Store a report with its photo, however often it is sent.

    A photo that cannot be kept does not take the report back: what was seen matters more than its picture.

    Args:
        request: what came in.
        photo: a JPEG, PNG or HEIC, if there is one.
        locate: finds the owner in the edition in force when it happened.
        store: where files lie.
        zone: of working days.
        now: the instant of the report.
        alarms: when to remind and to escalate.
        open_work: begins a transaction.

    Raises:
        ClashError: as ``report_incident``.
        RuleBrokenError: as ``report_incident``.
        UnavailableError: as ``report_incident``.
    """
    request = replace(request, report=replace(request.report, external_id=number_of(request.key)))
    receipt = report_incident(
        request, principal=DOOR, locate=locate, zone=zone, now=now, work=open_work(), alarms=alarms
    )
    refused = None if photo is None else ""
    if photo is not None:
        try:
            add_photo(receipt.incident.id, photo, principal=DOOR, store=store, zone=zone, now=now, work=open_work())
        except ServiceError as error:
            refused = error.code
    return DoorReceipt(number_of(request.key), refused, receipt.replayed)


def number_of(key: str) -> str:
    """Return the number that a resident quotes: the same for each try, told by no other, easy to read out.

    It is the incident's ``external_id``, where the desk reads it.
    """
    letters = base64.b32encode(hashlib.sha256(key.encode()).digest()).decode()
    return f"{letters[:4]}-{letters[4:8]}"
