"""Photos as phones send them, made here, and a reader of JPEG that is none of Pillow's."""

from __future__ import annotations

from io import BytesIO

from PIL import ExifTags, Image
from pillow_heif import from_pillow

LON, LAT = 102.7112, 25.0122


def picture(width: int = 60, height: int = 40) -> Image.Image:
    """A picture whose left half is red and whose right half is blue."""
    made = Image.new("RGB", (width, height), "blue")
    made.paste("red", (0, 0, width // 2, height))
    return made


def exif(orientation: int = 1, offset: str | None = "+08:00") -> Image.Exif:
    """What a phone writes: where it was, when, which way up, and its owner."""
    tags = Image.Exif()
    tags[ExifTags.Base.Orientation] = orientation
    tags[ExifTags.Base.Artist] = "SECRET Wang"
    tags[ExifTags.Base.Make] = "SECRET phone"
    inner = tags.get_ifd(ExifTags.IFD.Exif)
    inner[ExifTags.Base.DateTimeOriginal] = "2026:03:06 16:58:12"
    if offset is not None:
        inner[ExifTags.Base.OffsetTimeOriginal] = offset
    gps = tags.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLatitude] = "N", (25.0, 0.0, 43.92)
    gps[ExifTags.GPS.GPSLongitudeRef], gps[ExifTags.GPS.GPSLongitude] = "E", (102.0, 42.0, 40.32)
    return tags


def jpeg(made: Image.Image | None = None, **options) -> bytes:
    """A JPEG with all that may be told beside a picture, unless other options are given."""
    told = {"exif": exif(), "comment": b"SECRET comment", "xmp": b"<x:xmpmeta SECRET/>"} | options
    written = BytesIO()
    (made or picture()).save(written, "JPEG", **told)
    return written.getvalue()


def png(made: Image.Image | None = None, **options) -> bytes:
    """A PNG."""
    written = BytesIO()
    (made or picture()).save(written, "PNG", **({"exif": exif()} | options))
    return written.getvalue()


def heic(**options) -> bytes:
    """A HEIC, as the newer phones write it."""
    written = BytesIO()
    from_pillow(picture()).save(written, **({"exif": exif().tobytes(), "xmp": b"<x:xmpmeta SECRET/>"} | options))
    return written.getvalue()


def segments(file: bytes) -> list[int]:
    """Return the markers of a JPEG up to its pixels, read byte by byte.

    Source:
        ITU-T T.81, B.1.1: a marker is FF and a byte that is not 0; all but SOI have a length in two bytes.
    """
    assert file[:2] == b"\xff\xd8"
    found, position = [], 2
    while True:
        assert file[position] == 0xFF
        marker = file[position + 1]
        found.append(marker)
        if marker == 0xDA:
            return found
        position += 2 + int.from_bytes(file[position + 2 : position + 4], "big")
