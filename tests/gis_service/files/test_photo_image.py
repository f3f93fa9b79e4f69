from __future__ import annotations

import struct
import zlib
from datetime import datetime
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms

from gis_service.errors import RuleBrokenError, ServiceError, TooLargeError
from gis_service.files.photo_image import LONGEST_EDGE, MOST_PIXELS, clean_photo, read_hint
from tests.support.photos import LAT, LON, exif, heic, jpeg, picture, png, segments

ZONE = ZoneInfo("Asia/Shanghai")
MADE = {"jpeg": jpeg(), "png": png(), "heic": heic()}

# T.81: start of frame, quantisation and Huffman tables, start of scan.  E0 is JFIF's own: version and density.
PIXELS_ALONE = {0xE0, 0xC0, 0xC4, 0xDB, 0xDA}


def is_near(colour, expected) -> bool:
    return all(abs(one - other) < 25 for one, other in zip(colour, expected, strict=True))


@pytest.mark.parametrize("body", MADE.values(), ids=MADE)
def test_what_is_kept_has_pixels_and_nothing_else(body):
    """No Exif, XMP, ICC, comment: read by a reader of our own, and no word of it anywhere in the bytes."""
    clean = clean_photo(body, ZONE)

    for file in (clean.jpeg, clean.thumbnail):
        assert set(segments(file)) <= PIXELS_ALONE
        assert not any(word in file for word in (b"SECRET", b"Exif", b"xmp", b"GPS", b"ICC_PROFILE"))
    with Image.open(BytesIO(clean.jpeg)) as kept:
        assert (kept.size, kept.format) == ((60, 40), "JPEG")
        assert is_near(kept.getpixel((10, 20)), (255, 0, 0))


@pytest.mark.parametrize("body", MADE.values(), ids=MADE)
def test_where_and_when_it_was_taken_is_a_hint(body):
    """25°00'43.92" N is 25.0122; the phone says its own offset."""
    hint = clean_photo(body, ZONE).hint

    assert (hint.point.lon, hint.point.lat) == (pytest.approx(LON, abs=1e-7), pytest.approx(LAT, abs=1e-7))
    assert hint.taken_at == datetime.fromisoformat("2026-03-06T16:58:12+08:00")
    assert read_hint(body, ZONE) == hint


def test_a_camera_without_an_offset_shows_the_time_of_the_place():
    """It wrote no more than the hour on its clock."""
    hint = clean_photo(jpeg(exif=exif(offset=None)), ZONE).hint

    assert hint.taken_at == datetime(2026, 3, 6, 16, 58, 12, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        (ExifTags.GPS.GPSLatitude, (91.0, 0.0, 0.0)),
        (ExifTags.GPS.GPSLatitude, (25.0, 0.0)),
        (ExifTags.GPS.GPSLatitudeRef, "X"),
        (ExifTags.GPS.GPSLongitude, (0.0, 0.0, 1e9)),
    ],
)
def test_a_position_that_cannot_be_is_no_hint(tag, value):
    """The picture is kept all the same, and the time is told."""
    tags = exif()
    tags.get_ifd(ExifTags.IFD.GPSInfo)[tag] = value

    hint = clean_photo(jpeg(exif=tags), ZONE).hint

    assert (hint.point, hint.taken_at is None) == (None, False)


@pytest.mark.parametrize(
    ("orientation", "size", "at_red"), [(1, (60, 40), (10, 20)), (6, (40, 60), (20, 10)), (3, (60, 40), (50, 20))]
)
def test_a_photo_is_turned_upright(orientation, size, at_red):
    """Held upright a phone writes 6: turn by 90 degrees.  3 is upside down."""
    clean = clean_photo(jpeg(exif=exif(orientation)), ZONE)

    with Image.open(BytesIO(clean.jpeg)) as kept:
        assert (kept.size, (clean.width, clean.height)) == (size, size)
        assert is_near(kept.getpixel(at_red), (255, 0, 0))


def test_a_large_photo_is_made_smaller():
    """5,000 by 50 pixels become 4,096 by 41, and 320 by 3 for the list."""
    clean = clean_photo(jpeg(picture(5000, 50)), ZONE)

    assert (clean.width, clean.height) == (LONGEST_EDGE, 41)
    with Image.open(BytesIO(clean.thumbnail)) as small:
        assert small.size == (320, 3)


@pytest.mark.parametrize(
    "made",
    [
        picture().convert("L"),
        picture().convert("CMYK"),
        picture().convert("1"),
    ],
    ids=["grey", "CMYK", "black and white"],
)
def test_pictures_of_other_modes_are_taken(made):
    """JPEG has grey and four colours."""
    body = jpeg(made) if made.mode != "1" else png(made)

    assert clean_photo(body, ZONE).width == 60


@pytest.mark.parametrize("mode", ["P", "RGBA", "LA", "I;16"])
def test_pngs_of_other_modes_are_taken(mode):
    """Palettes, transparency, 16 bits."""
    made = Image.new("I;16", (60, 40), 65_535) if mode == "I;16" else picture().convert(mode)

    with Image.open(BytesIO(clean_photo(png(made), ZONE).jpeg)) as kept:
        assert kept.size == (60, 40)
        assert mode != "I;16" or is_near(kept.getpixel((10, 10)), (255, 255, 255))


def test_transparent_ground_is_white():
    """Not black, which is what the bytes below it often say."""
    with Image.open(BytesIO(clean_photo(png(Image.new("RGBA", (60, 40))), ZONE).jpeg)) as kept:
        assert is_near(kept.getpixel((30, 20)), (255, 255, 255))


def test_colours_of_another_profile_are_those_of_srgb():
    """A profile is applied and not passed on; one that is broken is passed over."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    for profile in (srgb, b"SECRET profile"):
        file = clean_photo(jpeg(icc_profile=profile), ZONE).jpeg
        assert set(segments(file)) <= PIXELS_ALONE
        with Image.open(BytesIO(file)) as kept:
            assert is_near(kept.getpixel((10, 20)), (255, 0, 0))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
@pytest.mark.parametrize("body", [jpeg(picture(600, 400)), png(picture(600, 400)), heic()], ids=MADE)
def test_a_file_cut_short_is_refused(body, share):
    """The upload broke off: nobody wants half a photo."""
    with pytest.raises(RuleBrokenError) as refusal:
        clean_photo(body[: int(len(body) * share)], ZONE)

    assert refusal.value.code in {"unreadable-photo", "unknown-photo-format"}


@given(
    start=st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"\0\0\0\x18ftypheic"]),
    rest=st.binary(max_size=80),
)
def test_no_bytes_break_it(start, rest):
    """Garbage of each kind is refused, and is no fault of ours."""
    with pytest.raises(RuleBrokenError):
        clean_photo(start + rest, ZONE)


@given(place=st.integers(0, len(MADE["jpeg"]) - 1), value=st.integers(0, 255), body=st.sampled_from([*MADE.values()]))
def test_one_wrong_byte_is_refused_or_borne(place, value, body):
    """Whichever it is: a photo that is clean, or a refusal."""
    body = bytearray(body)
    body[place % len(body)] = value
    try:
        clean = clean_photo(bytes(body), ZONE)
    except ServiceError:
        return
    assert set(segments(clean.jpeg)) <= PIXELS_ALONE


@pytest.mark.parametrize("side", [7_100, 30_000], ids=["over our limit", "over Pillow's"])
def test_a_picture_with_too_many_pixels_is_not_decoded(side):
    """A few bytes that say they are 50 million pixels and more: refused by what the header says."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    data = b"IDAT" + zlib.compress(b"\0")
    bomb += struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))
    assert side * side > MOST_PIXELS

    with pytest.raises(TooLargeError) as refusal:
        clean_photo(bomb, ZONE)

    assert refusal.value.code == "too-many-pixels"


@pytest.mark.parametrize(
    "body", [b"", b"GIF89a", b"<svg/>", b"BM" + b"\0" * 60], ids=["nothing", "GIF", "SVG", "BMP"]
)
def test_other_formats_are_refused(body):
    """Their decoders are not even asked."""
    with pytest.raises(RuleBrokenError) as refusal:
        clean_photo(body, ZONE)

    assert refusal.value.code == "unknown-photo-format"
