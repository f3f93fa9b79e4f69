"""Paints a PDF as PNG."""

from __future__ import annotations

import io
import threading

import pypdfium2
from PIL import Image

DOTS_PER_INCH = 150
_POINTS_PER_INCH = 72

_one_at_a_time = threading.Lock()
"""PDFium may not be used from two threads at once, whatever the documents (pypdfium2, Thread incompatibility)."""


def paint(pdf: bytes, dots_per_inch: int = DOTS_PER_INCH) -> bytes:
    """Return the pages of a PDF as one PNG, one below the other."""
    with _one_at_a_time:
        document = pypdfium2.PdfDocument(pdf)
        try:
            pages = [page.render(scale=dots_per_inch / _POINTS_PER_INCH).to_pil().convert("RGB") for page in document]
        finally:
            document.close()
    whole = Image.new("RGB", (max(page.width for page in pages), sum(page.height for page in pages)), "white")
    top = 0
    for page in pages:
        whole.paste(page, (0, top))
        top += page.height
    # A map has few colours: 128 of them take a third of the bytes and look the same.
    with io.BytesIO() as file:
        whole.quantize(128, dither=Image.Dither.NONE).save(
            file, "PNG", optimize=True, dpi=(dots_per_inch, dots_per_inch)
        )
        return file.getvalue()
