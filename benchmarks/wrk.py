"""wrk, a client that is faster than any server in Python, walking a path over loopback."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.race import Row, Spread, row_of

IS_THERE = shutil.which("wrk") is not None

CONNECTIONS = 8
DURATION_S = 1
ROUNDS = 5

_SCRIPT = Path(__file__).resolve().with_name("wrk.lua")


@dataclass(frozen=True, slots=True)
class Walked:
    """A server, its address, the paths of the tiles there, and their sizes as they are sent."""

    name: str
    address: str
    paths: Sequence[str]
    sizes: Sequence[int]


@dataclass(frozen=True, slots=True)
class _Walk:
    per_s: float
    p50_ms: float
    p95_ms: float
    p99_ms: float


def race_over_loopback(ours: Walked, reference: Walked, *, least_ratio: float | None = None) -> Row:
    """Let eight connections walk the path at each server in turn, round by round, again from the start at its end."""
    walks: tuple[list[_Walk], list[_Walk]] = ([], [])
    for number in range(-1, ROUNDS):
        pair = [(ours, walks[0]), (reference, walks[1])]
        for walked, told in pair if number % 2 == 0 else reversed(pair):
            walk = _walk(walked)
            if number >= 0:
                told.append(walk)
    return row_of(
        ours.name,
        reference.name,
        [walk.per_s for walk in walks[0]],
        [walk.per_s for walk in walks[1]],
        unit="requests",
        least_ratio=least_ratio,
        spreads=(_spread(walks[0], ours.sizes), _spread(walks[1], reference.sizes)),
    )


def _walk(walked: Walked) -> _Walk:
    """Walk the path for the time of a round.

    Raises:
        RuntimeError: an answer was no 2xx or 3xx, or did not come.
    """
    with TemporaryDirectory() as folder:
        paths = Path(folder) / "paths"
        paths.write_text("\n".join(walked.paths), encoding="utf-8")
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{DURATION_S}s", "-s", str(_SCRIPT), walked.address, "--"]
        output = subprocess.run([*command, str(paths)], check=True, capture_output=True, text=True).stdout
    told = json.loads(output.splitlines()[-1])
    if told["failed"] or not told["requests"]:
        msg = f"{walked.name}: {told['failed']} of {told['requests']} requests failed"
        raise RuntimeError(msg)
    p50, p95, p99 = (told[f"p{percent}_us"] / 1000 for percent in (50, 95, 99))
    return _Walk(told["requests"] / told["duration_us"] * 1e6, p50, p95, p99)


def _spread(walks: Sequence[_Walk], sizes: Sequence[int]) -> Spread:
    """Return what answers took in the walk that is in the middle, for each share of them."""
    return Spread(
        p50_ms=statistics.median(walk.p50_ms for walk in walks),
        p95_ms=statistics.median(walk.p95_ms for walk in walks),
        p99_ms=statistics.median(walk.p99_ms for walk in walks),
        mean_bytes=statistics.fmean(sizes),
        most_bytes=max(sizes),
    )
