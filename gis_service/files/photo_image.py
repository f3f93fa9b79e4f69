"""Photos as they are sent, made into photos as they are kept: upright JPEGs that tell nothing but the picture."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from io import BytesIO
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageCms, ImageOps, JpegImagePlugin, PngImagePlugin
from pillow_heif import HeifImageFile

from gis_service.domain.incident import Point
from gis_service.domain.photo import PhotoHint
from gis_service.errors import RuleBrokenError, ServiceError, TooLargeError

MOST_PIXELS = 50_000_000
"""The largest photo that phones take as a rule has 48 million; decoded it takes 150 MB."""

LONGEST_EDGE = 4096
THUMBNAIL_EDGE = 320
QUALITY, THUMBNAIL_QUALITY = 85, 75

_SIXTY = 60.0
_MOST_DEGREES = {"N": 90.0, "E": 180.0}


@dataclass(frozen=True, slots=True)
class CleanPhoto:
    """A photo as it is kept and a small one of it, both JPEG in sRGB without any metadata; sizes in pixels."""

    jpeg: bytes
    thumbnail: bytes
    width: int
    height: int
    hint: PhotoHint | None


def clean_photo(body: bytes, zone: tzinfo) -> CleanPhoto:
    """Return a photo upright, at most 4,096 pixels long, re-encoded, and what it said of where and when.

    Args:
        body: a JPEG, a PNG or a HEIC; of one with several pictures the first is taken.
        zone: of a camera that does not say its own.

    Raises:
        RuleBrokenError: it is none of these (``unknown-photo-format``), or broken or cut short: ``unreadable-photo``.
        TooLargeError: it has over 50 million pixels, code ``too-many-pixels``; found before it is decoded.
    """
    try:
        with _open(body) as image:
            _refuse_large(image)
            hint = _hint_of(image, zone)
            image.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))  # a JPEG is made smaller while it is decoded
            picture = _in_srgb(ImageOps.exif_transpose(image))
        picture.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
        small = picture.copy()
        small.thumbnail((THUMBNAIL_EDGE, THUMBNAIL_EDGE))
        return CleanPhoto(
            _as_jpeg(picture, QUALITY), _as_jpeg(small, THUMBNAIL_QUALITY), picture.width, picture.height, hint
        )
    except ServiceError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except Exception as error:
        raise _unreadable() from error


def read_hint(body: bytes, zone: tzinfo) -> PhotoHint | None:
    """Return what a photo says of where and when it was taken; None when it says neither, or cannot be read."""
    try:
        with _open(body) as image:
            return _hint_of(image, zone)
    except Exception:  # noqa: BLE001 - as above; a hint is no more than that
        return None


def _open(body: bytes) -> Image.Image:
    # The decoders by name: whatever else Pillow can open is not let near a file from outside.
    if body.startswith(b"\xff\xd8\xff"):
        return JpegImagePlugin.JpegImageFile(BytesIO(body))
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return PngImagePlugin.PngImageFile(BytesIO(body))
    if body[4:8] == b"ftyp":
        return HeifImageFile(BytesIO(body))  # type: ignore[no-untyped-call]
    raise RuleBrokenError(
        "the file is no JPEG, PNG or HEIC; send one of these / 仅支持 JPEG、PNG、HEIC", code="unknown-photo-format"
    )


def _refuse_large(image: Image.Image) -> None:
    if image.width * image.height > MOST_PIXELS:
        raise _too_many_pixels()


def _in_srgb(image: Image.Image) -> Image.Image:
    """Return the picture in sRGB, on white where it is transparent, and nothing of what stood beside it."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA")).convert("RGB")
    if profile and image.mode in {"RGB", "L", "CMYK"}:
        try:
            given = ImageCms.ImageCmsProfile(BytesIO(profile))
            image = ImageCms.profileToProfile(image, given, ImageCms.createProfile("sRGB"), outputMode="RGB") or image
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass  # a profile that cannot be read or is not for this picture: shown as if it had none
    # A new picture has the pixels alone: comments and profiles of the old one would be written along.
    clean = Image.new("RGB", image.size)
    clean.paste(image.convert("RGB"))
    return clean


def _as_jpeg(picture: Image.Image, quality: int) -> bytes:
    written = BytesIO()
    picture.save(written, "JPEG", quality=quality, optimize=True)
    return written.getvalue()


def _hint_of(image: Image.Image, zone: tzinfo) -> PhotoHint | None:
    try:
        exif = image.getexif()
        point = _point_in(exif.get_ifd(ExifTags.IFD.GPSInfo))
        taken_at = _taken_at(exif.get_ifd(ExifTags.IFD.Exif), zone)
    except Exception:  # noqa: BLE001 - broken metadata of a picture that may be whole
        return None
    return None if point is None and taken_at is None else PhotoHint(point, taken_at)


def _point_in(tags: Mapping[int, Any]) -> Point | None:
    lat = _degrees(tags.get(ExifTags.GPS.GPSLatitude), tags.get(ExifTags.GPS.GPSLatitudeRef), "N", "S")
    lon = _degrees(tags.get(ExifTags.GPS.GPSLongitude), tags.get(ExifTags.GPS.GPSLongitudeRef), "E", "W")
    return None if lon is None or lat is None else Point(lon, lat)


def _degrees(parts: Any, side: Any, positive: str, negative: str) -> float | None:  # noqa: ANN401 - as a camera wrote it
    try:
        degrees, minutes, seconds = (float(part) for part in parts)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    value = degrees + minutes / _SIXTY + seconds / _SIXTY**2
    if side not in {positive, negative} or not math.isfinite(value) or not 0 <= value <= _MOST_DEGREES[positive]:
        return None
    return round(value if side == positive else -value, 7)


def _taken_at(tags: Mapping[int, Any], zone: tzinfo) -> datetime | None:
    written, offset = tags.get(ExifTags.Base.DateTimeOriginal), tags.get(ExifTags.Base.OffsetTimeOriginal)
    try:
        local = datetime.strptime(str(written)[:19], "%Y:%m:%d %H:%M:%S").replace(tzinfo=zone)
    except ValueError:
        return None
    try:
        return local.replace(tzinfo=datetime.strptime(str(offset), "%z").tzinfo)
    except ValueError:
        return local


def _too_many_pixels() -> TooLargeError:
    return TooLargeError(
        f"the photo has over {MOST_PIXELS:,} pixels; send a smaller one / 照片像素过多", code="too-many-pixels"
    )


def _unreadable() -> RuleBrokenError:
    return RuleBrokenError(
        "the photo is broken or cut short; send the whole file again / 照片损坏或不完整，请重新上传",
        code="unreadable-photo",
    )
