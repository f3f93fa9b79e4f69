from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gis_service.cli.main import app


def run(*words: str, **environment: str):
    return CliRunner().invoke(app, ["tiles", "seed", *words], env=environment)


def test_a_folder_without_tiles_has_nothing_to_seed(demo_database: str, tmp_path: Path):
    """Edition 1 from itself: four zeros as JSON, or as a sentence."""
    place = {"GIS_DATABASE_URL": demo_database, "GIS_HOME": str(tmp_path)}
    done = run("--edition", "1", "--from", "1", "--json", **place)
    assert json.loads(done.stdout) == {"edition": 1, "carried": 0, "rendered": 0, "kept": 0, "left": 0}
    said = run("--edition", "1", "--from", "1", **place).stdout
    assert said == "edition 1: 0 tiles carried over, 0 rendered, 0 there already, 0 left out.\n"


@pytest.mark.parametrize(
    ("words", "environment", "code", "sentence"),
    [
        (["--edition", "1"], {"GIS_TILE_DISK_BYTES": "0"}, 1, "GIS_TILE_DISK_BYTES is 0"),
        (["--edition", "9"], {}, 1, "there is no edition 8"),
        (["--edition", "1", "--layers", "roads"], {}, 2, "no layer 'roads'"),
    ],
)
def test_what_cannot_be_done_is_told(demo_database, tmp_path, words, environment, code, sentence):
    """No tiles on disk at all; no such edition; no such layer."""
    place = {"GIS_DATABASE_URL": demo_database, "GIS_HOME": str(tmp_path)}
    done = run(*words, **place, **environment)
    assert (done.exit_code, sentence in done.stderr) == (code, True)
