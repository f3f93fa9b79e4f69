"""Operations on a plan as JSON: each is read by a model of its own, which also describes it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from gis_service.api.geojson import parse_features, parse_line, parse_polygon
from gis_service.api.json_model import refusal_of
from gis_service.domain.plan_operation import Operation
from gis_service.errors import InputFault, RuleBrokenError


def _storable(text: str) -> str:
    if "\x00" in text:
        msg = "must not hold the character U+0000"
        raise ValueError(msg)
    return text


_CODE = re.compile(r"[0-9A-Za-z]{1,32}")
Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,32}$")]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_storable)]
Kind = Literal["standard", "dedicated"]
Codes = Annotated[list[Code], Field(min_length=1, max_length=1000)]
Feature = Annotated[dict[str, Any], Field(description="GeoJSON Feature; its properties are those of a grid")]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    def arguments(self) -> dict[str, Any]:
        """Return what the function of the operation takes."""
        return self.model_dump(exclude={"op"})

    def record(self) -> dict[str, Any]:
        """Return what is kept of the request."""
        return self.model_dump(mode="json", exclude={"op"}, exclude_none=True)


class Replace(_Asked):
    """Put grids as they were drawn or imported in the place of those with their codes, or beside them."""

    op: Literal["replace"]
    features: Annotated[list[Feature], Field(min_length=1)]

    def arguments(self) -> dict[str, Any]:
        """Return the grids."""
        return {"grids": parse_features(self.features, "/features")}

    def record(self) -> dict[str, Any]:
        """Return the codes alone: the shapes are the plan's grids."""
        return {"codes": [str(feature["properties"]["code"]) for feature in self.features]}


class Create(_Asked):
    """Add a grid."""

    op: Literal["create"]
    feature: Feature

    def arguments(self) -> dict[str, Any]:
        """Return the grid."""
        (grid,) = parse_features([self.feature], "/feature", numbered=False)
        return {"grid": grid}

    def record(self) -> dict[str, Any]:
        """Return the code alone: the shape is the plan's grid."""
        return {"code": str(self.feature["properties"]["code"])}


class Retire(_Asked):
    """Take grids out of use, their ground to a sibling or to nobody."""

    op: Literal["retire"]
    codes: Codes
    into: Code | None = None


class Rename(_Asked):
    """Give a grid another name."""

    op: Literal["rename"]
    code: Code
    name: Name


class _WithLine(_Asked):
    line: Annotated[dict[str, Any], Field(description="GeoJSON LineString")]

    def arguments(self) -> dict[str, Any]:
        """Return the line as geometry."""
        return {**super().arguments(), "line": parse_line(self.line, "/line")}


class Split(_WithLine):
    """Cut a grid along a line that crosses it."""

    op: Literal["split"]
    code: Code
    new_codes: Codes | None = None


class Merge(_Asked):
    """Make one grid of several."""

    op: Literal["merge"]
    codes: Annotated[list[Code], Field(min_length=2, max_length=1000)]
    into: Code


class MoveEdge(_WithLine):
    """Give the common edge of two grids a new course; both follow."""

    op: Literal["move-edge"]
    between: Annotated[list[Code], Field(min_length=2, max_length=2)]


class Carve(_Asked):
    """Cut a grid of its own out of others."""

    op: Literal["carve"]
    polygon: Annotated[dict[str, Any], Field(description="GeoJSON Polygon")]
    kind: Kind
    name: Name
    code: Code | None = None
    parent: Code | None = None

    def arguments(self) -> dict[str, Any]:
        """Return the polygon as geometry."""
        return {**super().arguments(), "polygon": parse_polygon(self.polygon, "/polygon")}


class MoveParent(_Asked):
    """Move grids under another parent."""

    op: Literal["move-parent"]
    codes: Codes
    parent: Code


class Set(_Asked):
    """Set what a grid is: households (null: unknown), kind, name; what is left out stays."""

    op: Literal["set"]
    code: Code
    households: Annotated[int, Field(ge=0, le=2**31 - 1, strict=True)] | None = None
    kind: Kind = "standard"
    name: Name = ""

    @model_validator(mode="after")
    def _sets_something(self) -> Set:
        if self.model_fields_set <= {"op", "code"}:
            msg = "give at least one of households, kind and name"
            raise ValueError(msg)
        return self

    def arguments(self) -> dict[str, Any]:
        """Return what is given, and nothing else."""
        return self.model_dump(include=set(self.model_fields_set - {"op"}))

    def record(self) -> dict[str, Any]:
        """Return what is given; unknown households too."""
        return self.arguments()


MODELS: Mapping[str, type[_Asked]] = {
    "replace": Replace,
    "create": Create,
    "retire": Retire,
    "rename": Rename,
    "split": Split,
    "merge": Merge,
    "move-edge": MoveEdge,
    "carve": Carve,
    "move-parent": MoveParent,
    "set": Set,
}

CHANGE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "oneOf": [model.model_json_schema() for model in MODELS.values()],
                    "discriminator": {"propertyName": "op"},
                }
            }
        },
    }
}


def parse_change(body: bytes) -> Operation:
    """Return the operation that a body asks for.

    Raises:
        RuleBrokenError: no JSON, no such operation, or a member that is missing, unknown or wrong; ``faults`` points
            at each.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RuleBrokenError(f"the body is not valid JSON: {error}", code="invalid-json") from None
    if not isinstance(document, dict):
        raise RuleBrokenError("the body must be an object", faults=[InputFault("", "must be an object")])
    name = document.get("op")
    model = MODELS.get(name) if isinstance(name, str) else None
    if model is None:
        sentence = f"must be one of {', '.join(MODELS)}"
        raise RuleBrokenError(f"op {sentence}", code="unknown-operation", faults=[InputFault("/op", sentence)])
    try:
        asked = model.model_validate(document)
    except ValidationError as error:
        raise refusal_of(error) from None
    return Operation(str(name), asked.arguments(), asked.record())


def parse_choices(given: Sequence[str]) -> dict[str, str]:
    """Return which grid is to get the ground of which finding.

    Raises:
        RuleBrokenError: a choice is not a finding's id, a colon and a code, or a finding comes twice.
    """
    choices: dict[str, str] = {}
    for one in given:
        finding, colon, code = one.partition(":")
        if not finding or not colon or not _CODE.fullmatch(code) or finding in choices:
            sentence = "must be a finding's id, a colon and a grid's code, once for each finding"
            raise RuleBrokenError(f"choice {one[:60]!r} {sentence}", faults=[InputFault("choice", sentence)])
        choices[finding] = code
    return choices
