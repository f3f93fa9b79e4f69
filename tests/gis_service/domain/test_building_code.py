import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis_service.domain.building_code import (
    building_code_to_look_up,
    draw_building_code,
    likely_building_codes,
    make_building_code,
    parse_building_code,
    place_of_issue,
    print_building_code,
    split_entrance,
)

CODE = make_building_code("530103", 4217)


def test_a_code_has_county_serial_and_check_character():
    """Fourteen characters; the check character is that of ISO 7064 MOD 37,36."""
    assert CODE[:13] == "5301030004217"
    assert len(CODE) == 14


@given(st.integers(0, 9_999_999))
def test_what_is_made_can_be_read(serial):
    """Every serial number, as printed in groups and lower case."""
    code = make_building_code("530103", serial)
    assert parse_building_code(f" {code[:6]}-{code[6:13]} {code[13:].lower()}\n") == code


@given(st.integers(0, 9_999_999), st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_is_found(serial, position, step):
    """Any of the thirteen digits, changed to any other."""
    code = make_building_code("530103", serial)
    wrong = code[:position] + str((int(code[position]) + step) % 10) + code[position + 1 :]
    with pytest.raises(ValueError, match="a character is wrong or two are swapped"):
        parse_building_code(wrong)


def test_full_width_characters_and_long_dashes_are_read():
    """As a Chinese keyboard types them."""
    wide = "".join(chr(ord(character) + 0xFEE0) for character in CODE)
    assert parse_building_code(f"{wide[:6]}—{wide[6:]}") == CODE


@pytest.mark.parametrize("text", ["", "530103", CODE + "0", "X" + CODE[1:], "530103001001001", CODE[:13] + "*"])
def test_other_forms_are_refused_with_what_a_code_looks_like(text):
    """Empty, too short, too long, a letter too early, a grid's code, a sign."""
    with pytest.raises(ValueError, match="13 digits and a check character"):
        parse_building_code(text)


@pytest.mark.parametrize("county", ["", "53010", "5301033", "53010a", "५३०१०३"])
def test_the_place_of_issue_is_six_digits(county):
    """Nothing, five, seven, a letter, digits of another script."""
    with pytest.raises(ValueError, match="six digits of a county"):
        make_building_code(county, 1)


@pytest.mark.parametrize("serial", [-1, 10_000_000])
def test_a_serial_out_of_range_is_refused(serial):
    """One below the first and one above the last."""
    with pytest.raises(ValueError, match="is not between 0 and 9999999"):
        make_building_code("530103", serial)


@pytest.mark.parametrize(
    ("typed", "looked_up"), [(f" {CODE[:6]}-{CODE[6:].lower()} ", CODE), (" b7\t", "B7"), ("B7", "B7"), ("  ", "")]
)
def test_a_building_is_looked_up_in_capitals_without_blanks(typed: str, looked_up: str):
    """A code that parses is that code; any other text is trimmed and put in capitals."""
    assert building_code_to_look_up(typed) == looked_up


@given(st.integers(0, 9_999_999), st.integers(0, 13), st.sampled_from("0123456789ABCXYZ"))
def test_a_wrong_character_leads_back_to_the_code(serial, position, other):
    """The code is among those one mistake away, few of which have a check character that fits."""
    code = make_building_code("530103", serial)
    mistyped = code[:position] + other + code[position + 1 :]
    likely = likely_building_codes(mistyped)
    assert likely == [] if mistyped == code else code in likely
    assert len(likely) < 40
    assert [parse_building_code(one) for one in likely] == likely


def test_what_is_far_from_a_code_is_like_none():
    """A grid's code, a word, nothing; thirteen digits lack the check character."""
    assert [likely_building_codes(text) for text in ("530103001001001", "B7", "")] == [[], [], []]
    assert likely_building_codes(CODE[:13]) == [CODE]


@pytest.mark.parametrize(
    ("typed", "readings"),
    [
        (f"{CODE}-2", [(CODE, "2"), (CODE, "2")]),
        (f"{CODE[:6]}-{CODE[6:].lower()} 东 门", [(CODE, "东门"), ("530103", f"{CODE[6:]}东门")]),
        (f"{CODE}1-a", [(CODE, "1-A"), (f"{CODE}1", "A")]),
        ("b7-2", [("B7", "2")]),
        (CODE, []),
        ("-", []),
    ],
)
def test_a_door_stands_behind_the_code(typed, readings):
    """Behind a code that fits with or without a hyphen, else behind the last hyphen."""
    assert split_entrance(typed) == readings


def test_a_code_is_drawn_for_the_county_and_printed_in_groups():
    """Fourteen characters in groups of 6, 4 and 4; what is printed reads as the code."""
    code = draw_building_code("530103")

    assert code.startswith("530103")
    assert [len(group) for group in print_building_code(code).split("-")] == [6, 4, 4]
    assert parse_building_code(print_building_code(code)) == code
    assert print_building_code("B7") == "B7"


def test_the_place_of_issue_is_the_first_county_that_a_grid_tells():
    """The county of a unit grid's code; of none, zeros."""
    assert place_of_issue(["", "530103001001", "530102"]) == "530103"
    assert place_of_issue(["D07"]) == "000000"
