"""A MapLibre style made from the registry: the same layers, levels and zooms that the tiles have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from tiles.choropleth import Choropleth, layer_of, legend_of
from tiles.layers import LAYERS, LevelBand
from tiles.palette import PALETTES, RESOURCES, Palette

Json = dict[str, Any]

LANGUAGES = ("zh", "en")

# Drawn by the client from the fonts of its machine: a style without ``glyphs`` takes the names of fonts as CSS does.
# The first name only sets the weight.
_FACES = ("PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", "system-ui")
_REGULAR = ["Label Medium", *_FACES]
_STRONG = ["Label Semibold", *_FACES]

_WIDTHS = (0.9, 1.8, 2.6, 3.4, 4.6)
"""Pixels of the line of the level shown, of its parent, and so on up."""

_GROUND = "ground"


@dataclass(frozen=True, slots=True)
class _Words:
    """What a style says itself; names of grids are data."""

    title: str
    after_households: str
    dedicated: str
    building: str
    counted: str
    resource: str


_WORDS: Mapping[str, _Words] = MappingProxyType(
    {
        "zh": _Words("网格", " 户", "专属网格", "楼栋", "网格内事件数（约数）", "应急物资"),
        "en": _Words(
            "Grids",
            " households",
            "Dedicated grid",
            "Building",
            "Incidents in the grid (about)",
            "Emergency stock",
        ),
    }
)


def build_style(
    theme: str,
    lang: str,
    levels: Sequence[LevelBand],
    names: Mapping[str, str],
    url_of: Callable[[str, str], str],
    choropleths: Sequence[Choropleth] = (),
) -> Json:
    """Return a style of all public layers.

    A client needs nothing but this service to draw it: no glyphs, no sprite.

    Args:
        theme: a name in PALETTES.
        lang: one of LANGUAGES; what the style itself says is in it, names of grids are as they are stored.
        levels: those that the edition has, in any order.
        names: names of the levels by code, in that language.
        url_of: the address of the TileJSON of some layers, joined by commas, narrowed by a query or by none.
        choropleths: a hidden layer is made for each.

    Source:
        MapLibre Style Specification, version 8.
    """
    palette, words = PALETTES[theme], _WORDS[lang]
    ranked = sorted(levels, key=lambda level: level.rank)
    outlined = ranked[:-1]
    sources = {
        _GROUND: _vector(url_of("grids,grid_labels", "")),
        **{_outline_id(level): _vector(url_of("grids", f"level={level.code}")) for level in outlined},
        "buildings": _vector(url_of("buildings", "")),
        "incidents": _vector(url_of("incidents", "")),
        "resources": _vector(url_of("resources", "")),
        **({"indicators": _vector(url_of("indicators", ""))} if choropleths else {}),
    }
    legend = [
        *_legend(ranked, names, palette, words),
        {"layer": "resource", "sign": "circle", "color": RESOURCES[theme], "label": words.resource},
        *[legend_of(one, theme) for one in choropleths],
        *_legend_of_incidents(palette, words),
    ]
    return {
        "version": 8,
        "name": f"{words.title} · {theme}",
        "metadata": {"gis-service:lang": lang, "gis-service:legend": legend},
        "sources": sources,
        "layers": [
            {"id": "background", "type": "background", "paint": {"background-color": palette.background}},
            _grid_fill(palette),
            *[layer_of(one, theme, "indicators") for one in choropleths],
            _building(palette),
            _grid_line(palette),
            # The root's outline lies on top: where several coincide the heaviest shows.
            *[_outline(level, ranked, palette) for level in reversed(outlined)],
            _building_label(palette),
            _resource(theme),
            _grid_label(palette, words),
            *_incident_counts(palette),
        ],
    }


def _vector(url: str) -> Json:
    return {"type": "vector", "url": url}


def _outline_id(level: LevelBand) -> str:
    return f"outline-{level.code}"


def _grid_fill(palette: Palette) -> Json:
    first, second, third, fourth = palette.grids
    return {
        "id": "grid-fill",
        "type": "fill",
        "source": _GROUND,
        "source-layer": "grids",
        "paint": {
            "fill-antialias": False,
            "fill-color": [
                "case",
                ["==", ["get", "kind"], "dedicated"],
                palette.dedicated,
                ["match", ["%", ["to-number", ["id"], 0], 4], 0, first, 1, second, 2, third, fourth],
            ],
        },
    }


def _grid_line(palette: Palette) -> Json:
    return {
        "id": "grid-line",
        "type": "line",
        "source": _GROUND,
        "source-layer": "grids",
        "layout": {"line-join": "round"},
        "paint": {
            "line-color": palette.lines[0],
            "line-width": ["interpolate", ["linear"], ["zoom"], 9, 1.1, 16, 1.5],
        },
    }


def _outline(level: LevelBand, ranked: Sequence[LevelBand], palette: Palette) -> Json:
    """Return the line of an upper level: the further above the level shown it stands, the heavier."""
    steps = _steps_above(level, ranked)
    return {
        "id": _outline_id(level),
        "type": "line",
        "source": _outline_id(level),
        "source-layer": "grids",
        "minzoom": steps[0][0],
        "layout": {"line-join": "round"},
        "paint": {
            "line-color": _by_zoom([(zoom, palette.lines[above]) for zoom, above in steps]),
            "line-width": _by_zoom([(zoom, _WIDTHS[above]) for zoom, above in steps]),
        },
    }


def _steps_above(level: LevelBand, ranked: Sequence[LevelBand]) -> list[tuple[int, int]]:
    """Return how far above the level shown a level stands, from which zoom on; at most 4, by zoom, never empty."""
    finer = [other for other in ranked if other.rank > level.rank]
    zooms = sorted({other.min_zoom for other in finer})
    return [(zoom, min(sum(other.min_zoom <= zoom for other in finer), 4)) for zoom in zooms]


def _by_zoom(stops: Sequence[tuple[int, Any]]) -> Any:  # noqa: ANN401  an expression, or a value alone
    if len(stops) == 1:
        return stops[0][1]
    return ["step", ["zoom"], stops[0][1], *[part for stop in stops[1:] for part in stop]]


def _grid_label(palette: Palette, words: _Words) -> Json:
    counted = ["concat", "\n", ["to-string", ["get", "households"]], words.after_households]
    households = ["case", ["has", "households"], counted, ""]
    detailed = ["format", ["get", "name"], {}, households, {"font-scale": 0.82, "text-color": palette.label_soft}]
    return {
        "id": "grid-label",
        "type": "symbol",
        "source": _GROUND,
        "source-layer": "grid_labels",
        "layout": {
            "text-field": ["step", ["zoom"], ["get", "name"], 15, detailed],
            "text-font": _STRONG,
            "text-size": ["interpolate", ["linear"], ["zoom"], 9, 12, 16, 14],
            "text-line-height": 1.35,
            "text-max-width": ["step", ["zoom"], 7, 15, 13],
            "text-padding": 1,
            # On its point, or beside the count that has taken the point.
            "text-variable-anchor-offset": [
                *("center", [0, 0], "bottom", [0, -1.5], "left", [1.3, 0], "right", [-1.3, 0], "top", [0, 1.5])
            ],
            "text-justify": "auto",
        },
        "paint": {"text-color": palette.label, "text-halo-color": palette.halo, "text-halo-width": 1.6},
    }


def _building(palette: Palette) -> Json:
    return {
        "id": "building",
        "type": "circle",
        "source": "buildings",
        "source-layer": "buildings",
        "minzoom": LAYERS["buildings"].min_zoom,
        "paint": {
            "circle-color": palette.building,
            "circle-stroke-color": palette.building_line,
            "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 13, 0, 15, 1],
            "circle-radius": ["interpolate", ["linear"], ["zoom"], 13, 1.2, 15, 2.2, 18, 6],
        },
    }


def _building_label(palette: Palette) -> Json:
    return {
        "id": "building-label",
        "type": "symbol",
        "source": "buildings",
        "source-layer": "buildings",
        "minzoom": 17,
        "layout": {
            "text-field": ["coalesce", ["get", "name"], ""],
            "text-font": _REGULAR,
            "text-size": 11,
            "text-padding": 6,
            "text-anchor": "top",
            "text-offset": [0, 0.7],
        },
        "paint": {"text-color": palette.label_soft, "text-halo-color": palette.halo, "text-halo-width": 1.2},
    }


def _resource(theme: str) -> Json:
    return {
        "id": "resource",
        "type": "circle",
        "source": "resources",
        "source-layer": "resources",
        "minzoom": 13,
        "paint": {
            "circle-color": RESOURCES[theme],
            "circle-stroke-color": PALETTES[theme].casing,
            "circle-stroke-width": 1.5,
            "circle-radius": ["interpolate", ["linear"], ["zoom"], 13, 4, 18, 8],
        },
    }


def _incident_counts(palette: Palette) -> list[Json]:
    """Return the counts by grid that everyone sees."""
    many = [">", ["coalesce", ["get", "count"], 0], 0]
    place = {"source": "incidents", "source-layer": "incidents"}
    return [
        {
            "id": "incident-count",
            "type": "circle",
            **place,
            "filter": many,
            "paint": {
                "circle-radius": [
                    *("interpolate", ["linear"], ["sqrt", ["get", "count"]], 1, 8, 10, 11.5, 30, 13, 75, 15.5)
                ],
                "circle-color": palette.count,
                "circle-stroke-color": palette.casing,
                "circle-stroke-width": 1.5,
            },
        },
        {
            # Circles take no part in collisions: the figure stands for its circle, and names give way to it.
            "id": "incident-number",
            "type": "symbol",
            **place,
            "filter": many,
            "layout": {
                "text-field": ["to-string", ["get", "count"]],
                "text-font": _STRONG,
                "text-size": 11,
                "text-padding": 4,
                "text-allow-overlap": True,
            },
            "paint": {"text-color": palette.count_text},
        },
    ]


def _legend(ranked: Sequence[LevelBand], names: Mapping[str, str], palette: Palette, words: _Words) -> list[Json]:
    """Return what a map may explain, the root first: the layer of the style, its sign, its colours, its words.

    Lines are as heavy as where the finest level is shown.
    """
    lines = [
        {
            "layer": _outline_id(level) if level is not ranked[-1] else "grid-line",
            "sign": "line",
            "color": palette.lines[min(len(ranked) - 1 - place, 4)],
            "width": _WIDTHS[min(len(ranked) - 1 - place, 4)],
            "label": names[level.code],
        }
        for place, level in enumerate(ranked)
    ]
    return [
        *lines,
        {"layer": "grid-fill", "sign": "fill", "color": palette.dedicated, "label": words.dedicated},
        {"layer": "building", "sign": "circle", "color": palette.building, "label": words.building},
    ]


def _legend_of_incidents(palette: Palette, words: _Words) -> list[Json]:
    return [
        {"layer": "incident-count", "sign": "circle", "color": palette.count, "label": words.counted},
    ]
