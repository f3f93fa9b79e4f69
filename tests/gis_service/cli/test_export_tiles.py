from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest


@pytest.fixture
def run(demo_database, tmp_path):
    """The command in a process of its own, in an empty folder."""

    def run(*words):
        command = [sys.executable, "-m", "gis_service", "tiles", "export", *words]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "GIS_DATABASE_URL": demo_database}
        return subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
        )

    return run


def test_an_archive_of_a_street_is_written(run, tmp_path):
    """Zooms 10 to 13 of a street of Panlong, in words and as JSON."""
    words = ("--edition", "1", "--under", "530103006", "--min-zoom", "10", "--max-zoom", "13")
    done = run("street.pmtiles", *words)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("street.pmtiles: ")
    assert " tiles of edition 1, 0.0 MB; " in done.stdout
    told = json.loads(run("street.mbtiles", *words, "--json").stdout)
    assert (told["edition"], told["kept"]) == (1, 0)
    assert 0 < told["written"] <= told["tiles"]
    assert told["size_bytes"] == (tmp_path / "street.mbtiles").stat().st_size
    assert done.stdout.split()[1] == str(told["written"])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("a.zip",), "write one of .pmtiles, .mbtiles"),
        (("a.pmtiles", "--edition", "9"), "there is no edition 9"),
    ],
)
def test_a_wrong_use_is_one_line(run, words, sentence):
    """On standard error, exit 2."""
    done = run(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
