"""Break the check step by step, and see that a test notices: ``python -m tests.mutation [WORD …]``.

The sources are copied, the copies changed, and the tests of the check run against them until the first fails.
A table tells which test killed each mutant.  Words choose mutants by name.  Exit code 1: a mutant survived.

It takes some seconds a mutant, so it is no part of the usual tests.  ``GIS_TEST_EFFORT`` counts here as there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.mutation.mutants import MUTANTS, Mutant

PROJECT = Path(__file__).resolve().parents[2]
COPIED = ("grid_boundaries", "tests/grid_boundaries", "tests/support", "tests/data", "tests/mutation")
LINKED = ("gis_service", "tiles", "migrations")

_CHECK = "tests/grid_boundaries/check"
_PROOFS = "tests/grid_boundaries/proofs"
TESTS = (
    f"{_PROOFS}/test_frozen_city.py",
    *(f"{_CHECK}/test_{name}.py" for name in ("coverage", "edges", "cancellation", "tree", "openings", "remarks")),
    _CHECK,
    f"{_PROOFS}/test_properties.py",
)
"""The quickest first: a mutant is over with the first test that fails."""

_FAILED = re.compile(r"^(?:FAILED|ERROR) (?:[^\s:]*/)?(\S+?::.*?)(?: - |$)", re.MULTILINE)
_TIMEOUT_S = 900


def main(words: list[str]) -> int:
    """Run the mutants whose names hold all words; return how many survived."""
    chosen = [one for one in MUTANTS if all(word.lower() in one.name.lower() for word in words)]
    survived = 0
    with tempfile.TemporaryDirectory(prefix="mutation") as folder:
        place = _copy(Path(folder))
        unchanged = _first_failure(place)
        if unchanged is not None:
            sys.stdout.write(f"The tests fail without any mutant: {unchanged}\n")
            return 1
        for number, mutant in enumerate(chosen, start=1):
            began = time.monotonic()
            killer = _try(mutant, place)
            survived += killer is None
            told = killer or "SURVIVED"
            took = time.monotonic() - began
            sys.stdout.write(f"{number:3}/{len(chosen)}  {mutant.name:62}  {took:5.0f} s  {told}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{len(chosen)} mutants, {survived} survived\n")
    return survived


def _copy(folder: Path) -> Path:
    """Copy what is changed and what is run, link the rest."""
    for name in COPIED:
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".hypothesis"))
    for name in LINKED:
        (folder / name).symlink_to(PROJECT / name)
    shutil.copy(PROJECT / "pyproject.toml", folder)
    return folder


def _try(mutant: Mutant, place: Path) -> str | None:
    """Change the copies, run the tests, put the copies back; return the first test that fails."""
    files = {place / "grid_boundaries" / edit.file for edit in mutant.edits}
    kept = {file: file.read_text(encoding="utf-8") for file in files}
    try:
        for edit in mutant.edits:
            file = place / "grid_boundaries" / edit.file
            source = file.read_text(encoding="utf-8")
            if source.count(edit.old) != 1:
                raise SystemExit(f"{mutant.name}: {edit.file} does not hold once: {edit.old}")
            file.write_text(source.replace(edit.old, edit.new), encoding="utf-8")
        return _first_failure(place)
    finally:
        for file, source in kept.items():
            file.write_text(source, encoding="utf-8")


def _first_failure(place: Path) -> str | None:
    """Return the name of the first test that fails in the copy; None where all pass."""
    words = ["-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", "--tb=no", *TESTS]
    environment = {**os.environ, "PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=place,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        return "(ran for ever)"
    if done.returncode == 0:
        return None
    found = _FAILED.search(done.stdout)
    return found[1] if found else done.stdout[-300:] + done.stderr[-300:]


if __name__ == "__main__":
    sys.exit(min(1, main(sys.argv[1:])))
