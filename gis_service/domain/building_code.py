"""Building codes: one for life, printed on door plates, telling nothing about grids.

A code is the county of issue (six digits), a serial number (seven digits) and a check character, 14 characters in
all, as in ``5301030004521Y``.  Grid codes have 6, 9, 12, 15 or 17, so one is never taken for the other.  The place of
issue says who printed the plate; it stays when boundaries move, and so does the serial, which should be drawn without
regard to place.

Source:
    ISO/IEC 7064, system MOD 37,36: finds every single wrong character and nearly every swap of neighbours.
"""

from __future__ import annotations

import re
import secrets
import string
import unicodedata
from collections.abc import Iterable

from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_37_36

SERIALS_A_COUNTY = 10_000_000
"""Serial numbers run from 0 to one less than this."""

UNKNOWN_COUNTY = "000000"
"""The place of issue where no grid around tells its county."""

_COUNTY = re.compile(r"[0-9]{6}")
_BEGINS_WITH_COUNTY = re.compile(r"[0-9]{6}")
_FORM = re.compile(r"[0-9]{13}[0-9A-Z]")
_BODY = re.compile(r"[0-9]{13}")
_LENGTH = 14
_CHARACTERS = string.digits + string.ascii_uppercase
_SEPARATOR = r"[\s\-\u2010-\u2015\u2212]"
_SEPARATORS = re.compile(f"{_SEPARATOR}+")
_BEGINS_WITH_CODE = re.compile(f"((?:[0-9]{_SEPARATOR}*){{13}}[0-9A-Za-z]){_SEPARATOR}*")


def make_building_code(issued_by: str, serial: int) -> str:
    """Return the code of a building: county of issue, serial number, check character.

    Raises:
        ValueError: ``issued_by`` is not six digits, or the serial is out of range.
    """
    if not _COUNTY.fullmatch(issued_by):
        raise ValueError(f"The place of issue must be the six digits of a county, not {issued_by!r}.")
    if not 0 <= serial < SERIALS_A_COUNTY:
        raise ValueError(f"The serial number {serial} is not between 0 and {SERIALS_A_COUNTY - 1}.")
    body = f"{issued_by}{serial:07d}"
    return body + str(mod_37_36.calc_check_digit(body))


def place_of_issue(grid_codes: Iterable[str]) -> str:
    """Return the county that the first of some grid codes tells, by six digits in front; else ``UNKNOWN_COUNTY``."""
    return next((code[:6] for code in grid_codes if _BEGINS_WITH_COUNTY.match(code)), UNKNOWN_COUNTY)


def draw_building_code(issued_by: str) -> str:
    """Return a code with a serial number drawn by lot; whether it is free, the register knows.

    Drawn and not counted: a code tells neither where the building stands, nor when it was registered, nor how many
    there are.
    """
    return make_building_code(issued_by, secrets.randbelow(SERIALS_A_COUNTY))


def print_building_code(code: str) -> str:
    """Return a code as it is printed and read out: ``530103-0004-521Y``; one of another form as it is."""
    return f"{code[:6]}-{code[6:10]}-{code[10:]}" if _is_code(code) else code


def fold_code(text: str) -> str:
    """Return a code without what does not matter in it: case, white space, hyphens, full-width forms."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).upper()


def fold_label(text: str) -> str:
    """Return the label of a door, flat or shop without case, white space and full-width forms; hyphens count."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def parse_building_code(text: str) -> str:
    """Return a code as it is stored, from what a person typed or a scanner read.

    Case, white space, hyphens and full-width characters do not matter.

    Raises:
        ValueError: the text has not the form of a code, or its check character does not fit; the sentence says
            which, and is fit for the person who typed it.
    """
    code = fold_code(text)
    if not _FORM.fullmatch(code):
        raise ValueError(
            f"{text!r} is no building code: it must have 13 digits and a check character, 14 characters in all."
        )
    try:
        mod_37_36.validate(code)
    except ValidationError:
        raise ValueError(f"{text!r} is no building code: a character is wrong or two are swapped.") from None
    return code


def building_code_to_look_up(text: str) -> str:
    """Return what to look a building up by: its code, or the text without blanks around it and in capitals.

    Codes of other registers are in use too, so what does not parse is no error here: it is known or it is not.
    """
    try:
        return parse_building_code(text)
    except ValueError:
        return text.strip().upper()


def likely_building_codes(text: str) -> list[str]:
    """Return the codes that a mistyped one may stand for, sorted: which of them are in use, the register knows.

    Those with one other character, those with two neighbours swapped, and the code itself where its check character
    was left out.  Empty for a code that fits, which hardly a single mistake makes, and for what is far from any.
    """
    code = fold_code(text)
    if _BODY.fullmatch(code):
        return [code + str(mod_37_36.calc_check_digit(code))]
    if len(code) != _LENGTH or _is_code(code):
        return []
    near = {code[:at] + code[at + 1] + code[at] + code[at + 2 :] for at in range(_LENGTH - 1)}
    near |= {code[:at] + other + code[at + 1 :] for at in range(_LENGTH) for other in _CHARACTERS}
    return sorted(one for one in near if _is_code(one))


def split_entrance(text: str) -> list[tuple[str, str]]:
    """Return the ways to read a text as a building's code and the folded label of a door, the likeliest first.

    A hyphen parts the two; behind a code that fits it may be a blank, or nothing.
    """
    typed = unicodedata.normalize("NFKC", text).strip()
    readings = []
    begin = _BEGINS_WITH_CODE.match(typed)
    if begin is not None and _is_code(fold_code(begin[1])):
        readings.append((fold_code(begin[1]), fold_label(typed[begin.end() :])))
    code, _, label = typed.rpartition("-")
    readings.append((building_code_to_look_up(code), fold_label(label)))
    return [(code, label) for code, label in readings if code and label]


def _is_code(folded: str) -> bool:
    return _FORM.fullmatch(folded) is not None and bool(mod_37_36.is_valid(folded))
