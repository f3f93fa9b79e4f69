from __future__ import annotations

import pytest
from sqlalchemy import exc, text

from gis_service.database.integrity import DatabaseFaultError
from gis_service.errors import ClashError, UnavailableError
from tests.support.ground import add_levels, tiny_tree


def test_a_second_row_of_one_code_and_edition_is_a_clash(work, open_session):
    """The exclusion constraint speaks in the service's words."""
    add_levels(open_session)
    tree = tiny_tree()

    with pytest.raises(ClashError, match="another plan"), work:
        work.grids.publish(1, closed=[], added=[*tree, tree[0]], attributes={})


def test_a_statement_that_takes_too_long_says_so(work):
    """The database gives up after a millisecond."""
    slow = text("SELECT set_config('statement_timeout', '1', true); SELECT pg_sleep(1)")

    with pytest.raises(UnavailableError, match="time limit") as refused, work:
        work._session.execute(slow)

    assert refused.value.code == "database-timeout"


def test_a_fault_of_ours_names_no_values(work):
    """A name in a statement's parameters must not reach the log by way of an error."""
    with pytest.raises(DatabaseFaultError, match="SQLSTATE 22P02") as fault, work:
        work._session.execute(text("SELECT CAST(:name AS integer)"), {"name": "张三"})

    assert "张三" not in str(fault.value)
    assert not isinstance(fault.value.__cause__, exc.SQLAlchemyError)
    assert fault.value.__suppress_context__
