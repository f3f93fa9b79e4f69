"""Break the check step by step, and see that a test notices: ``python -m tests.mutation [WORD …]``.

The sources are copied, the copies changed, and the tests of the check run against them until the first fails: those
of the changed file, the other quick ones, the slow ones.  A table tells which test killed each mutant.  Words choose
mutants by name; ``--markdown`` prints the table of docs/mutation.md.  Exit code 1: a mutant survived.

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
QUICK = (
    f"{_PROOFS}/test_frozen_city.py",
    *(
        f"{_CHECK}/{name}.py"
        for name in (
            "test_arrangement",
            "test_edges",
            "test_validity",
            "test_unmatched",
            "test_findings",
            "test_families",
            "test_duplicates",
            "test_tree",
            "test_contiguity",
            "test_proofs",
            "test_remarks",
            "goldens/test_rules",
            "test_coverage",
            "test_openings",
        )
    ),
)
"""Each takes less than a second or two, and together they kill nearly all mutants."""
SLOW = (
    *(
        f"{_CHECK}/test_{name}.py"
        for name in ("cancellation", "keys", "footprint", "siblings", "certificate", "verification", "real_districts")
    ),
    f"{_PROOFS}/test_bad_input.py",
    f"{_PROOFS}/test_properties.py",
)
"""Run where the quick ones let a mutant pass."""

_FAILED = re.compile(r"^(?:FAILED|ERROR) (?:[^\s:]*/)?(\S+?::.*?)(?: - |$)", re.MULTILINE)
_TIMEOUT_S = 900


def main(words: list[str]) -> int:
    """Run the mutants whose names hold all words; return how many survived."""
    markdown = "--markdown" in words
    words = [word for word in words if word != "--markdown"]
    chosen = [one for one in MUTANTS if all(word.lower() in one.name.lower() for word in words)]
    survived = 0
    with tempfile.TemporaryDirectory(prefix="mutation") as folder:
        place = _copy(Path(folder))
        unchanged = _first_failure(place, (*QUICK, *SLOW))
        if unchanged is not None:
            sys.stdout.write(f"The tests fail without any mutant: {unchanged}\n")
            return 1
        if markdown:
            sys.stdout.write("| mutant | killed by |\n|---|---|\n")
        for number, mutant in enumerate(chosen, start=1):
            began = time.monotonic()
            killer = _try(mutant, place)
            survived += killer is None
            told = killer or "SURVIVED"
            took = time.monotonic() - began
            row = f"{number:3}/{len(chosen)}  {mutant.name:62}  {took:5.0f} s  {told}\n"
            sys.stdout.write(f"| {mutant.name} | `{told}` |\n" if markdown else row)
            sys.stdout.flush()
    sys.stdout.write(f"\n{len(chosen)} mutants, {survived} survived\n")
    return survived


def _tests_for(mutant: Mutant) -> tuple[str, ...]:
    """Return the tests in the order in which they may kill a mutant: those of the changed files first."""
    changed = {f"test_{Path(edit.file).stem}.py" for edit in mutant.edits}
    return tuple(sorted((*QUICK, *SLOW), key=lambda file: (file in SLOW, Path(file).name not in changed)))


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
        return _first_failure(place, _tests_for(mutant))
    finally:
        for file, source in kept.items():
            file.write_text(source, encoding="utf-8")


def _first_failure(place: Path, tests: tuple[str, ...]) -> str | None:
    """Return the name of the first test that fails in the copy; None where all pass."""
    words = [
        "-m",
        "pytest",
        "-x",
        "-q",
        "--no-header",
        "-p",
        "no:cacheprovider",
        "--tb=no",
        "--hypothesis-seed=0",
        *tests,
    ]
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
