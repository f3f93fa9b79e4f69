"""A Shapefile in a .zip, as it is mailed and uploaded: taken out under names of our own."""

from __future__ import annotations

import zipfile
import zlib
from collections import defaultdict
from pathlib import Path, PurePosixPath

from gis_service.errors import RuleBrokenError, TooLargeError

_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_MOST_MEMBERS = 10_000
_CHUNK = 1 << 20
_UTF8_NAMES = 0x800  # general purpose bit 11 (APPNOTE 6.3.10, 4.4.4)


def take_out_shapefile(archive: Path, folder: Path, layer: str | None, *, most_bytes: int) -> Path:
    """Write the parts of one Shapefile into a folder as ``grids.shp`` and its kin, and return the ``.shp``.

    No name in the archive is ever a path here, and what is no part of the Shapefile is not unpacked.

    Args:
        archive: the .zip.
        folder: an empty folder.
        layer: the name of the Shapefile without its ending, needed where the archive has several.
        most_bytes: unpacking stops here, whatever the archive says of its sizes.

    Raises:
        RuleBrokenError: it is no .zip, is encrypted or damaged, or holds no Shapefile or several.
        TooLargeError: it unpacks to more than ``most_bytes``.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            parts = _choose(archive, opened, layer)
            left = most_bytes
            for suffix, member in parts.items():
                left -= _write(opened, member, folder / f"grids{suffix}", left)
                if left < 0:
                    raise TooLargeError(
                        f"{archive} unpacks to more than {most_bytes} bytes, which are not taken at once."
                    )
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        OSError,
        ValueError,
    ) as error:
        # RuntimeError is what zipfile raises for an encrypted member.
        raise RuleBrokenError(f"{archive} is not readable as .zip: {error}.", code="unreadable-file") from None
    return folder / "grids.shp"


def _choose(archive: Path, opened: zipfile.ZipFile, layer: str | None) -> dict[str, zipfile.ZipInfo]:
    members = opened.infolist()
    if len(members) > _MOST_MEMBERS:
        raise TooLargeError(f"{archive} holds {len(members)} files; at most {_MOST_MEMBERS} are looked at.")
    found: defaultdict[str, dict[str, zipfile.ZipInfo]] = defaultdict(dict)
    for member in members:
        place = PurePosixPath(_name(member).replace("\\", "/"))
        if place.suffix.lower() in _PARTS and "__MACOSX" not in place.parts:
            found[str(place.with_suffix(""))].setdefault(place.suffix.lower(), member)
    shapefiles = {PurePosixPath(stem).name: parts for stem, parts in found.items() if ".shp" in parts}
    if layer is not None and layer in shapefiles:
        return shapefiles[layer]
    names = ", ".join(sorted(shapefiles)) or "none"
    if layer is not None or len(shapefiles) != 1:
        raise RuleBrokenError(
            f"{archive} must hold one Shapefile, or the layer must name one; its Shapefiles: {names}.",
            code="no-such-layer",
        )
    return next(iter(shapefiles.values()))


def _name(member: zipfile.ZipInfo) -> str:
    """Return a member's name; Chinese Windows writes GBK where the format says code page 437."""
    if member.flag_bits & _UTF8_NAMES:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return member.filename


def _write(opened: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, most_bytes: int) -> int:
    """Unpack one member and return its size; stop as soon as it is over ``most_bytes``."""
    size = 0
    with opened.open(member) as source, target.open("wb") as sink:
        while size <= most_bytes and (chunk := source.read(_CHUNK)):
            size += len(chunk)
            sink.write(chunk)
    return size
