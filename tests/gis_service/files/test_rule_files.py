import codecs
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis_service.domain.deadlines import DeadlineRule
from gis_service.domain.dispatch import DispatchRule
from gis_service.domain.period import Period
from gis_service.domain.rule_rows import RuleTables, read_rules
from gis_service.domain.rule_sheet import MOST_ROWS, write_row
from gis_service.domain.rules import CalendarDay, Category, Department
from gis_service.errors import RuleBrokenError, TooLargeError
from gis_service.files.rule_files import read_csv, read_json, write_csv, write_json

ZONE = ZoneInfo("Asia/Shanghai")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DEPARTMENTS = b"code,name,name_en\r\nfire,\xe6\xb6\x88\xe9\x98\xb2,Fire\r\n"

words = st.text(
    st.one_of(st.sampled_from("'=+-@＝＋－＠,;\" 消防"), st.characters(exclude_categories=["Cc", "Cs", "Z"])),
    min_size=1,
    max_size=8,
).map(str.strip)
names = words.filter(bool)
codes = words.map(lambda text: "".join(text.replace(";", "").split())).filter(bool)
instants = st.integers(-2 * 10**15, 7 * 10**15).map(lambda count: EPOCH + timedelta(microseconds=count))


@st.composite
def periods(draw):
    since, until = sorted(draw(st.lists(instants, min_size=2, max_size=2, unique=True)))
    return Period(draw(st.sampled_from([since, None])), draw(st.sampled_from([until, None])))


@st.composite
def dispatch_rules(draw):
    department, *assisting = draw(st.lists(codes, min_size=1, max_size=3, unique=True))
    return DispatchRule(
        draw(names),
        draw(names),
        department,
        tuple(assisting),
        draw(st.none() | names),
        draw(st.sampled_from([None, "standard", "dedicated"])),
        draw(st.sampled_from([None, "major"])),
        draw(periods()),
        draw(words),
        draw(st.sampled_from(["grid", "department"])),
    )


ENTRIES = {
    "departments": st.builds(Department, codes, names, names),
    "categories": st.builds(Category, st.sampled_from(["hazard", "dispute.property"]), names, names),
    "dispatch": dispatch_rules(),
    "deadlines": st.builds(
        DeadlineRule,
        names,
        st.sampled_from(["accept", "handle"]),
        st.sampled_from(["elapsed", "working"]),
        st.integers(0, 3650),
        st.sampled_from(["immediate", "same_day"]),
        st.none() | names,
        st.sampled_from([None, "general"]),
        periods(),
        words,
    ),
    "calendar": st.builds(CalendarDay, st.dates(date(1901, 1, 1), date(2198, 1, 1)), st.booleans(), words),
}


@pytest.mark.parametrize("table", ENTRIES)
@settings(max_examples=25)
@given(data=st.data())
def test_what_is_written_reads_as_it_was(table, data):
    """Rules to CSV or JSON and back are the same rules, whatever stands in their cells."""
    entries = data.draw(st.lists(ENTRIES[table], max_size=3))
    rows = [write_row(table, entry, ZONE) for entry in entries]

    for file in (read_csv(table, write_csv(table, rows)), read_json(table, write_json(table, rows))):
        rules, faults = read_rules(RuleTables(**{table: file.rows}))
        assert faults == []
        assert list(getattr(rules, table)) == entries


@given(cell=st.text("'=+-@＝a1", min_size=1, max_size=4))
def test_no_cell_is_a_formula(cell):
    """Whatever is stored, a spreadsheet is told a text."""
    body = write_csv("departments", [{"code": cell, "name": cell, "name_en": ""}])

    line = body.removeprefix(codecs.BOM_UTF8).decode().splitlines()[1]
    assert not any(written.startswith(tuple("=+-@＝")) for written in line.split(","))


def test_a_sheet_is_told_to_be_utf_8_and_ends_its_lines_as_csv_does():
    """With a byte order mark, without which a Chinese Excel takes it for GBK."""
    rows = [{"code": "fire", "name": "消防", "name_en": "Fire"}]

    assert write_csv("departments", rows) == codecs.BOM_UTF8 + DEPARTMENTS


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
@pytest.mark.parametrize("named", [True, False])
def test_a_sheet_is_read_in_the_charset_it_has(codec, named):
    """Named or found out: UTF-8 with or without its mark, and what a Chinese Excel saves as CSV."""
    body = DEPARTMENTS.decode().encode(codec)
    charset = codec.removesuffix("-sig") if named else None

    assert read_csv("departments", body, charset).rows == [{"code": "fire", "name": "消防", "name_en": "Fire"}]


def test_lines_are_counted_as_an_editor_counts_them():
    """Columns in any order and case, an empty line, a line of empty cells as Excel leaves them, no line end."""
    file = read_csv("departments", b"Name,CODE,name_en\n\n,,\n\xe6\xb6\x88,fire,Fire\na,b,c")

    assert [row["code"] for row in file.rows] == ["fire", "b"]
    assert file.lines == [4, 5]


@pytest.mark.parametrize(
    ("body", "pointers", "sentence"),
    [
        (b"", ["/departments"], "is empty; the first line names columns: code, name, name_en"),
        (b"code,tel,code\n", ["/departments"] * 2, "column 'tel' is not known; the columns are code, name, name_en"),
        (
            b"code,name\na\na,b\nc,d,e\n",
            ["/departments/0", "/departments/2"],
            "line 2: has 1 cells, and the header has 2",
        ),
        (b'code,name\n"fire,x\n', ["/departments"], "line 2: is no CSV: unexpected end of data"),
        (b"\xff\xff", [""], "the text is neither UTF-8 nor GB 18030; save it as 'CSV UTF-8'"),
    ],
)
def test_what_is_no_sheet_is_refused_with_its_line(body, pointers, sentence):
    """Nothing is skipped without a word."""
    with pytest.raises(RuleBrokenError) as refusal:
        read_csv("departments", body)

    assert [fault.pointer for fault in refusal.value.faults] == pointers
    assert refusal.value.faults[0].detail == sentence


@pytest.mark.parametrize(("charset", "body"), [("utf-16", b"code"), ("utf-8", b"\xc4\xe3")])
def test_a_charset_that_is_not_read_or_not_true_is_refused(charset, body):
    """UTF-16 is another thing than Excel's CSV; GBK bytes are no UTF-8, whatever the header says."""
    with pytest.raises(RuleBrokenError, match=charset) as refusal:
        read_csv("departments", body, charset)

    assert refusal.value.code == "unreadable-text"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b"[]", ""),
        (b'{"dispatch": []}', ""),
        (b'{"departments": [], "next": null}', ""),
        (b'{"departments": {}}', ""),
        (b'{"departments": [{}, 7]}', "/departments/1"),
    ],
)
def test_json_that_holds_no_rows_is_refused(body, pointer):
    """One member, named after the table, with objects in it."""
    with pytest.raises(RuleBrokenError) as refusal:
        read_json("departments", body)

    assert [fault.pointer for fault in refusal.value.faults] == [pointer]


def test_a_table_has_an_end():
    """10,000 rows at once; one more is too large, in both forms."""
    rows = [{"code": str(number), "name": "a", "name_en": "a"} for number in range(MOST_ROWS + 1)]

    for read, body in (
        (read_csv, write_csv("departments", rows)),
        (read_json, write_json("departments", rows)),
    ):
        with pytest.raises(TooLargeError, match="more than 10,000 rows"):
            read("departments", body)
