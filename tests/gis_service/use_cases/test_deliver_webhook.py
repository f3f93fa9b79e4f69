"""Webhooks over real HTTP, turn by turn, with a clock of the test's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.incident_feed import FeedFilter
from gis_service.domain.webhook import rest_s
from gis_service.feed.sender import Turn
from gis_service.use_cases import keep_webhooks
from gis_service.use_cases.deliver_webhook import Deliverer, deliver_webhook
from tests.conftest import TEMPLATE, make_database
from tests.support.feed import store_incidents, write_event
from tests.support.receiver import Receiver, receiver, signature_of

CITY = Principal("token:1", "dispatcher", None)


class Desk:
    """A database with three incidents, one webhook, and a clock that stands still."""

    def __init__(self, engine, url: str) -> None:
        self.engine = engine
        self.now = datetime(2026, 3, 6, 9, tzinfo=UTC)
        self.turns = 0
        self.webhook = self.subscribe(url)

    def work(self) -> UnitOfWork:
        return UnitOfWork(make_session_factory(self.engine))

    def subscribe(self, url: str, **wanted):
        made, _ = keep_webhooks.create_webhook(url, FeedFilter(**wanted), CITY, allow_private=True, work=self.work())
        return made

    def happen(self, *numbers: int, kind: str = "noted") -> list[int]:
        with self.engine.begin() as connection:
            return [write_event(connection, number, kind) for number in numbers]

    def turn(self, webhook_id: UUID | None = None, holder: UUID | None = None, most_tries: int = 20) -> None:
        self.turns += 1
        turn = Turn(5, allow_private=True)
        with turn:
            by = Deliverer(
                holder=holder or uuid4(),
                post=turn.post,
                open_work=self.work,
                clock=lambda: self.now,
                chance=lambda: 0.5,
                lease_s=30,
                most_tries=most_tries,
            )
            deliver_webhook(webhook_id or self.webhook.id, by)

    def state(self, webhook_id: UUID | None = None):
        return keep_webhooks.read_webhook(webhook_id or self.webhook.id, CITY, self.work())

    def letters(self):
        return keep_webhooks.list_dead_letters(self.webhook.id, CITY, after=0, limit=10, work=self.work())


@pytest.fixture(scope="module")
def feed_engine(server_url, template_url):
    made = make_engine(
        make_database(server_url, "gis_test_webhooks", TEMPLATE), pool_size=4, statement_timeout_ms=30_000
    )
    with made.begin() as connection:
        store_incidents(connection, 3)
    yield made
    made.dispose()


@pytest.fixture
def other():
    with receiver() as made:
        yield made


@pytest.fixture
def here():
    with receiver() as made:
        yield made


@pytest.fixture
def desk(feed_engine, here):
    made = Desk(feed_engine, here.url)
    yield made
    with made.work() as work:
        for one in work.webhooks.list_all():
            work.webhooks.remove(one.id)
        work.commit()


def test_events_come_signed_and_in_order(desk, here: Receiver):
    """The signature is that of the secret shown once, computed by other code; the id is the event's."""
    ids = desk.happen(0, 1, 0, 2)
    desk.turn()

    assert here.taken == ids
    for post in here.posts:
        headers = post["headers"]
        assert headers["webhook-id"] == str(post["event"]["id"])
        assert headers["webhook-signature"] == signature_of(desk.webhook.secret, headers, post["body"])
        assert set(post["event"]) >= {"incident_id", "kind", "at", "from_state", "to_state", "category", "facts"}
    webhook, lag = desk.state()
    assert (webhook.delivered, webhook.failures, lag.events) == (4, 0, 0)


def test_a_receiver_that_was_down_for_an_hour_gets_all_in_order_once(desk, here: Receiver):
    """Every 503 doubles the rest; events come meanwhile; then all are there, by id once, and the lag is nothing."""
    is_up = False
    here.answer = lambda _: 204 if is_up else 503
    began, ids = desk.now, desk.happen(0, 1)
    rests = []
    while desk.now - began < timedelta(hours=1):
        desk.turn()
        webhook, lag = desk.state()
        assert (lag.events, webhook.last_error) == (len(ids), "HTTP 503")
        rests.append((webhook.next_try_at - desk.now).total_seconds())
        desk.now = webhook.next_try_at - timedelta(seconds=0.1)
        desk.turn()  # too early: nothing is sent
        assert len(here.posts) == len(rests)
        desk.now = webhook.next_try_at
        ids += desk.happen(len(ids) % 3)
    assert rests[:4] == [1, 2, 4, 8]
    assert desk.letters() == []

    is_up = True
    desk.turn()

    assert here.taken == ids
    assert desk.state()[1].events == 0


def test_an_event_that_is_never_taken_becomes_a_dead_letter_and_the_next_ones_go_on(desk, here: Receiver):
    """Refused three times of three: given up, told of, sent again when asked, and then no longer told of."""
    bad, good, later = desk.happen(0, 1, 0)
    taken_by_now = False
    here.answer = lambda number: 204 if taken_by_now or number >= 3 else 422
    for _ in range(3):
        desk.turn(most_tries=3)
        desk.now += timedelta(hours=1)

    assert here.taken == [good, later]
    [letter] = desk.letters()
    assert (letter.event_id, letter.tries, letter.error, letter.is_asked) == (bad, 3, "HTTP 422", False)

    here.answer = lambda _: 500
    assert keep_webhooks.redeliver(desk.webhook.id, [bad], CITY, desk.work()) == 1
    desk.turn()
    [letter] = desk.letters()
    assert (letter.tries, letter.error, letter.is_asked) == (4, "HTTP 500", False)

    taken_by_now = True
    here.answer = lambda _: 204
    keep_webhooks.redeliver(desk.webhook.id, None, CITY, desk.work())
    desk.turn()
    assert here.taken == [good, later, bad]
    assert desk.letters() == []


def test_what_was_taken_and_not_noted_is_sent_again(desk, here: Receiver, monkeypatch):
    """The process dies after the answer: its lease ends, another one sends the event once more, by the same id."""
    ids = desk.happen(0, 1)
    with monkeypatch.context() as dying:
        dying.setattr(desk, "work", _dying_after(desk.work, 3))
        with pytest.raises(SystemExit):
            desk.turn()
    assert here.taken == ids[:1]
    desk.turn()
    assert here.taken == ids[:1], "the lease of the dead one holds still"

    with desk.engine.begin() as connection:
        connection.execute(text("UPDATE webhook SET leased_until = now() - interval '1 second'"))
    desk.turn()

    assert here.taken == [ids[0], *ids]


def _dying_after(open_work, count):
    left = [count]

    def opened():
        if left[0] == 0:
            raise SystemExit
        left[0] -= 1
        return open_work()

    return opened


def test_two_holders_do_not_send_at_once(desk, here: Receiver):
    """While one waits for the receiver, the other finds the webhook held and leaves it alone."""
    ids = desk.happen(0)

    def answer(_: int) -> int:
        desk.turn(holder=UUID(int=2))
        return 204

    here.answer = answer
    desk.turn(holder=UUID(int=1))
    assert (here.taken, desk.turns) == (ids, 2)


def test_a_webhook_wound_back_gets_all_again(desk, here: Receiver):
    """Also in the middle of a turn: who held it notes nothing more."""
    start = desk.state()[0].position
    ids = desk.happen(0, 1)

    def answer(number: int) -> int:
        if number == 0:
            keep_webhooks.replay_webhook(desk.webhook.id, start, CITY, desk.work())
        return 204

    here.answer = answer
    desk.turn()
    assert here.taken == ids[:1]
    desk.turn()
    assert here.taken == [ids[0], *ids]


def test_a_paused_webhook_waits_and_loses_nothing(desk, here: Receiver):
    """Paused after the first of three: the rest waits; resumed, it goes on where it was."""
    ids = desk.happen(0, 1, 2)

    def answer(number: int) -> int:
        if number == 0:
            keep_webhooks.pause_webhook(desk.webhook.id, CITY, desk.work(), is_paused=True)
        return 204

    here.answer = answer
    desk.turn()
    desk.turn()
    assert (here.taken, desk.state()[1].events) == (ids[:1], 2)
    keep_webhooks.pause_webhook(desk.webhook.id, CITY, desk.work(), is_paused=False)
    desk.turn()
    assert here.taken == ids


def test_only_what_is_wanted_is_sent(desk, other: Receiver):
    """Of one kind; what is not wanted counts as done."""
    made = desk.subscribe(other.url, kinds=("handled",))
    desk.happen(0, 1)
    [wanted] = desk.happen(1, kind="handled")
    desk.happen(0)
    desk.turn(made.id)

    assert other.taken == [wanted]
    assert desk.state(made.id)[1].events == 0
    with desk.work() as work:
        assert made.id not in work.webhooks.due(desk.now)


def test_a_redirect_is_not_followed(desk, here: Receiver):
    """A 302 is as bad as a 500; the other address sees nothing."""
    desk.happen(0)
    here.answer = lambda _: 302
    desk.turn()

    assert len(here.posts) == 1
    assert desk.state()[0].last_error == "HTTP 302; redirects are not followed"


def test_rests_grow_to_half_an_hour_with_a_quarter_of_chance():
    """1 s, doubled; 20 tries take some five hours."""
    assert [rest_s(tries, 0.5) for tries in (1, 2, 3, 11, 12, 1000)] == [1, 2, 4, 1024, 1800, 1800]
    assert (rest_s(1, 0.0), rest_s(1, 1.0)) == (0.75, 1.25)
    assert 4.5 < sum(rest_s(tries, 0.5) for tries in range(1, 20)) / 3600 < 5.5
