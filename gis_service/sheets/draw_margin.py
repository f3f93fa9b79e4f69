"""Draws what stands around the map: title, legend, north arrow, scale, and where all comes from."""

from __future__ import annotations

from collections.abc import Callable

import shapely

from gis_service.sheets.colouring import fill_of
from gis_service.sheets.draw_map import (
    BUILDING,
    DOT_MM,
    FAINT_INK,
    HATCHING,
    INK,
    INNER,
    INNER_MM,
    NEAR,
    NEAR_MM,
    OUTER,
    OUTER_MM,
)
from gis_service.sheets.hatching import hatch
from gis_service.sheets.layout import BADGE_SIZE, Layout
from gis_service.sheets.paper import LEGEND_HEAD_MM, MARGIN_MM, SIGN_MM, Rect
from gis_service.sheets.pen import Pen
from gis_service.sheets.subject import Subject
from gis_service.sheets.words import WORDS, Language, area_in_words, meridian_in_words, title_of

TITLE, SUBTITLE, TEXT, SMALL = 20.0, 9.0, 7.5, 6.8
_CHECKSUM_LETTERS = 12


def draw_title(pen: Pen, subject: Subject, layout: Layout, language: Language) -> None:
    """Write the name of the sheet, and what it shows in a line."""
    place, enlarged = layout.page.title, layout.page.enlarged
    centre = place.left + place.width / 2
    title = title_of(subject.grid.called, language)
    pen.write_within(
        title, centre, place.top + 5 * enlarged, TITLE * enlarged, place.width, align="centre", bold=True
    )
    facts = [" › ".join(subject.chain), subject.grid.code, *_counts(subject, language)]
    line = "　·　".join(facts)
    pen.write_within(
        line, centre, place.top + 12.5 * enlarged, SUBTITLE * enlarged, place.width, align="centre", colour="#4A4A4A"
    )


def draw_legend(pen: Pen, subject: Subject, layout: Layout, language: Language) -> None:
    """Draw the signs in use, and those alone, with their meaning."""
    words, place, enlarged = WORDS[language], layout.page.legend, layout.page.enlarged
    pen.box(place, line=INNER, width=0.2)
    pen.write(
        words["legend"],
        place.left + place.width / 2,
        place.top + 4 * enlarged,
        9 * enlarged,
        align="centre",
        bold=True,
    )
    columns = 2 if layout.page.orientation == "landscape" else 1
    step, pitch = place.width / columns, SIGN_MM * enlarged
    for number, (meaning, draw) in enumerate(_signs(pen, subject, layout)):
        left = place.left + 2.5 + (number % columns) * step
        top = place.top + LEGEND_HEAD_MM * enlarged + (number // columns) * pitch
        sign = Rect(left, top, 9 * enlarged, 4.4 * enlarged)
        draw(sign)
        room = step - sign.width - 6
        pen.write_within(words[meaning], sign.right + 1.8, sign.top + sign.height / 2, TEXT * enlarged, room)


def draw_foot(pen: Pen, subject: Subject, layout: Layout, language: Language) -> None:
    """Draw north arrow and scale at the left; write system, edition and source at the right."""
    words, place, enlarged = WORDS[language], layout.page.foot, layout.page.enlarged
    _draw_north(pen, place.left + 5 * enlarged, place.top, 15 * enlarged, words["north"])
    _draw_scale(pen, layout, Rect(place.left + 15 * enlarged, place.top, layout.bar.length_mm, place.height))
    epsg = layout.plane.zone.epsg
    meridian = meridian_in_words(layout.plane.zone.meridian, language)
    edition = subject.edition
    effective = edition.effective_from.astimezone(subject.drawn_at.tzinfo)
    lines = [
        words["plane"].format(meridian=meridian, epsg=f" (EPSG:{epsg})" if epsg else ""),
        words["edition"].format(
            number=edition.number,
            effective=f"{effective:%Y-%m-%d}"
            if effective.time().isoformat() == "00:00:00"
            else f"{effective:%Y-%m-%d %H:%M}",
            drawn=f"{subject.drawn_at:%Y-%m-%d}",
            checksum=edition.checksum[:_CHECKSUM_LETTERS],
        ),
    ]
    if subject.attribution:
        lines.append(words["source"].format(source=subject.attribution))
    room = place.width - (15 + 14) * enlarged - layout.bar.length_mm
    for number, line in enumerate(lines):
        middle = place.top + (3.2 + 4.6 * number) * enlarged
        pen.write_within(line, place.right, middle, SMALL * enlarged, room, align="right", colour="#3A3A3A")


def draw_next_page(pen: Pen, title: str, number: int, layout: Layout, language: Language) -> None:
    """Begin a page that goes on with the table."""
    words, page = WORDS[language], layout.page
    pen.new_page(page.width, page.height)
    heading = words["again"].format(title=title)
    pen.write(heading, page.width / 2, MARGIN_MM + 4 * page.enlarged, 12 * page.enlarged, align="centre", bold=True)
    foot = words["page"].format(page=number + 1, pages=layout.table.pages)
    pen.write(foot, page.width / 2, page.height - MARGIN_MM, SMALL * page.enlarged, align="centre", colour=FAINT_INK)


def _counts(subject: Subject, language: Language) -> list[str]:
    words = WORDS[language]
    facts = []
    if subject.children:
        level, count = subject.child_level, len(subject.children)
        if level is None:
            facts.append(words["grids"].format(count=count))
        else:
            facts.append(
                words["children"].format(level=level.name if language == "zh" else level.name_en, count=count)
            )
    elif subject.buildings:
        facts.append(words["buildings"].format(count=len(subject.buildings)))
    if subject.grid.households is not None:
        facts.append(words["households"].format(count=f"{subject.grid.households:,}"))
    return [*facts, words["area"].format(area=area_in_words(subject.grid.area_m2))]


def _signs(pen: Pen, subject: Subject, layout: Layout) -> list[tuple[str, Callable[[Rect], None]]]:
    enlarged = layout.page.enlarged

    def line(colour: str, width: float) -> Callable[[Rect], None]:
        return lambda sign: pen.rule(sign.left, sign.right, sign.top + sign.height / 2, colour=colour, width=width)

    def dedicated(sign: Rect) -> None:
        pen.box(sign, fill=fill_of(1))
        pen.lines(hatch(sign.polygon()), colour=HATCHING, width=0.18)
        pen.box(sign, line=INNER, width=INNER_MM)

    def badge(sign: Rect) -> None:
        box = Rect(sign.right - 3.6 * enlarged, sign.top + 0.4 * enlarged, 3.6 * enlarged, 3.6 * enlarged)
        middle = sign.top + sign.height / 2
        pen.rule(sign.left + 0.6, box.left, middle, width=0.18)
        pen.dot(sign.left + 0.6, middle, 0.45, INK)
        pen.box(box, line=INK, width=0.18)
        pen.write("1", box.left + box.width / 2, middle, BADGE_SIZE * enlarged, align="centre", bold=True)

    def building(sign: Rect) -> None:
        pen.dot(sign.left + sign.width / 2, sign.top + sign.height / 2, DOT_MM, BUILDING)

    signs = [("outer", line(OUTER, OUTER_MM * enlarged))]
    if subject.children:
        signs.append(("inner", line(INNER, INNER_MM)))
    if layout.neighbours:
        signs.append(("near", line(NEAR, NEAR_MM)))
    if any(drawn.grid.is_dedicated for drawn in layout.grids):
        signs.append(("dedicated", dedicated))
    if layout.badges:
        signs.append(("callout", badge))
    if subject.buildings and not subject.children:
        signs.append(("building", building))
    return signs


def _draw_north(pen: Pen, x: float, top: float, height: float, letter: str) -> None:
    tip, tail, half = top + height * 0.3, top + height, height * 0.2
    notch = tail - height * 0.16
    pen.area(shapely.Polygon([(x, tip), (x - half, tail), (x, notch)]), fill=INK, line=INK, width=0.15)
    pen.area(shapely.Polygon([(x, tip), (x + half, tail), (x, notch)]), fill="#FFFFFF", line=INK, width=0.15)
    pen.write(letter, x, top + height * 0.13, height * 0.6, align="centre", bold=True)


def _draw_scale(pen: Pen, layout: Layout, place: Rect) -> None:
    bar, enlarged = layout.bar, layout.page.enlarged
    spaced = f"{layout.plane.denominator:,}".replace(",", " ")
    pen.write(
        f"1 : {spaced}",
        place.left + place.width / 2,
        place.top + 2.6 * enlarged,
        9 * enlarged,
        align="centre",
        bold=True,
    )
    top, height = place.top + 7.2 * enlarged, 1.5 * enlarged
    part_mm, part_m = bar.length_mm / bar.parts, bar.length_m / bar.parts
    for number in range(bar.parts):
        part = Rect(place.left + number * part_mm, top, part_mm, height)
        pen.box(part, fill=INK if number % 2 == 0 else "#FFFFFF")
    pen.box(Rect(place.left, top, bar.length_mm, height), line=INK, width=0.15)
    in_km = bar.length_m >= 1000  # noqa: PLR2004 - metres in a kilometre
    for number in range(bar.parts + 1):
        length = part_m * number / (1000 if in_km else 1)
        unit = (" km" if in_km else " m") if number == bar.parts else ""
        pen.write(
            f"{length:g}{unit}",
            place.left + number * part_mm,
            top + height + 2.2 * enlarged,
            SMALL * enlarged,
            align="centre",
        )
