import pytest
from sqlalchemy.orm import sessionmaker

from gis_service.database.unit_of_work import UnitOfWork


@pytest.fixture
def open_work(engine):
    """Transactions on connections of their own; nothing is committed."""
    sessions = sessionmaker(engine)
    return lambda: UnitOfWork(sessions)


def test_a_key_is_held_by_one_transaction_at_a_time(open_work):
    """The second does not wait: it is told at once."""
    with open_work() as first, open_work() as second:
        assert first.idempotency_keys.try_lock("hotline", ["k1"]) == {"k1"}
        assert second.idempotency_keys.try_lock("hotline", ["k1"]) == set()


def test_keys_do_not_hinder_one_another(open_work):
    """Another key, another principal, and names that only run together alike."""
    with open_work() as first, open_work() as second:
        assert first.idempotency_keys.try_lock("hotline", ["k1"]) == {"k1"}
        assert second.idempotency_keys.try_lock("hotline", ["k2"]) == {"k2"}
        assert second.idempotency_keys.try_lock("patrol", ["k1"]) == {"k1"}
        assert second.idempotency_keys.try_lock("hotlinek", ["1"]) == {"1"}


def test_a_key_is_free_again_when_its_transaction_ends(open_work):
    """However it ends: here it is undone."""
    with open_work() as first:
        assert first.idempotency_keys.try_lock("hotline", ["k1"]) == {"k1"}

    with open_work() as second:
        assert second.idempotency_keys.try_lock("hotline", ["k1"]) == {"k1"}


def test_a_new_key_is_not_found(open_work):
    """Nothing, and no error."""
    with open_work() as work:
        assert work.idempotency_keys.find("hotline", ["never used"]) == {}


def test_of_several_keys_those_are_taken_that_are_free(open_work):
    """k2 is held by another: k1 and k3 are taken, and nobody waits."""
    with open_work() as first, open_work() as second:
        first.idempotency_keys.try_lock("hotline", ["k2"])
        assert second.idempotency_keys.try_lock("hotline", ["k1", "k2", "k3"]) == {"k1", "k3"}
