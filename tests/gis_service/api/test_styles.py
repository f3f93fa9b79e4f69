from __future__ import annotations

import pytest

from tiles.style import LANGUAGES


def test_a_style_leads_to_its_tiles(demo_client):
    """Every source of the current style is a TileJSON that answers, whose tiles name the edition by number."""
    answer = demo_client.get("/styles/light.json")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["content-type"] == "application/json"
    sources = answer.json()["sources"]
    assert set(sources) >= {"ground", "outline-district", "buildings", "incidents"}
    for source in sources.values():
        described = demo_client.get(source["url"])
        assert described.status_code == 200, source
        assert "/tiles/1/" in described.json()["tiles"][0]


def test_an_edition_can_be_asked_for(demo_client):
    """Its sources are those of its number; of one that does not exist there is no style."""
    sources = demo_client.get("/styles/dark.json?edition=1").json()["sources"]
    assert sources["ground"]["url"].endswith("/tiles/1/grids,grid_labels.json")
    missing = demo_client.get("/styles/dark.json?edition=99")
    assert (missing.status_code, missing.json()["code"]) == (404, "no-edition")


def test_the_words_are_in_the_language_asked_for(demo_client):
    """Chinese unless English is asked for; another tag for another text."""
    legends = [
        [entry["label"] for entry in demo_client.get(f"/styles/light.json?lang={lang}").json()["metadata"][KEY]]
        for lang in LANGUAGES
    ]
    assert legends[0][-1] == "网格内事件数（约数）"
    assert legends[1][-1] == "Incidents in the grid (about)"
    assert "街道" in legends[0]
    assert "Street" in legends[1]
    tags = {demo_client.get(f"/styles/light.json{query}").headers["etag"] for query in ("", "?lang=zh", "?lang=en")}
    assert len(tags) == 2


KEY = "gis-service:legend"


def test_a_client_that_has_the_style_gets_304(demo_client):
    """And no body; the style is the same for whoever shows a token, even one that is not valid."""
    first = demo_client.get("/styles/dark.json")
    again = demo_client.get("/styles/dark.json", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    shown = demo_client.get("/styles/dark.json", headers={"Authorization": "Bearer nobody"})
    assert (shown.status_code, shown.content) == (200, first.content)
    assert demo_client.head("/styles/dark.json").content == b""


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/styles/blue.json", 404, "there is no style 'blue'; there are light, dark"),
        ("/styles/light.json?lang=de", 422, "lang is one of zh, en"),
        ("/styles/light.json?lang=zh&lang=en", 422, "lang is given twice"),
        ("/styles/light.json?edition=-1", 422, "edition is a number or 'current'; see /v1/editions"),
        ("/styles/light.json?edition=1e9;--", 422, "edition is a number or 'current'; see /v1/editions"),
    ],
)
def test_what_there_is_not_is_refused(demo_client, path, status, sentence):
    """As a problem with the sentence that names the fault."""
    answer = demo_client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == sentence
