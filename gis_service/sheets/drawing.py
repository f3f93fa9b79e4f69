"""Draws a layout as PDF: the first page with the map, the next ones with the rest of the table."""

from __future__ import annotations

from collections.abc import Sequence

from gis_service.sheets.draw_map import draw_map
from gis_service.sheets.draw_margin import draw_foot, draw_legend, draw_next_page, draw_title
from gis_service.sheets.draw_table import draw_columns
from gis_service.sheets.fonts import Fonts
from gis_service.sheets.layout import lay_out
from gis_service.sheets.paper import Orientation, Paper
from gis_service.sheets.pen import Pen
from gis_service.sheets.subject import Subject
from gis_service.sheets.table import Column
from gis_service.sheets.words import Language, title_of


def draw_pdf(
    subject: Subject, fonts: Fonts, *, paper: Paper, orientation: Orientation | None, language: Language
) -> bytes:
    """Return the sheet of a subject as a PDF file with its fonts embedded."""
    pen = Pen(fonts)
    layout = lay_out(subject, paper, orientation, language, pen.measure)
    title = title_of(subject.grid.called, language)
    pen.describe(
        title=title,
        subject=f"{subject.grid.code}, edition {subject.edition.number}, 1:{layout.plane.denominator}",
        language="zh-CN" if language == "zh" else "en",
    )
    pen.new_page(layout.page.width, layout.page.height)
    draw_title(pen, subject, layout, language)
    draw_map(pen, layout)
    draw_legend(pen, subject, layout, language)
    draw_columns(pen, _of_page(layout.table.columns, 0), layout.table, layout.page, language)
    draw_foot(pen, subject, layout, language)
    for number in range(1, layout.table.pages):
        draw_next_page(pen, title, number, layout, language)
        draw_columns(pen, _of_page(layout.table.columns, number), layout.table, layout.page, language)
    return pen.finish()


def _of_page(columns: Sequence[Column], number: int) -> list[Column]:
    return [column for column in columns if column.page == number]
