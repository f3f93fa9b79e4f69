from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gis_service.api.tile_folder import BLOCK_BYTES, UNFINISHED, USED_AFTER_S, TileFolder

PLENTY = 1 << 20


def file_of(path: Path, name: str) -> Path:
    return path / name[:2] / name


def age(file: Path, seconds: float) -> float:
    """Let a file have been used so long ago; returns when."""
    then = time.time() - seconds
    os.utime(file, (then, then))
    return then


def test_what_one_worker_keeps_another_reads(tmp_path):
    """An empty body too; a name never written has none."""
    for name, body in (("aa1", b"tile"), ("bb2", b"")):
        TileFolder(tmp_path, PLENTY).write(name, body)
        assert TileFolder(tmp_path, PLENTY).read(name) == body
    assert TileFolder(tmp_path, PLENTY).read("cc3") is None


def test_a_damaged_file_is_refused_and_goes(tmp_path):
    """Cut short, emptied by a loss of power, with a byte changed, or under another's name."""
    folder = TileFolder(tmp_path, PLENTY)
    folder.write("aa1", b"tile")
    file = file_of(tmp_path, "aa1")
    whole = file.read_bytes()
    for damaged in (whole[:-1], b"", whole[:-1] + b"E"):
        file.write_bytes(damaged)
        assert folder.read("aa1") is None
        assert not file.exists()
    file_of(tmp_path, "aa2").write_bytes(whole)
    assert folder.read("aa2") is None
    assert folder.refused == 4


def test_what_was_used_longest_ago_gives_way(tmp_path):
    """Room for eight of nine: of all, the one used last is the first that was written, and a read notes a use."""
    folder = TileFolder(tmp_path, 8 * BLOCK_BYTES)
    names = [f"a{number}x" for number in range(8)]
    for number, name in enumerate(names):
        folder.write(name, b"tile")
        age(file_of(tmp_path, name), 2 * USED_AFTER_S - number)
    assert folder.read(names[0]) == b"tile"
    folder.write("a8x", b"tile")
    # An eighth below the bound, so that the next one does not sweep in vain.
    assert [name for name in [*names, "a8x"] if folder.read(name) is None] == names[1:3]


def test_a_use_is_noted_once_an_hour(tmp_path):
    """A file used a minute ago keeps its time: reading writes nothing."""
    folder = TileFolder(tmp_path, PLENTY)
    folder.write("aa1", b"tile")
    then = age(file_of(tmp_path, "aa1"), 60)
    folder.read("aa1")
    assert abs(file_of(tmp_path, "aa1").stat().st_mtime - then) < 1


def test_what_a_killed_worker_left_goes_and_what_one_writes_stays(tmp_path):
    """An unfinished file of yesterday, and one of now, at the first write of a worker."""
    (tmp_path / "aa").mkdir()
    left, fresh = (tmp_path / "aa" / f"{name}{UNFINISHED}" for name in ("left", "fresh"))
    left.touch()
    fresh.touch()
    age(left, 86_400)
    TileFolder(tmp_path, PLENTY).write("aa1", b"tile")
    assert (left.exists(), fresh.exists()) == (False, True)


def test_a_folder_that_cannot_be_written_costs_only_the_cache(tmp_path):
    """A file stands where the folder should be: nothing is raised, nothing found, each body counted."""
    (tmp_path / "tiles").touch()
    folder = TileFolder(tmp_path / "tiles", PLENTY)
    folder.write("aa1", b"tile")
    folder.write("aa1", b"tile")
    assert (folder.read("aa1"), folder.unwritten) == (None, 2)


def test_workers_that_write_and_sweep_at_once_read_whole_bodies_or_none(tmp_path):
    """Four writers of the same twenty names in room for ten; the bound is kept when all have swept."""
    body = bytes(range(256)) * 8
    folders = [TileFolder(tmp_path, 10 * BLOCK_BYTES) for _ in range(4)]

    def run(folder: TileFolder) -> set[bytes | None]:
        found = set()
        for number in range(60):
            name = f"{number % 20:02}x"
            folder.write(name, body)
            found.add(folder.read(name))
        return found

    with ThreadPoolExecutor(4) as threads:
        assert set().union(*threads.map(run, folders)) <= {body, None}
    folders[0].write("99x", body)
    assert sum(file.stat().st_size > 0 for file in tmp_path.glob("??/*x")) <= 10
    assert [one.unwritten + one.refused for one in folders] == [0] * 4
    assert not list(tmp_path.glob(f"??/*{UNFINISHED}"))
