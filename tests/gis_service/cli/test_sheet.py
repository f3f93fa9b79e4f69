from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.support.pdf import sizes_mm, texts


@pytest.fixture
def run(demo_database, tmp_path):
    """The command in a process of its own, in an empty folder."""

    def run(*words, **environment):
        command = [sys.executable, "-m", "gis_service", "sheet", *words]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment}
        environment.setdefault("GIS_DATABASE_URL", demo_database)
        return subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
        )

    return run


def test_a_sheet_is_written(run, tmp_path):
    """The district in English on A3, lying; what was made is said in a line."""
    done = run("530103", "-o", "district.pdf", "--lang", "en", "--paper", "A3", "--orientation", "landscape")

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("district.pdf: 盘龙区, edition 1, ")
    body = (tmp_path / "district.pdf").read_bytes()
    assert "Edition 1" in texts(body)[0]
    assert sizes_mm(body) == [(420, 297)]


def test_a_date_chooses_the_edition(run, tmp_path):
    """The demo is in force today, a date meant in the zone of the settings, and in no edition long before."""
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
    assert run("530103006001", "-o", "sheet.png", "--at", today).returncode == 0
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")

    early = run("530103006001", "-o", "early.png", "--at", "1999-01-01")

    assert early.returncode == 1
    told, advice = early.stderr.strip().split("; ")
    assert told == "no edition was in force at 1998-12-31T16:00:00+00:00"
    assert advice.startswith("at must be ")
    assert not (tmp_path / "early.png").exists()


@pytest.mark.parametrize(
    ("words", "environment", "status", "sentence"),
    [
        (("999", "-o", "a.pdf"), {}, 1, "no grid has the code '999' in edition 1"),
        (("530103", "-o", "a.gif"), {}, 2, "the file must end in .pdf or .png"),
        (("530103", "-o", "a.pdf", "--at", "soon"), {}, 2, "must be a date or an instant"),
        (("530103", "-o", "nowhere/a.pdf"), {}, 2, "cannot be written: No such file or directory"),
        (
            ("530103", "-o", "a.pdf"),
            {"GIS_SHEET_FONT": "/no.ttf"},
            1,
            "/no.ttf of GIS_SHEET_FONT is not there",
        ),
    ],
)
def test_what_cannot_be_drawn_is_told(run, words, environment, status, sentence):
    """On standard error, without a traceback."""
    done = run(*words, **environment)

    assert done.returncode == status
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
