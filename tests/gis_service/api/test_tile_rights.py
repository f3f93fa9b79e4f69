"""Layers, fields and features are for those who may see them, in front of all routes and behind."""

from __future__ import annotations

import mapbox_vector_tile
import pytest

from tests.support.tile_ground import features

Z12, Z14 = "12/3216/1753", "14/12866/7014"
THINGS = f"/tiles/1/grids,indicators,resources,devices/{Z12}.mvt"
TRACKS = f"/tiles/1/tracks/{Z12}.mvt"
RESTRICTED = {"care_people", "disputes_settled"}
MAY_SEE_TRACKS = {"dispatcher", "auditor", "admin"}


@pytest.fixture
def ask(demo_client, demo_tokens):
    """Ask for a path as someone of a role, in front of all layers."""

    def asked(path: str, role: str = "public"):
        headers = {} if role == "public" else {"Authorization": f"Bearer {demo_tokens[role]}"}
        return demo_client.get(path, headers=headers)

    return asked


def seen(tile: bytes) -> tuple[set[str], int, int]:
    """Return the restricted indicators of a tile, and how many resources and devices it has."""
    fields = {name for one in features(tile, "indicators") for name in one["properties"]}
    return fields & RESTRICTED, len(features(tile, "resources")), len(features(tile, "devices"))


def test_classes_that_take_turns_never_get_each_others_tile(ask):
    """Public, worker and auditor of the district ask for one tile three times, from memory from the second on."""
    turns = [{role: ask(THINGS, role) for role in ("public", "worker", "auditor")} for _ in range(3)]
    first = {role: seen(answer.content) for role, answer in turns[0].items()}
    assert [first[role][0] for role in first] == [set(), {"disputes_settled"}, RESTRICTED]
    assert first["public"][1] < first["worker"][1] == first["auditor"][1]
    assert first["public"][2] < first["worker"][2] <= first["auditor"][2]
    for turn in turns[1:]:
        assert {role: answer.content for role, answer in turn.items()} == {
            role: answer.content for role, answer in turns[0].items()
        }
    assert len({answer.headers["etag"] for answer in turns[0].values()}) == 3
    assert [turns[0][role].headers["cache-control"].split(",")[0] for role in first] == [
        "public",
        "private",
        "private",
    ]


def test_the_tag_of_a_class_opens_no_tile_of_another(ask, demo_client):
    """What an auditor holds is no news for the public: answered with the public's own tile, from memory too."""
    tag = ask(THINGS, "auditor").headers["etag"]
    for _ in range(2):
        answer = demo_client.get(THINGS, headers={"If-None-Match": tag})
        assert answer.status_code == 200
        assert seen(answer.content)[0] == set()


def test_nothing_of_things_is_written_to_disk(ask, demo_client):
    """They move, so no file is made of them, whoever asks; the file of grids is one for each class."""
    folder = demo_client.app_state["tile_folder"]
    before = set(folder._path.glob("??/*"))
    for role in ("public", "worker"):
        ask(f"/tiles/1/resources,devices/{Z14}.mvt", role)
        ask(f"/tiles/1/indicators/{Z14}.mvt", role)
    assert set(folder._path.glob("??/*")) == before


@pytest.mark.parametrize("role", ["public", "worker", "router", "planner", "dispatcher", "auditor", "admin"])
def test_tracks_are_no_layer_but_for_those_who_may_see_them(ask, role):
    """For all others each answer is that to a layer that was never there, byte for byte but for the name."""
    answers = [
        ask(f"/tiles/1/{layer}{rest}", role) for rest in (f"/{Z12}.mvt", ".json") for layer in ("tracks", "roads")
    ]
    if role in MAY_SEE_TRACKS:
        assert [answer.status_code for answer in answers] == [200, 404, 200, 404]
        tile = mapbox_vector_tile.decode(answers[0].content)
        assert {one["geometry"]["type"] for one in tile["tracks"]["features"]} <= {"LineString", "MultiLineString"}
        assert "tracks" in answers[1].json()["detail"]
        return
    for hidden, unknown in (answers[:2], answers[2:]):
        assert hidden.status_code == 404
        assert hidden.json()["code"] == "no-layer"
        told, expected = ({**answer.json(), "instance": None} for answer in (hidden, unknown))
        assert told["detail"].replace("'tracks'", "'roads'") == expected["detail"]
        assert "tracks" not in expected["detail"]
        assert told.keys() == expected.keys()
        same = {"content-type", "cache-control", "vary"}
        assert {name: hidden.headers.get(name) for name in same} == {name: unknown.headers.get(name) for name in same}


def test_tracks_among_other_layers_are_no_layer_either(ask):
    """Neither at a zoom that has none nor beside layers that are there."""
    for layers in ("grids,tracks", "tracks,grids"):
        assert ask(f"/tiles/1/{layers}/9/402/219.mvt").json()["code"] == "no-layer"
        assert ask(f"/tiles/1/{layers}/9/402/219.mvt", "admin").status_code == 200


def test_the_fields_of_indicators_are_those_of_its_tiles(ask):
    """TileJSON tells each class the fields that it receives, with name, unit and period."""
    for role in ("public", "worker", "admin"):
        (layer,) = ask("/tiles/1/indicators.json", role).json()["vector_layers"]
        tile = ask(f"/tiles/1/indicators/{Z12}.mvt", role).content
        received = {name for one in features(tile, "indicators") for name in one["properties"]}
        assert received == set(layer["fields"])
    (public,) = ask("/tiles/1/indicators.json").json()["vector_layers"]
    assert public["fields"]["elderly_share"].startswith("60岁及以上人口占比 / People aged 60 and over, %, 20")
    assert RESTRICTED.isdisjoint(public["fields"])


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("grids/12/3216/1753.mvt?kind=tent", "kind is one of standard, dedicated"),
        (
            "resources/12/3216/1753.mvt?kind=camera",
            (
                "kind is one of blanket, drinking_water, extinguisher, food, fuel, generator, lighting, medicine,"
                " pump, tent"
            ),
        ),
        (
            "grids,devices.json?kind=odd",
            "kind is one of standard, dedicated, camera, smoke_alarm, sorting_point, water_meter",
        ),
    ],
)
def test_a_kind_that_no_layer_has_is_refused(ask, query, sentence):
    """422 with those that there are, for the tile and for its description."""
    answer = ask(f"/tiles/1/{query}")
    assert answer.status_code == 422
    assert answer.json()["detail"] == sentence
    assert answer.json()["errors"][0]["parameter"] == "kind"


def test_a_kind_narrows_the_layers_that_have_it(ask):
    """The resources of one kind alone, and all grids beside them."""
    whole = ask(f"/tiles/1/grids,resources/{Z12}.mvt", "admin").content
    kinds = [one["properties"]["kind"] for one in features(whole, "resources")]
    narrowed = ask(f"/tiles/1/grids,resources/{Z12}.mvt?kind={kinds[0]}", "admin").content
    found = [one["properties"]["kind"] for one in features(narrowed, "resources")]
    assert found == [kind for kind in kinds if kind == kinds[0]]
    assert len(found) < len(kinds)
    assert len(features(narrowed, "grids")) == len(features(whole, "grids"))
