"""Buildings as JSON: what comes in to be registered or changed, what is told of one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

import orjson
import shapely
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from gis_service.api.geojson import POLYGONS, read_area, refuse_other_crs
from gis_service.api.json_model import refusal_of
from gis_service.api.locate import render
from gis_service.api.schemas_incidents import Number, storable, with_words
from gis_service.domain.area_in_degrees import area_in_wgs84
from gis_service.domain.building import Building, Entrance, OtherName, Unit
from gis_service.domain.building_code import fold_code, fold_label, print_building_code
from gis_service.domain.building_register import BuildingRecord, ListedBuilding
from gis_service.domain.coordinates import DEFAULT_CRS, point_in_wgs84
from gis_service.errors import InputFault, RuleBrokenError, TooLargeError
from gis_service.use_cases.read_buildings import ReadBuilding
from grid_boundaries.locate.coordinates import quantise_one
from grid_boundaries.partition import LATTICE_DEG

MOST_AT_ONCE = 1_000
"""Buildings of one request; more come as a file."""

MOST_POSITIONS = 2_000
_MOST_FAULTS = 100
_POSITION = 2


def _written_out(day: object) -> object:
    if day is not None and not isinstance(day, str):
        msg = "must be a date like 2026-07-01"
        raise ValueError(msg)
    return day


def _not_to_come(day: date) -> date:
    if day > datetime.now(UTC).date() + timedelta(days=1):  # it may be tomorrow already where the caller is
        msg = "must not lie in the future"
        raise ValueError(msg)
    return day


def _foldable(fold: Any) -> AfterValidator:  # noqa: ANN401 - a function of text
    def check(text: str) -> str:
        if not fold(text):
            msg = "must not be blank"
            raise ValueError(msg)
        return text

    return AfterValidator(check)


Words = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(storable), AfterValidator(with_words)]
Label = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(storable), _foldable(fold_label)]
AliasCode = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(storable), _foldable(fold_code)]
Use = Annotated[str, Field(pattern="^[a-z][a-z_]{0,31}$", examples=["residential"])]
Storeys = Annotated[int, Field(strict=True, ge=1, le=300)]
Households = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Day = Annotated[date, BeforeValidator(_written_out)]
PastDay = Annotated[date, AfterValidator(_not_to_come), BeforeValidator(_written_out)]
Crs = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(storable)]
GridCode = Annotated[str, Field(pattern="^[0-9A-Za-z]{1,32}$")]


class LonLat(BaseModel):
    """A place in the coordinate system that the building names."""

    model_config = ConfigDict(extra="forbid")

    lon: Number = Field(description="degrees, or metres east")
    lat: Number = Field(description="degrees, or metres north")


class EntranceIn(BaseModel):
    """A door."""

    model_config = ConfigDict(extra="forbid")

    label: Label
    point: LonLat


class UnitFacts(BaseModel):
    """What is known of a flat or shop; ``owner`` where that is not its building's."""

    model_config = ConfigDict(extra="forbid")

    storey: Annotated[int, Field(strict=True, ge=-20, le=300, description="0: ground floor")] | None = None
    use: Use | None = None
    owner: GridCode | None = Field(default=None, description="code of a grid; null: its building's owner")


class UnitIn(UnitFacts):
    """A flat or shop of a new building."""

    label: Label


class OtherNameIn(BaseModel):
    """The code of the building in another register."""

    model_config = ConfigDict(extra="forbid")

    scheme: Annotated[str, Field(pattern="^[a-z0-9_]{1,32}$")]
    alias: AliasCode


class BuildingIn(BaseModel):
    """A building to register.  Without a point it stands at one inside its footprint."""

    model_config = ConfigDict(extra="forbid")

    name: Words
    address: Words
    use: Use
    storeys: Storeys | None = None
    households: Households = 0
    point: LonLat | None = None
    footprint: dict[str, Any] | None = Field(default=None, description="GeoJSON Polygon or MultiPolygon")
    crs: Crs = Field(default=DEFAULT_CRS, description="the system of point, footprint and doors")
    built_on: Day | None = None
    verified_on: PastDay | None = Field(default=None, description="when somebody last looked whether all this holds")
    entrances: list[EntranceIn] = Field(default_factory=list, max_length=1_000)
    units: list[UnitIn] = Field(default_factory=list, max_length=10_000)
    aliases: list[OtherNameIn] = Field(default_factory=list, max_length=100)

    @model_validator(mode="after")
    def _has_a_place(self) -> BuildingIn:
        if self.point is None and self.footprint is None:
            msg = "say where: point or footprint is needed"
            raise ValueError(msg)
        return self

    def to_building(self, at_point: str, at_footprint: str, pointer: str) -> Building:
        """Return it for the use case, without a code; the pointers say where its parts stand in the body."""
        footprint = None if self.footprint is None else read_footprint(self.footprint, self.crs, at_footprint)
        if self.point is None and footprint is not None:
            inside = shapely.point_on_surface(footprint)
            lon, lat = quantise_one(inside.x, inside.y)
        else:
            lon, lat = read_place(self.point or LonLat(lon=0, lat=0), self.crs, at_point)
        doors = [
            (door.label, read_place(door.point, self.crs, f"{pointer}/entrances/{number}/point"))
            for number, door in enumerate(self.entrances)
        ]
        return Building(
            code="",
            name=self.name,
            address=self.address,
            use=self.use,
            lon=lon,
            lat=lat,
            storeys=self.storeys,
            households=self.households,
            verified_on=self.verified_on,
            entrances=tuple(Entrance(label.strip(), *place) for label, place in doors),
            built_on=self.built_on,
            footprint=footprint,
            units=tuple(Unit(one.label, one.storey, one.use, one.owner) for one in self.units),
            aliases=tuple(OtherName(one.scheme, one.alias) for one in self.aliases),
        )


class BuildingChange(BaseModel):
    """Members to change; those that are left out stay, and null takes away what may be missing."""

    model_config = ConfigDict(extra="forbid")

    name: Words = ""
    address: Words = ""
    use: Use = ""
    storeys: Storeys | None = None
    households: Households = 0
    point: LonLat = LonLat(lon=0, lat=0)
    footprint: dict[str, Any] | None = Field(default=None, description="GeoJSON Polygon or MultiPolygon")
    crs: Crs = Field(default=DEFAULT_CRS, description="the system of point and footprint")
    built_on: Day | None = None
    verified_on: PastDay | None = None

    def values(self) -> dict[str, Any]:
        """Return what changes, by the names of ``Building``."""
        given = self.model_fields_set - {"crs", "point", "footprint"}
        values = {name: getattr(self, name) for name in sorted(given)}
        if "point" in self.model_fields_set:
            values["lon"], values["lat"] = read_place(self.point, self.crs, "/point")
        if "footprint" in self.model_fields_set:
            shape = self.footprint
            values["footprint"] = None if shape is None else read_footprint(shape, self.crs, "/footprint")
        return values


class EntrancePlace(BaseModel):
    """Where a door is."""

    model_config = ConfigDict(extra="forbid")

    point: LonLat
    crs: Crs = DEFAULT_CRS


class MergeIn(BaseModel):
    """The buildings that became part of another."""

    model_config = ConfigDict(extra="forbid")

    codes: list[Words] = Field(min_length=1, max_length=100)


class SplitIn(BaseModel):
    """The buildings that another became."""

    model_config = ConfigDict(extra="forbid")

    into: list[BuildingIn] = Field(min_length=2, max_length=100)

    def to_buildings(self) -> list[Building]:
        """Return them for the use case."""
        return [
            one.to_building(f"/into/{number}/point", f"/into/{number}/footprint", f"/into/{number}")
            for number, one in enumerate(self.into)
        ]


def read_place(point: LonLat, crs: str, pointer: str) -> tuple[float, float]:
    """Return a place in WGS 84, on the lattice; the faults point into the body.

    Raises:
        RuleBrokenError: as ``point_in_wgs84``.
    """
    try:
        return quantise_one(*point_in_wgs84(point.lon, point.lat, crs))
    except RuleBrokenError as error:
        faults = [InputFault(f"{pointer}/{fault.pointer}", fault.detail) for fault in error.faults]
        raise RuleBrokenError(f"{pointer}: {error.detail}", code=error.code, faults=faults) from None


def read_footprint(geometry: Mapping[str, Any], crs: str, pointer: str) -> BaseGeometry:
    """Return a footprint in WGS 84, on the lattice.

    Raises:
        RuleBrokenError: as ``read_area`` and ``area_in_wgs84``; or nothing is left of it on the lattice.
        TooLargeError: as ``read_area``.
    """
    shape, place = read_area(dict(geometry), MOST_POSITIONS, pointer)
    settled = shapely.set_precision(area_in_wgs84(shape, crs, place), LATTICE_DEG)
    if settled.is_empty or settled.geom_type not in POLYGONS:
        raise RuleBrokenError(
            f"{place} has no ground", code="invalid-geometry", faults=[InputFault(place, "has no ground")]
        )
    return settled


def read_buildings(body: bytes) -> tuple[list[Building], list[str]]:
    """Return the buildings of a body, one or a FeatureCollection, and where in it each stands.

    Raises:
        RuleBrokenError: no JSON, or a member is missing, unknown or wrong: ``faults`` points at each.
        TooLargeError: more than ``MOST_AT_ONCE``, code ``too-many-buildings``.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RuleBrokenError(f"the body is not valid JSON: {error}", code="invalid-json") from None
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        return [_one(document, "", "/point", "/footprint")], [""]
    refuse_other_crs(document)
    features = document.get("features")
    if not isinstance(features, list) or not features:
        sentence = "must be an array with at least one feature"
        raise RuleBrokenError(
            f"/features {sentence}", code="invalid-geojson", faults=[InputFault("/features", sentence)]
        )
    if len(features) > MOST_AT_ONCE:
        raise TooLargeError(
            f"{len(features)} buildings are more than the {MOST_AT_ONCE} that are taken at once; import a file",
            code="too-many-buildings",
        )
    buildings: list[Building] = []
    faults: list[InputFault] = []
    first: RuleBrokenError | None = None
    for number, feature in enumerate(features):
        try:
            buildings.append(_of_feature(feature, f"/features/{number}"))
        except RuleBrokenError as error:
            first = first or error
            faults += error.faults
    if first is not None:
        raise RuleBrokenError(first.detail, code=first.code, faults=faults[:_MOST_FAULTS])
    return buildings, [f"/features/{number}/properties" for number in range(len(features))]


def building_json(read: ReadBuilding) -> dict[str, Any]:
    """Return all that is told of a building; when it was verified only on the caller's ground."""
    one, ground = read.record.building, orjson.loads(render(read.answer.ground))
    told = {
        "edition": ground["edition"],
        **_general(one),
        "footprint": None if one.footprint is None else mapping(one.footprint),
        "built_on": one.built_on,
        "registered_at": read.record.registered_at,
        "retired_at": one.retired_at,
        "successors": read.record.successors,
        "predecessors": read.record.predecessors,
        "owner": ground["owner"],
        "chain": ground["chain"],
        "owners": [{"from": held.first, "to": held.last, "grid": held.grid} for held in read.record.owners],
        "entrances": entrances_json(read.record),
        "aliases": aliases_json(read.record),
    }
    return {**told, "verified_on": one.verified_on} if read.is_own else told


def listed_json(listed: ListedBuilding, *, is_own: bool) -> dict[str, Any]:
    """Return a building in a list; when it was verified only on the caller's ground."""
    told = {**_general(listed.building), "grid": listed.owner}
    return {**told, "verified_on": listed.building.verified_on} if is_own else told


def entrances_json(record: BuildingRecord) -> list[dict[str, Any]]:
    """Return the doors of a building."""
    return [{"label": door.label, "point": {"lon": door.lon, "lat": door.lat}} for door in record.building.entrances]


def aliases_json(record: BuildingRecord) -> list[dict[str, Any]]:
    """Return the names of a building in other registers."""
    return [{"scheme": name.scheme, "alias": name.alias} for name in record.building.aliases]


def unit_json(unit: Unit) -> dict[str, Any]:
    """Return a flat or shop."""
    return {"label": unit.label, "storey": unit.storey, "use": unit.use, "owner": unit.owner}


def registered_json(code: str, owner: str | None) -> dict[str, Any]:
    """Return a building that was just registered."""
    return {"code": code, "printed": print_building_code(code), "grid": owner}


def _general(one: Building) -> dict[str, Any]:
    return {
        "code": one.code,
        "printed": print_building_code(one.code),
        "version": one.version,
        "name": one.name,
        "address": one.address,
        "use": one.use,
        "storeys": one.storeys,
        "households": one.households,
        "point": {"lon": one.lon, "lat": one.lat},
    }


def _of_feature(feature: object, pointer: str) -> Building:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    if not isinstance(properties, dict) or not isinstance(geometry, dict):
        sentence = "must be a Feature with properties and a geometry"
        raise RuleBrokenError(f"{pointer} {sentence}", code="invalid-geojson", faults=[InputFault(pointer, sentence)])
    at_geometry = f"{pointer}/geometry"
    positions = geometry.get("coordinates")
    if geometry.get("type") == "Point" and isinstance(positions, list) and len(positions) >= _POSITION:
        given = {**properties, "point": {"lon": positions[0], "lat": positions[1]}}
        return _one(given, f"{pointer}/properties", at_geometry, f"{pointer}/properties/footprint")
    if geometry.get("type") in POLYGONS:
        given = {**properties, "footprint": geometry}
        return _one(given, f"{pointer}/properties", f"{pointer}/properties/point", at_geometry)
    sentence = "must be a Point, a Polygon or a MultiPolygon"
    raise RuleBrokenError(
        f"{at_geometry} {sentence}", code="invalid-geojson", faults=[InputFault(at_geometry, sentence)]
    )


def _one(document: object, pointer: str, at_point: str, at_footprint: str) -> Building:
    try:
        given = BuildingIn.model_validate(document)
    except ValidationError as error:
        refusal = refusal_of(error)
        faults = [InputFault(pointer + fault.pointer, fault.detail) for fault in refusal.faults]
        raise RuleBrokenError(f"{pointer}: {refusal.detail}".removeprefix(": "), faults=faults) from None
    return given.to_building(at_point, at_footprint, pointer)
