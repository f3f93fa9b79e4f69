"""Find the places where the same thing happens again and again."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.repeat_place import MOST_CLUSTERED, RepeatPlace, RepeatQuestion
from gis_service.errors import TooLargeError
from gis_service.use_cases.refuse_unknown_category import refuse_unknown_category


def find_repeat_places(
    question: RepeatQuestion, principal: Principal, zone: ZoneInfo, work: UnitOfWork
) -> list[RepeatPlace]:
    """Return the places, those with most incidents first; of incidents that the caller may see and that have a place.

    Months are those of ``zone``.  Merged and cancelled incidents repeat nothing.

    Raises:
        RuleBrokenError: code ``unknown-category``.
        TooLargeError: there are too many incidents to look through, code ``too-many-incidents``.
    """
    with work:
        if question.wanted.category is not None:
            refuse_unknown_category(question.wanted.category, work.rules.categories_and_above())
        ids = work.incident_counts.placed_ids(question.wanted, principal, limit=MOST_CLUSTERED + 1)
        if len(ids) > MOST_CLUSTERED:
            raise TooLargeError(
                f"these are more than {MOST_CLUSTERED} incidents; narrow them down by category, grid or time",
                code="too-many-incidents",
            )
        return work.incident_counts.repeat_places(ids, question, zone)
