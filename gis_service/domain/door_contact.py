"""What the public is told of the people who serve a grid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from gis_service.domain.staff import StaffMember, mask_phone

Contacts = Literal["masked", "full", "none"]
"""How much is told: surname and a masked number, name and number, or nothing."""

DOUBLE_SURNAMES = (
    *("欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐"),
    *("司徒", "夏侯", "端木", "南宫", "轩辕", "宇文", "长孙", "独孤", "百里", "呼延"),
)
"""Surnames of two characters in use today (《通用规范汉字表》 names no list; these are the commonest)."""

_ROLES = {"head": ("网格长", "head"), "worker": ("网格员", "grid worker")}


@dataclass(frozen=True, slots=True)
class DoorContact:
    """A person as a door's page names them; ``dial`` is a number to call, None when it is masked or not known."""

    name: str
    name_en: str
    phone: str | None
    dial: str | None


def contacts_of(members: Iterable[StaffMember], told: Contacts) -> list[DoorContact]:
    """Return the head and the workers of a grid as the public is told of them, the head first; no others."""
    if told == "none":
        return []
    serving = sorted((one for one in members if one.role in _ROLES), key=lambda one: one.role != "head")
    return [_contact(one, told) for one in serving]


def surname_of(name: str) -> str:
    """Return the surname: the first character of a Chinese name, or two; the last word of one in Latin letters."""
    name = name.strip()
    if not name:
        return ""
    if name[0].isascii():
        return name.split()[-1]
    return name[:2] if name[:2] in DOUBLE_SURNAMES and len(name) > len(DOUBLE_SURNAMES[0]) else name[:1]


def _contact(member: StaffMember, told: Contacts) -> DoorContact:
    role, role_en = _ROLES[member.role]
    if told == "full":
        name, dial = member.name, member.phone if member.phone and "*" not in member.phone else None
        return DoorContact(f"{name}（{role}）", f"{name} ({role_en})", member.phone, dial)
    surname = surname_of(member.name)
    phone = None if member.phone is None else mask_phone(member.phone)
    return DoorContact(f"{surname}{role}", f"{surname}, {role_en}", phone, None)
