"""Finds the letters of a sheet: Chinese fonts come from the system's packages, not from us."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fontTools.ttLib import TTCollection

from gis_service.errors import UnavailableError

PACKAGE = "fonts-noto-cjk"

KNOWN = (
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),  # Debian, Ubuntu: fonts-noto-cjk
    Path("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc"),  # Arch, Alpine: noto-fonts-cjk, font-noto-cjk
    Path("/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc"),  # Fedora
    Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"),  # Debian: fonts-wqy-microhei
)
"""Where fonts with Chinese and Latin letters are, the best first."""

_COLLECTION = b"ttcf"
_SIGNATURES = {_COLLECTION, b"OTTO", b"true", b"\x00\x01\x00\x00"}
_SIMPLIFIED = (" SC", " CN", "GB")


class FontMissingError(UnavailableError):
    """There are no Chinese letters on this machine, or not where the setting says."""

    code = "font-missing"


@dataclass(frozen=True, slots=True)
class Face:
    """One face of a font file."""

    path: Path
    number: int = 0


@dataclass(frozen=True, slots=True)
class Fonts:
    """The letters of a sheet; where a font has no bold file, the regular one serves for both."""

    regular: Face
    bold: Face


def find_fonts(chosen: Path | None = None, known: Sequence[Path] = KNOWN) -> Fonts:
    """Return the fonts to write with.

    Beside a file called …Regular… its …Bold… is taken.  Of a collection the face for simplified Chinese is taken:
    others draw some characters as Japan or Korea do.

    Args:
        chosen: the setting ``GIS_SHEET_FONT``; None looks where packages put their fonts.
        known: the places looked at.

    Raises:
        FontMissingError: the chosen file is not there or is no font, or nothing was found.
    """
    if chosen is not None and not chosen.is_file():
        raise FontMissingError(f"the font {chosen} of GIS_SHEET_FONT is not there; GIS_SHEET_FONT 所指字体不存在")
    found = chosen or next((path for path in known if path.is_file()), None)
    if found is None:
        raise FontMissingError(
            f"no Chinese font was found for the map sheet; install {PACKAGE}, or let GIS_SHEET_FONT name a font file."
            f" 未找到中文字体：请安装 {PACKAGE}，或用 GIS_SHEET_FONT 指定字体文件"
        )
    bold = found.with_name(found.name.replace("Regular", "Bold"))
    return Fonts(_face(found), _face(bold if bold.is_file() else found))


@lru_cache(maxsize=16)
def _face(path: Path) -> Face:
    """Return the face of a file for simplified Chinese; remembered, since opening a collection takes 0.2 s."""
    with path.open("rb") as file:
        signature = file.read(4)
    if signature not in _SIGNATURES:
        raise FontMissingError(f"{path} is no OpenType or TrueType font; 不是 OpenType 或 TrueType 字体")
    if signature != _COLLECTION:
        return Face(path)
    with TTCollection(path, lazy=True) as collection:
        families = [str(font["name"].getBestFamilyName()) for font in collection.fonts]
    simplified = [number for number, family in enumerate(families) if any(part in family for part in _SIMPLIFIED)]
    return Face(path, simplified[0] if simplified else 0)
