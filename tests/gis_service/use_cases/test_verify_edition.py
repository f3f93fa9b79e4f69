from __future__ import annotations

import pytest
from sqlalchemy import text

from gis_service.errors import NotFoundError
from gis_service.use_cases.verify_edition import verify_edition
from tests.support.ground import FIRST_DAY, UNITS, add_levels, publish_tree, tiny_tree


@pytest.fixture
def levels(open_session):
    add_levels(open_session)


@pytest.fixture
def published(work, levels):
    return publish_tree(work, tiny_tree(), FIRST_DAY)


def answers(found):
    """Return whether each thing agrees, by name."""
    return {answer.what: answer.agrees for answer in found.answers}


def test_an_edition_that_nobody_touched_agrees_in_everything(work, published):
    """Grids, checksum, check, certificate, and three methods; the newest edition is taken."""
    found = verify_edition(None, work)

    assert found.edition == 1
    assert found.agrees
    assert answers(found) == dict.fromkeys(
        ["grids", "checksum", "check", "certificate", "coverage-is-valid", "sum-of-areas", "union-area"], True
    )
    assert found.disagreements == ()


def test_a_boundary_changed_behind_the_services_back_is_told(work, published, open_session):
    """Somebody updates a geometry by SQL: the checksum differs, and the proof fails."""
    with open_session() as session:
        changed = session.execute(
            text("UPDATE grid SET shape = ST_Translate(shape, 0.0001, 0) WHERE code = :code"),
            {"code": next(iter(UNITS))},
        )
        assert changed.rowcount == 1
        session.commit()

    found = verify_edition(1, work)

    assert not found.agrees
    assert answers(found)["checksum"] is False
    assert answers(found)["check"] is False
    assert answers(found)["certificate"] is False
    assert found.disagreements == ()  # the methods agree with the check: it is torn


def test_a_name_changed_behind_the_services_back_is_told_by_the_checksum_alone(work, published, open_session):
    """The ground is still proved, by the same certificate."""
    with open_session() as session:
        session.execute(text("UPDATE grid SET name = '假名' WHERE code = :code"), {"code": next(iter(UNITS))})
        session.commit()

    found = verify_edition(1, work)

    assert [what for what, agrees in answers(found).items() if agrees is False] == ["checksum"]


def test_a_certificate_of_another_edition_is_told_member_by_member(work, published, open_session):
    """One figure changed in the stored certificate."""
    with open_session() as session:
        session.execute(text("""UPDATE edition SET certificate = certificate || '{"edges": 7}'"""))
        session.commit()

    found = verify_edition(1, work)

    assert [what for what, agrees in answers(found).items() if agrees is False] == ["certificate: edges"]


def test_a_certificate_by_another_recipe_is_not_compared(work, published, open_session):
    """An older version of the service made it: the check proves the grids all the same."""
    with open_session() as session:
        session.execute(text("""UPDATE edition SET certificate = '{"form": "edge-cancellation/0"}'"""))
        session.commit()

    found = verify_edition(1, work)

    assert found.agrees
    assert answers(found)["check"] is True
    assert answers(found)["certificate"] is None


def test_an_edition_without_a_proof_is_no_disagreement(work, published, open_session):
    """Published with a wide gap that its rules allow: there is nothing to compare with."""
    with open_session() as session:
        session.execute(text("UPDATE edition SET certificate = '{}'"))
        session.commit()

    found = verify_edition(1, work)

    assert found.agrees
    assert answers(found)["certificate"] is None


@pytest.mark.parametrize("number", [None, 1, 99])
def test_an_edition_that_is_not_there_is_not_found(work, levels, number):
    """An empty database."""
    with pytest.raises(NotFoundError):
        verify_edition(number, work)


def test_progress_is_told_to_the_end(work, published):
    """Steps in their order; the last one ends with the whole."""
    told = []

    verify_edition(1, work, lambda step, share: told.append((step, share)))

    assert list(dict.fromkeys(step for step, _ in told)) == ["load the grids", "check the grids", "ask other methods"]
    assert told[-1] == ("ask other methods", 1.0)
