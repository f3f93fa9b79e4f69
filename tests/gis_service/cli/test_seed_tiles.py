from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gis_service.cli.main import app
from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from tests.conftest import TEMPLATE, make_database
from tests.support.editions import store_ranks
from tests.support.lookups import store_two_editions


@pytest.fixture(scope="module")
def two_editions(server_url: str, template_url: str) -> str:
    """A database with the editions 1 and 2.  Returns its URL."""
    url = make_database(server_url, "gis_test_seed", TEMPLATE)
    engine = make_engine(url, pool_size=1, statement_timeout_ms=9000)
    sessions = make_session_factory(engine)
    store_ranks(sessions)
    store_two_editions(lambda: UnitOfWork(sessions))
    engine.dispose()
    return url


@pytest.fixture
def run(two_editions: str, tmp_path: Path):
    def run(*words: str, **environment: str):
        place = {"GIS_DATABASE_URL": two_editions, "GIS_HOME": str(tmp_path)}
        return CliRunner().invoke(app, ["tiles", "seed", *words], env=place | environment)

    return run


def test_a_folder_without_tiles_has_nothing_to_seed(run):
    """Edition 2 from the one before as JSON, edition 1 from the one after as a sentence: four zeros."""
    done = run("--edition", "2", "--layers", "grids", "--json")
    assert json.loads(done.stdout) == {"edition": 2, "carried": 0, "rendered": 0, "kept": 0, "left": 0}
    said = run("--edition", "1", "--from", "2").stdout
    assert said == "edition 1: 0 tiles carried over, 0 rendered, 0 there already, 0 left out.\n"


@pytest.mark.parametrize(
    ("words", "environment", "sentence"),
    [
        ("--edition 2", {"GIS_TILE_DISK_BYTES": "0"}, "No tiles are kept on disk: GIS_TILE_DISK_BYTES is 0."),
        ("--edition 1", {}, "Edition 1 has none before it; say with --from which edition has tiles."),
        ("--edition 9", {}, "there is no edition 9; see /v1/editions"),
        ("--edition 2 --from 7", {}, "there is no edition 7; see /v1/editions"),
        ("--edition 2 --from 2", {}, "--from must be another edition than --edition."),
        (
            "--edition 2 --min-zoom 9 --max-zoom 3",
            {},
            "Zooms are whole numbers from 0 to 22, the first not after the last.",
        ),
        (
            "--edition 2 --layers grids,incidents",
            {},
            "--layers may be grid_labels, grids; only their tiles are seeded.",
        ),
    ],
)
def test_what_cannot_be_done_is_told(run, words, environment, sentence):
    """In one line, with the number that the export of tiles ends with."""
    done = run(*words.split(), **environment)
    assert (done.exit_code, done.stderr) == (2, sentence + "\n")


def test_a_layer_that_there_is_not_is_told(run):
    """With its name."""
    done = run("--edition", "2", "--layers", "roads")
    assert (done.exit_code, "no layer 'roads'" in done.stderr, done.stderr.count("\n")) == (2, True, 1)
