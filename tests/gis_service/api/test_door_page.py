from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import pytest

from gis_service.api.door_words import WORDS, choose_language
from gis_service.database.unit_of_work import UnitOfWork
from tests.support.doors import CODE, NORTH_WEST, SOUTH_WEST, door_client, settle
from tests.support.ground import FIRST_DAY, add_levels, publish_tree, square, tiny_tree

IN_ENGLISH = {"Accept-Language": "en-GB,en;q=0.9,zh;q=0.3"}


@pytest.fixture
def town(work, open_session) -> UnitOfWork:
    """The tiny district in one edition, with the tower in its north-west grid."""
    add_levels(open_session)
    publish_tree(work, tiny_tree(), FIRST_DAY)
    settle(work)
    return work


@pytest.fixture
def client(town, open_session, tmp_path):
    with door_client(lambda: UnitOfWork(open_session), tmp_path) as made:
        yield made


def owner_of(page: str) -> str:
    return re.search(r'class="owner" data-code="(\w+)"', page)[1]


def show(client, typed, **query):
    headers = query.pop("headers", None)
    return client.get(f"/b/{quote(typed, safe='')}", params=query, headers=headers)


def test_the_page_tells_address_grid_chain_and_whom_to_turn_to(client):
    """In Chinese; what is stored is escaped; the head first, surnames and masked numbers, no volunteer."""
    answer = show(client, CODE)
    page = answer.text

    assert answer.status_code == 200
    assert '<html lang="zh-CN">' in page
    assert "人民路&lt;9&gt;号" in page
    assert "530103 0004 2" in page
    assert owner_of(page) == NORTH_WEST
    chain = re.search(r'<ol class="chain">(.*?)</ol>', page)[1]
    assert re.findall("<li>(.*?)</li>", chain) == ["盘龙区", "东华街道", "小龙路社区", "第1网格"]
    people = re.search(r'<ul class="people">(.*?)</ul>', page)[1]
    assert re.findall("<span>(.*?)</span>", people) == ["张网格长", "**********34", "欧阳网格员", "138****8000"]
    for hidden in ("小明", "建国", "隐名", "63161", "0013", "households"):
        assert hidden not in page


@pytest.mark.parametrize("typed", [f"{CODE}-东门", f"{CODE[:6]} {CODE[6:10]} {CODE[10:]}-东门"])
def test_a_door_has_a_page_of_its_own(client, typed):
    """The heading names the door; the form goes to the door's address."""
    page = show(client, typed).text

    assert "<h1>翡翠楼 · 东门</h1>" in page
    assert f'data-page="{CODE}-%E4%B8%9C%E9%97%A8"' in page


def test_an_alias_leads_to_the_same_page(client):
    """The code of the fire brigade; the form goes to our code."""
    assert f'data-page="{CODE}"' in show(client, "fire:A17").text


def test_the_language_is_the_browsers_or_the_one_chosen(client):
    """Accept-Language decides, lang in the address goes before it, and a link leads to the other."""
    english = show(client, CODE, headers=IN_ENGLISH)

    assert '<html lang="en">' in english.text
    assert "Report a problem" in english.text
    assert f'href="./{CODE}?lang=zh"' in english.text
    assert english.headers["vary"] == "Accept-Language"
    assert "报个问题" in show(client, CODE, lang="zh", headers=IN_ENGLISH).text


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "zh"),
        ("fr, en;q=0.5", "en"),
        ("en;q=0.4, zh-TW;q=0.8", "zh"),
        ("de", "zh"),
        ("en;q=0", "zh"),
        ("en;q=x, ,;", "zh"),
    ],
)
def test_the_best_of_two_languages_is_taken(header, language):
    """Weights count; a header that cannot be read says nothing."""
    assert choose_language(header) == language


def test_both_languages_say_the_same_things():
    """No word is missing in one of them."""
    assert WORDS["zh"].keys() == WORDS["en"].keys()


def test_a_mistyped_code_leads_to_the_likely_one(client):
    """404 with a link to the one code in use that is a mistake away; what was typed is escaped."""
    wrong = CODE[:5] + "9" + CODE[6:]
    answer = show(client, wrong)

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert f'href="./{CODE}?lang=zh"' in answer.text
    assert "<script>x" not in show(client, "<script>x").text


def test_a_door_that_is_not_there_leads_to_those_that_are(client):
    """Both doors, as links."""
    answer = show(client, f"{CODE} 9")

    assert answer.status_code == 404
    assert f'href="./{CODE}-1?lang=zh"' in answer.text
    assert f'href="./{CODE}-%E4%B8%9C%E9%97%A8?lang=zh"' in answer.text


def test_a_plate_from_before_a_redraw_tells_the_new_owner_and_the_old_one_when_asked(client, town):
    """The edge between two grids moves 200 m north by a published plan: the tower, on the same code, is the other's.

    With an instant before it the page tells the old owner, and has no form.
    """
    assert owner_of(show(client, CODE).text) == NORTH_WEST
    by_code = {grid.code: grid for grid in tiny_tree()}
    north = square(0, 0, 1, 2).intersection(by_code[NORTH_WEST].shape)
    lower = [(102.70, 25.01), (102.71, 25.01)]
    upper = [(102.70, 25.013), (102.71, 25.013)]
    moved = dict(zip(lower, upper, strict=True))

    def move(shape):
        ring = [moved.get((round(x, 9), round(y, 9)), (x, y)) for x, y in shape.exterior.coords]
        return type(shape)(ring)

    edition = publish_tree(
        town,
        [
            replace(by_code[NORTH_WEST], shape=move(north)),
            replace(by_code[SOUTH_WEST], shape=move(by_code[SOUTH_WEST].shape)),
        ],
    )
    client.app_state["snapshots"].refresh()

    assert edition.number == 2
    page = show(client, CODE).text
    assert owner_of(page) == SOUTH_WEST
    assert "李网格长" in page
    before = show(client, CODE, at=(FIRST_DAY + timedelta(days=1)).isoformat()).text
    assert owner_of(before) == NORTH_WEST
    assert "2026-01-02 的归属" in before
    assert "<form" not in before
    assert "at=2026-01-02" in re.search('class="language" href="(.*?)"', before)[1]


def test_before_the_first_edition_there_were_no_grids(client):
    """A page that says so, with a link to today."""
    answer = show(client, CODE, at="2020-01-01T00:00:00Z", lang="en")

    assert answer.status_code == 404
    assert "There were no grids at that time" in answer.text
    assert f'href="./{CODE}?lang=en"' in answer.text


def test_full_contacts_can_be_called_and_none_are_told(town, open_session, tmp_path):
    """As the setting says: names and numbers to call, or nobody."""

    def open_work():
        return UnitOfWork(open_session)

    with door_client(open_work, tmp_path, contacts="full") as client:
        page = show(client, CODE, lang="en").text
        assert '<span>欧阳建国 (grid worker)</span><a href="tel:13800138000">13800138000</a>' in page
    with door_client(open_work, tmp_path, contacts="none") as client:
        assert "网格长" not in show(client, CODE).text


def test_the_page_loads_nothing_from_elsewhere_and_runs_nothing_inline(client):
    """A strict policy; scripts are files, which are there; the worker may serve the pages above its folder."""
    answer = show(client, CODE)
    policy = answer.headers["content-security-policy"]

    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")
    assert re.search(r"<script[^>]*>[^<]", answer.text) is None
    assert " style=" not in answer.text
    for name in re.findall(r'(?:src|href)="static/(.*?)"', answer.text):
        assert client.get(f"/b/static/{name}").is_success
    worker = client.get("/b/static/worker.js")
    assert worker.headers["service-worker-allowed"] == "/b/"
    assert client.get("/b/static/page.html").status_code == 404


@pytest.mark.parametrize("query", [{"at": "yesterday"}, {"lang": "fr"}])
def test_what_is_wrong_is_refused(client, query):
    """No instant, no language of the two."""
    assert show(client, CODE, **query).status_code == 422
