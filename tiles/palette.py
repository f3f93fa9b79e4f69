"""The colours of the map, light and dark: those of the console (``gis_service/console/src/map/palette.ts``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as CSS writes them.

    ``grids`` are four near tones, so that neighbours can be told apart and none shouts.  ``lines`` are those of the
    level shown, of its parent, and so on up; the last for all that lies above.
    """

    background: str
    grids: tuple[str, str, str, str]
    dedicated: str
    lines: tuple[str, str, str, str, str]
    label: str
    label_soft: str
    halo: str
    building: str
    building_line: str
    count: str
    count_text: str
    casing: str


PALETTES: Mapping[str, Palette] = MappingProxyType(
    {
        "light": Palette(
            background="#f1f0ec",
            grids=("#dde8e3", "#d4e2dc", "#e5eeea", "#ccdcd5"),
            dedicated="#d9d3ee",
            lines=("#8fada2", "#5f8c7e", "#34685a", "#1b4a3e", "#0a2a22"),
            label="#1d3b33",
            label_soft="#4b665e",
            halo="#f4f8f6",
            building="#bdb5a6",
            building_line="#968c7a",
            count="#b4420a",
            count_text="#ffffff",
            casing="#ffffff",
        ),
        "dark": Palette(
            background="#0d1215",
            grids=("#18272a", "#1b2c2f", "#152225", "#1f3235"),
            dedicated="#2f2947",
            lines=("#48686a", "#5b8a84", "#86bdb1", "#b4e3d6", "#ecfffa"),
            label="#d7e8e3",
            label_soft="#9db8b1",
            halo="#10191b",
            building="#4a4d4b",
            building_line="#6c706d",
            count="#f59a52",
            count_text="#23130a",
            casing="#10191b",
        ),
    }
)
"""Palettes by the name of the style."""

RESOURCES: Mapping[str, str] = MappingProxyType({"light": "#2563a8", "dark": "#6fb1ec"})
"""The colour of resources by the name of the style; the console does not draw them."""
