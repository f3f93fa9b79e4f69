"""Assignments as JSON: what comes in, and what goes out to whom."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from gis_service.api.schemas_incidents import storable, with_words
from gis_service.domain.access import Principal
from gis_service.domain.data_class import visible
from gis_service.domain.staff import Assignment, Serving, StaffMember, mask_name, mask_phone

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _written_out(day: object) -> object:
    if day is not None and not (isinstance(day, str) and _DAY.fullmatch(day)):
        msg = "must be a day like 2026-07-01"
        raise ValueError(msg)
    return day


Day = Annotated[date, BeforeValidator(_written_out)]
Name = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(storable), AfterValidator(with_words)]
Phone = Annotated[str, Field(pattern="^[0-9+*() -]{3,40}$")]
Role = Literal["head", "worker", "liaison", "volunteer"]


class StaffIn(BaseModel):
    """A person who is to serve a grid."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    role: Role
    grid: Annotated[str, Field(pattern="^[0-9A-Za-z]{1,32}$")]
    since: Day = Field(description="the first day of duty")
    until: Day | None = Field(default=None, description="the first day without duty")
    phone: Phone | None = None

    def member(self) -> StaffMember:
        """Return it for the use case."""
        return StaffMember(self.name, self.role, self.grid, self.since, self.phone, self.until)


class StaffChangeIn(BaseModel):
    """What is to be another; a member that is left out stays.  null takes a phone or an end away."""

    model_config = ConfigDict(extra="forbid")

    name: Name = ""
    phone: Phone | None = None
    since: Day = date.min
    until: Day | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> StaffChangeIn:
        if not self.model_fields_set:
            msg = "name at least one of name, phone, since and until"
            raise ValueError(msg)
        return self

    def changes(self) -> dict[str, Any]:
        """Return the new values by their names."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class StaffEndIn(BaseModel):
    """When an assignment ends."""

    model_config = ConfigDict(extra="forbid")

    until: Day | None = Field(default=None, description="the first day without duty; today when left out")


def assignment_json(one: Assignment, principal: Principal) -> dict[str, Any]:
    """Return an assignment, of the caller's ground or serving it; masked for who is not told names and numbers."""
    member = one.member
    name, phone = member.name, member.phone
    if not visible(principal, "staff.name", in_scope=True):
        name = mask_name(name)
    if phone is not None and not visible(principal, "staff.phone", in_scope=True):
        phone = mask_phone(phone)
    return {
        "id": one.id,
        "name": name,
        "role": member.role,
        "grid": member.grid_code,
        "since": member.since,
        "until": member.until,
        "phone": phone,
        "version": one.version,
    }


def serving_json(found: Iterable[Serving], principal: Principal) -> list[dict[str, Any]]:
    """Return who serves, role by role."""
    return [
        {
            "role": one.role,
            "grid": one.grid_code,
            "steps_up": one.steps_up,
            "staff": [assignment_json(person, principal) for person in one.people],
        }
        for one in found
    ]
