"""Layers of a style that colour grids by what is measured in them: hidden until a map shows one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

RAMPS: Mapping[str, tuple[str, str, str, str, str]] = MappingProxyType(
    {
        "light": ("#eff3ff", "#bdd7e7", "#6baed6", "#3182bd", "#08519c"),
        "dark": ("#12263a", "#1d4468", "#2b6a9c", "#4d98cc", "#9ccbee"),
    }
)
"""Five tones of one colour by the name of the style, little to much."""


@dataclass(frozen=True, slots=True)
class Choropleth:
    """An indicator to colour grids by: its field, what it is called, its unit, and where the colour changes."""

    field: str
    label: str
    unit: str
    thresholds: tuple[float, ...]


def layer_of(choropleth: Choropleth, theme: str, source: str) -> dict[str, Any]:
    """Return the hidden layer of an indicator; grids without a value stay clear.

    To show it: ``map.setLayoutProperty("indicator-…", "visibility", "visible")``.
    """
    return {
        "id": _id(choropleth),
        "type": "fill",
        "source": source,
        "source-layer": "indicators",
        "filter": ["has", choropleth.field],
        "layout": {"visibility": "none"},
        "paint": {"fill-antialias": False, "fill-color": _colour(choropleth, theme), "fill-opacity": 0.85},
    }


def legend_of(choropleth: Choropleth, theme: str) -> dict[str, Any]:
    """Return the entry of the legend: a colour for all below the first threshold, and one from each of them on."""
    return {
        "layer": _id(choropleth),
        "sign": "ramp",
        "color": _tones(choropleth, theme)[-1],
        "colors": _tones(choropleth, theme),
        "thresholds": _rising(choropleth),
        "label": f"{choropleth.label} ({choropleth.unit})",
    }


def _id(choropleth: Choropleth) -> str:
    return f"indicator-{choropleth.field}"


def _rising(choropleth: Choropleth) -> list[float]:
    """Return as many thresholds as there are tones for, in order, none twice."""
    return sorted(set(choropleth.thresholds))[: len(RAMPS["light"]) - 1]


def _tones(choropleth: Choropleth, theme: str) -> list[str]:
    """Return a tone for each class, the last always the strongest."""
    return list(RAMPS[theme][-1 - len(_rising(choropleth)) :])


def _colour(choropleth: Choropleth, theme: str) -> Any:  # noqa: ANN401  an expression, or a colour alone
    first, *others = _tones(choropleth, theme)
    if not others:
        return first
    steps = [part for step in zip(_rising(choropleth), others, strict=True) for part in step]
    return ["step", ["get", choropleth.field], first, *steps]
