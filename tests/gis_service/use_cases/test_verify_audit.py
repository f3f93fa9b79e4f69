import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from gis_service.domain import audit_chain
from gis_service.use_cases import seal_audit as sealing
from gis_service.use_cases.seal_audit import seal_audit
from gis_service.use_cases.verify_audit import Anchor, verify_audit
from tests.support.acts import BEGAN, act, record, tamper

SEALED_AT = datetime(2026, 3, 7, tzinfo=UTC)
ALTER_ROW = "UPDATE audit_event SET {} WHERE id = :id"
ALTER_SEAL = "UPDATE audit_seal SET {} WHERE number = 2"


@pytest.fixture
def seal(work):
    """Seal what is there, at most four rows under one seal, a minute apart."""
    moments = (SEALED_AT + timedelta(minutes=number) for number in range(100))
    return lambda: seal_audit(lambda: next(moments), lambda: work)


@pytest.fixture
def ids(work, seal, monkeypatch):
    """Ten rows under three seals; their ids."""
    monkeypatch.setattr(sealing, "MOST_SEALED", 4)
    found = record(work, [act(number) for number in range(10)])
    seal()
    return found


@pytest.fixture
def faults(work):
    return lambda *anchors: [(one.kind, one.seal, one.row) for one in verify_audit(None, None, anchors, work).faults]


def test_what_nobody_altered_is_whole(work, ids):
    """Ten rows under seals of 4, 4 and 2 rows; the progress tells the rows so far."""
    told: list[int] = []

    found = verify_audit(None, None, (), work, told.append)

    assert (found.rows, found.seals, found.unsealed, found.faults) == (10, 3, 0, [])
    assert told == [4, 8, 10]
    assert found.head is not None
    assert (found.head.number, found.head.last_id) == (3, ids[-1])


@pytest.mark.parametrize(
    "change",
    [
        "purpose = '回放'",
        "at = at + interval '1 microsecond'",
        "objects = array_append(objects, '')",
        "scope = NULL",
        "count = 2",
        "classes = '{}'",
        "request_id = request_id || ' '",
    ],
)
def test_one_altered_byte_is_named(open_session, ids, faults, change):
    """Any column of the row: seal 2 does not hold, and of its four rows it is this one."""
    tamper(open_session, ALTER_ROW.format(change), id=ids[5])

    assert faults() == [("altered-row", 2, ids[5])]


def test_a_row_that_was_removed_is_named(open_session, ids, faults):
    """In the middle of a seal, and as the last row of one."""
    tamper(open_session, "DELETE FROM audit_event WHERE id IN (:one, :other)", one=ids[1], other=ids[7])

    assert faults() == [("missing-row", 1, ids[1]), ("missing-row", 2, ids[7])]


def test_a_row_that_was_put_in_is_named(open_session, ids, faults):
    """Before the first of all."""
    tamper(
        open_session,
        "INSERT INTO audit_event OVERRIDING SYSTEM VALUE SELECT :id, at, act, name, role, scope, address, method, "
        "route, objects, query, count, classes, purpose, status, request_id FROM audit_event WHERE id = :other",
        id=-3,
        other=ids[2],
    )

    assert faults() == [("inserted-row", 1, -3)]


def test_two_rows_that_changed_places_are_named(open_session, ids, faults):
    """Their contents are still there, under each other's id."""
    move = "UPDATE audit_event SET id = :into WHERE id = :out"
    tamper(open_session, "ALTER TABLE audit_event ALTER id DROP IDENTITY")
    for out, into in ((ids[4], -1), (ids[6], ids[4]), (-1, ids[6])):
        tamper(open_session, move, out=out, into=into)

    assert faults() == [("moved-row", 2, ids[4]), ("moved-row", 2, ids[6])]


def test_a_seal_that_was_removed_is_named(open_session, ids, faults):
    """The second of three."""
    tamper(open_session, "DELETE FROM audit_seal WHERE number = 2")

    assert faults() == [("missing-seal", 2, None)]


@pytest.mark.parametrize(
    "change",
    [
        "sealed_at = sealed_at - interval '1 day'",
        "count = 5",
        "first_id = first_id + 1",
        "digests = set_byte(digests, 45, 255 - get_byte(digests, 45))",
    ],
)
def test_an_altered_seal_is_named(open_session, ids, faults, change):
    """Its facts are under its own hash; its digests are what the rows say."""
    tamper(open_session, ALTER_SEAL.format(change))

    assert faults() == [("altered-seal", 2, None)]


def test_an_altered_hash_breaks_its_seal_and_the_next(open_session, ids, faults):
    """Each hash holds the one before."""
    tamper(open_session, "UPDATE audit_seal SET hash = set_byte(hash, 0, 255 - get_byte(hash, 0)) WHERE number = 2")

    assert faults() == [("altered-seal", 2, None), ("altered-seal", 3, None)]


def test_a_tail_that_was_cut_off_is_found_by_an_anchor_alone(open_session, work, ids, faults):
    """The last seal and its rows are gone: the rest is a whole chain, but its head was seen before."""
    head = verify_audit(None, None, (), work).head
    assert head is not None
    tamper(
        open_session,
        "DELETE FROM audit_event WHERE id >= (SELECT first_id FROM audit_seal WHERE number = 3)",
        "DELETE FROM audit_seal WHERE number = 3",
    )

    assert faults() == []
    assert faults(Anchor(3, head.hash)) == [("cut-off", 3, None)]


def test_a_chain_that_was_written_anew_is_found_by_an_anchor(open_session, work, ids, seal, faults):
    """Row and seals altered together, in all consistency."""
    head = verify_audit(None, None, (), work).head
    assert head is not None
    tamper(open_session, "UPDATE audit_event SET name = 'token:8'", "DELETE FROM audit_seal")
    seal()

    assert faults() == []
    assert faults(Anchor(3, head.hash)) == [("rewritten", 3, None)]


def test_a_part_is_verified_by_the_time_of_its_seals(open_session, work, ids):
    """From the third seal on: what is wrong in the first is not looked at."""
    tamper(open_session, "UPDATE audit_event SET name = 'x' WHERE id = :id", id=ids[0])

    found = verify_audit(SEALED_AT + timedelta(minutes=2), None, (), work)
    before = verify_audit(None, SEALED_AT + timedelta(minutes=1), (), work)

    assert (found.seals, found.rows, found.faults) == (1, 2, [])
    assert [(one.kind, one.row) for one in before.faults] == [("altered-row", ids[0])]


def test_rows_that_are_not_sealed_yet_are_counted(work, ids):
    """One row after the seals, and when it happened."""
    record(work, [act(77)])

    found = verify_audit(None, None, (), work)

    assert (found.unsealed, found.unsealed_since) == (1, BEGAN + timedelta(minutes=77))


def test_another_program_comes_to_the_same_hashes(open_session, ids):
    """The standard library alone, from the rows as the database gives them, by what docs/audit.md says."""
    with open_session() as session:
        rows = session.execute(text("SELECT * FROM audit_event ORDER BY id")).all()
        seals = session.execute(text("SELECT * FROM audit_seal ORDER BY number")).all()

    def line(cells):
        told = [
            cell.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if isinstance(cell, datetime) else cell
            for cell in cells
        ]
        return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    previous = bytes(32)
    for one in seals:
        covered = b"".join(line(row) for row in rows if one.first_id <= row.id <= one.last_id)
        previous = hashlib.sha256(
            previous + line((one.number, one.sealed_at, one.first_id, one.last_id, one.count)) + covered
        ).digest()
        assert previous == bytes(one.hash)
    assert len(seals) == 3


def test_nothing_new_is_no_seal(ids, seal):
    """A seal holds at least one row."""
    assert seal() == []


def test_rows_with_any_text_are_written_the_same_way():
    """Quotes, controls and what lies beyond 16 bits are escaped as RFC 8785 says."""
    row = audit_chain.StoredEvent(1, act(1, purpose='"\\\t\x1f\x7f🀄é'))

    written = audit_chain.canonical_row(row).decode()

    assert '"\\"\\\\\\t\\u001f\x7f🀄é"' in written
