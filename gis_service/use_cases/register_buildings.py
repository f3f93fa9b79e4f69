"""Take buildings into the register: codes for those that have none, and an owner for each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.building import Building, OtherName
from gis_service.domain.building_code import draw_building_code, fold_code, fold_label, place_of_issue
from gis_service.errors import ClashError, ForbiddenError, InputFault, RuleBrokenError

_Value = TypeVar("_Value")

MOST_DRAWS = 100
"""A county of which nine codes in ten are used finds a free one in so many draws, but once in forty thousand."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A building as it is stored, with its code, and the grid that owns it; None where no grid does."""

    building: Building
    owner: str | None


def register_buildings(buildings: Sequence[Building], work: UnitOfWork) -> list[Building]:
    """Store new buildings, each owned by the grid that holds its point in the newest edition.

    Returns:
        Those that no grid holds, with their codes; they are stored all the same, without an owner.

    Raises:
        ClashError: nothing has been published yet; or as ``register_within``.
        RuleBrokenError: as ``register_within``.
    """
    with work:
        registered = register_within(buildings, work)
        work.commit()
    return [one.building for one in registered if one.owner is None]


@dataclass(frozen=True, slots=True)
class Registration:
    """What a request registered, by code and owner; ``replayed`` when an earlier try with its key had done so."""

    edition: int
    buildings: Sequence[tuple[str, str | None]]
    replayed: bool


def register_once(
    buildings: Sequence[Building],
    *,
    key: str,
    body_hash: bytes,
    principal: Principal,
    work: UnitOfWork,
    pointers: Sequence[str],
) -> Registration:
    """Store new buildings once, however often the request is sent: all of them, or none.

    Args:
        buildings: with empty codes.
        key: of the request; keys of different callers never meet.
        body_hash: by which a second try of the same request is known.
        principal: who registers.
        work: a transaction not yet begun.
        pointers: as ``register_within``.

    Raises:
        ServiceError: as ``register_within``.
        RuleBrokenError: the key was used for another body, ``idempotency-key-reused``.
    """
    with work:
        work.editions.hold_latest()
        work.buildings.lock_writing()  # a try that is under way comes first
        latest = work.editions.latest()
        if latest is None:
            raise _no_edition()
        known = work.building_register.find_request(principal.name, key)
        if known is None:
            registered = register_within(buildings, work, principal=principal, pointers=pointers)
            codes = [one.building.code for one in registered]
            work.building_register.add_request(principal.name, key, body_hash, codes)
            work.commit()
            return Registration(latest.number, [(one.building.code, one.owner) for one in registered], replayed=False)
        request_hash, codes = known
        if request_hash != body_hash:
            raise RuleBrokenError(
                "this Idempotency-Key was used for another body; take a new key for new buildings",
                code="idempotency-key-reused",
            )
        owners = work.building_places.owners_of(codes, latest.number)
        return Registration(latest.number, [(code, owners.get(code)) for code in codes], replayed=True)


def register_within(
    buildings: Sequence[Building],
    work: UnitOfWork,
    *,
    principal: Principal | None = None,
    pointers: Sequence[str] | None = None,
) -> list[Registered]:
    """Store new buildings inside a transaction already begun: all of them, or none.

    The one way into the register, whether by HTTP, from a file or for the demo.  The owner is the grid that holds the
    point in the newest edition, in force or not yet; a unit has the one that is named with it, else its building's.

    Args:
        buildings: those with an empty code get one; labels of units and aliases are folded here.
        work: a transaction; until it ends nobody publishes, and nobody else writes buildings.
        principal: who registers, on whose ground each must lie; None may do so anywhere.
        pointers: where each building stands in the input, for those that are at fault; by its number when not given.

    Returns:
        One for each building, in their order.

    Raises:
        ClashError: nothing has been published yet, ``no-edition``; a code or an alias is in use, ``code-in-use`` and
            ``alias-in-use``; or a county has no free codes, ``no-codes-left``.
        RuleBrokenError: two of them have the same code or alias, a building two doors or units of the same label,
            ``duplicate-label``; or the newest edition has no grid that is named as a unit's owner, ``unknown-grid``.
        ForbiddenError: one lies, or a unit's owner is, outside the scope, ``outside-scope``.
    """
    places = [f"/{number}" for number in range(len(buildings))] if pointers is None else pointers
    folded = [_fold(one) for one in buildings]
    _refuse_twins(folded, places)
    work.editions.hold_latest()
    latest = work.editions.latest()
    if latest is None:
        raise _no_edition()
    owners = work.owners.of_points(latest.number, [one.lon for one in folded], [one.lat for one in folded])
    _refuse_foreign_ground(folded, owners, places, latest.number, principal, work)
    work.buildings.lock_writing()
    _refuse_used(folded, places, work)
    coded = _with_codes(folded, owners, latest.number, work)
    work.buildings.add_many(coded, owners, latest.number)
    return [Registered(one, owner) for one, owner in zip(coded, owners, strict=True)]


def _no_edition() -> ClashError:
    return ClashError("no edition has been published yet; publish one first", code="no-edition")


def _fold(one: Building) -> Building:
    if not one.units and not one.aliases:
        return one
    units = tuple(replace(unit, label=fold_label(unit.label)) for unit in one.units)
    return replace(
        one, units=units, aliases=tuple(OtherName(name.scheme, fold_code(name.alias)) for name in one.aliases)
    )


def _refuse_twins(buildings: Sequence[Building], places: Sequence[str]) -> None:
    faults = []
    for one, place in zip(buildings, places, strict=True):
        for kind, labels in (
            ("entrances", [fold_label(door.label) for door in one.entrances]),
            ("units", [unit.label for unit in one.units]),
        ):
            faults += [
                InputFault(
                    f"{place}/{kind}/{number}/label", f"{label!r} is there already; labels differ within a building"
                )
                for number, label in _repeated(labels)
            ]
    if faults:
        raise RuleBrokenError(f"{faults[0].pointer}: {faults[0].detail}", code="duplicate-label", faults=faults)
    codes = [one.code for one in buildings if one.code]
    if twins := [code for _, code in _repeated(codes)]:
        raise RuleBrokenError(
            f"the code {twins[0]} is given to two buildings", code="duplicate-code", members={"codes": twins}
        )
    names = [
        (name, f"{place}/aliases/{number}")
        for one, place in zip(buildings, places, strict=True)
        for number, name in enumerate(one.aliases)
    ]
    faults = [
        InputFault(names[at][1], f"{name.scheme}:{name.alias} is given twice")
        for at, name in _repeated([name for name, _ in names])
    ]
    if faults:
        raise RuleBrokenError(f"{faults[0].pointer}: {faults[0].detail}", code="duplicate-alias", faults=faults)


def _refuse_used(buildings: Sequence[Building], places: Sequence[str], work: UnitOfWork) -> None:
    """Refuse codes and aliases that are in use, once nobody else writes them."""
    used = work.buildings.codes_in_use({one.code for one in buildings if one.code})
    if used:
        raise ClashError(
            f"the codes {', '.join(sorted(used)[:10])} are in use; no code is given twice, not even a retired one",
            code="code-in-use",
            members={"codes": sorted(used)},
        )
    names = {
        name: f"{place}/aliases/{number}"
        for one, place in zip(buildings, places, strict=True)
        for number, name in enumerate(one.aliases)
    }
    refuse_used_aliases(names.items(), work)


def refuse_used_aliases(names: Iterable[tuple[OtherName, str]], work: UnitOfWork) -> None:
    """Refuse aliases that a building has, each given with where it stands in the input.

    Raises:
        ClashError: code ``alias-in-use``; names the first with the building that has it.
    """
    asked = dict(names)
    known = work.building_places.holders_of(asked)
    if known:
        faults = [
            InputFault(asked[name], f"{name.scheme}:{name.alias} is building {code}'s")
            for name, code in sorted(known.items(), key=lambda item: asked[item[0]])
        ]
        raise ClashError(f"{faults[0].pointer}: {faults[0].detail}", code="alias-in-use", faults=faults)


def _refuse_foreign_ground(
    buildings: Sequence[Building],
    owners: Sequence[str | None],
    places: Sequence[str],
    edition: int,
    principal: Principal | None,
    work: UnitOfWork,
) -> None:
    """Refuse owners of units that are no grids, and what lies outside the scope of who registers."""
    named = [
        (unit.owner, f"{place}/units/{number}/owner")
        for one, place in zip(buildings, places, strict=True)
        for number, unit in enumerate(one.units)
        if unit.owner is not None
    ]
    refuse_unknown_owners(named, edition, work)
    refuse_outside_scope([*zip(owners, places, strict=True), *named], edition, principal, work)


def refuse_unknown_owners(named: Sequence[tuple[str, str]], edition: int, work: UnitOfWork) -> None:
    """Refuse codes, each given with where it stands in the input, that are no grids of an edition.

    Raises:
        RuleBrokenError: code ``unknown-grid``.
    """
    known = work.grids.parents_of(edition, {code for code, _ in named}) if named else {}
    faults = [
        InputFault(place, f"edition {edition} has no grid {code!r}") for code, place in named if code not in known
    ]
    if faults:
        raise RuleBrokenError(f"{faults[0].pointer}: {faults[0].detail}", code="unknown-grid", faults=faults)


def refuse_outside_scope(
    ground: Iterable[tuple[str | None, str]], edition: int, principal: Principal | None, work: UnitOfWork
) -> None:
    """Refuse owners, each given with where it stands in the input, that are not in the scope of who asks.

    Ground that no grid owns lies in the scope of those alone who have none.

    Raises:
        ForbiddenError: code ``outside-scope``.
    """
    if principal is None or principal.scope is None:
        return
    seen: dict[str | None, bool] = {None: False}
    faults = []
    for owner, place in ground:
        if owner not in seen:
            seen[owner] = (
                principal.sees([link.code for link in work.owners.chain(edition, owner)]) if owner else False
            )
        if not seen[owner]:
            faults.append(InputFault(place, f"its grid is {owner or 'none'}; your scope is {principal.scope}"))
    if faults:
        raise ForbiddenError(
            f"{faults[0].pointer or 'the building'}: {faults[0].detail}", code="outside-scope", faults=faults
        )


def _with_codes(
    buildings: Sequence[Building], owners: Sequence[str | None], edition: int, work: UnitOfWork
) -> list[Building]:
    """Return buildings with codes, drawn by lot for those that have none, while nobody else writes buildings."""
    codes = [one.code for one in buildings]
    missing = [at for at, code in enumerate(codes) if not code]
    roots = work.grids.roots(edition) if missing else []
    for _ in range(MOST_DRAWS):
        drawn = {at: draw_building_code(place_of_issue([owners[at] or "", *roots])) for at in missing}
        used = work.buildings.codes_in_use(set(drawn.values())) if drawn else set()
        used.update(codes)
        missing = []
        for at, code in drawn.items():
            if code in used:
                missing.append(at)
            else:
                codes[at] = code
                used.add(code)
        if not missing:
            return [replace(one, code=code) for one, code in zip(buildings, codes, strict=True)]
    county = place_of_issue([owners[missing[0]] or "", *roots])
    raise ClashError(f"county {county} has hardly any building codes left", code="no-codes-left")


def _repeated(values: Sequence[_Value]) -> list[tuple[int, _Value]]:
    """Return the values that came before, with their numbers."""
    seen: set[_Value] = set()
    repeated = []
    for number, value in enumerate(values):
        if value in seen:
            repeated.append((number, value))
        seen.add(value)
    return repeated
