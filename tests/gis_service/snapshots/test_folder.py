from __future__ import annotations

import os
import resource
import signal
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest

from gis_service.domain.edition import Edition
from gis_service.snapshots import folder as folder_module
from gis_service.snapshots.folder import LAYOUT, SnapshotFolder
from gis_service.snapshots.snapshot import build_snapshot
from grid_boundaries.locate.format import FORMAT, pack
from tests.support.editions import LEVELS, NEW_YEAR, RANKS
from tests.support.tree import at, troubled_tree

FIRST = Edition(1, NEW_YEAR, NEW_YEAR, "test", "", 10, "abc", {}, (102.7, 25.0, 102.74, 25.03))


class Maker:
    """Makes the snapshot of the troubled tree, and counts how often."""

    def __init__(self, edition=FIRST):
        self.edition, self.times = edition, 0

    def __call__(self):
        self.times += 1
        return build_snapshot(self.edition, troubled_tree(), LEVELS)


def obtain(folder, make=None, edition=FIRST):
    make = make or Maker(edition)
    return folder.obtain(edition, RANKS, make), make


def answers(snapshot):
    """The owners of places all over the tree, by what answers say of them."""
    found = [snapshot.locator.locate(*at(across / 4, up / 4)) for across in range(-1, 18) for up in range(-1, 14)]
    return [(one, None if one.owner_index is None else snapshot.grids[one.owner_index]) for one in found]


def test_what_was_made_is_mapped_and_answers_the_same(tmp_path):
    """Its name tells the edition and the formats; it is made once."""
    folder = SnapshotFolder(tmp_path / "deep" / "folder")
    snapshot, make = obtain(folder)
    again, _ = obtain(folder, make)
    assert make.times == 1
    assert answers(snapshot) == answers(again) == answers(make())
    assert snapshot.codes.tolist() == make().codes.tolist()
    [file] = (tmp_path / "deep" / "folder").glob("*.snapshot")
    assert file.name.startswith("1-")
    assert file.name.endswith(f"-{FORMAT}.{LAYOUT}.snapshot")
    assert (snapshot.file_bytes, again.file_bytes) == (file.stat().st_size,) * 2


def cut_short(content):
    return content[:-1]


def cut_to_nothing(_):
    return b""


def flip_a_bit(content):
    place = len(content) * 2 // 3
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def foreign_version(content):
    return content[:8] + (FORMAT + 1).to_bytes(4, "little") + content[12:]


def something_else(content):
    return b"PK" + content[2:]


@pytest.mark.parametrize("damage", [cut_short, cut_to_nothing, flip_a_bit, foreign_version, something_else])
def test_a_file_that_is_not_whole_is_set_aside_and_made_again(tmp_path, damage):
    """The damaged one is kept for whoever wants to see what happened."""
    folder = SnapshotFolder(tmp_path)
    _, make = obtain(folder)
    file = folder.file_of(FIRST, RANKS)
    damaged = damage(file.read_bytes())
    file.unlink()
    file.write_bytes(damaged)

    snapshot, _ = obtain(folder, make)

    assert (make.times, folder.refused, folder.unwritten) == (2, 1, 0)
    assert answers(snapshot) == answers(make())
    assert file.with_name(file.name + ".refused").read_bytes() == damaged
    assert obtain(SnapshotFolder(tmp_path))[1].times == 0


@pytest.mark.parametrize(
    "other",
    [
        replace(FIRST, number=2),
        replace(FIRST, checksum="def"),
        replace(FIRST, bounds=(0.0, 0.0, 1.0, 1.0)),
        replace(FIRST, effective_from=NEW_YEAR.replace(year=2025)),
    ],
    ids=["number", "checksum", "bounds", "date"],
)
def test_a_file_of_another_edition_is_refused(tmp_path, other):
    """It is whole, and has the name of the one wanted."""
    folder = SnapshotFolder(tmp_path)
    obtain(folder, edition=other)
    folder.file_of(other, RANKS).rename(folder.file_of(FIRST, RANKS))

    snapshot, make = obtain(folder)

    assert (make.times, folder.refused) == (1, 1)
    assert (snapshot.edition, snapshot.checksum) == (1, "abc")


def test_without_a_place_to_write_it_is_kept_in_memory(tmp_path):
    """The folder would have to lie in a file."""
    (tmp_path / "file").touch()
    folder = SnapshotFolder(tmp_path / "file" / "folder")
    snapshot, make = obtain(folder)
    assert (make.times, folder.unwritten, snapshot.file_bytes) == (1, 1, 0)
    assert answers(snapshot) == answers(make())


def test_on_a_full_disk_it_is_kept_in_memory(tmp_path):
    """No file may have more than 100 kB: nothing is left of what could not be written whole."""
    folder = SnapshotFolder(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        snapshot, make = obtain(folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (make.times, folder.unwritten, snapshot.file_bytes) == (1, 1, 0)
    assert answers(snapshot) == answers(make())
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]
    assert obtain(folder, make)[0].file_bytes > 0


def test_what_cannot_be_made_leaves_no_file_and_no_lock(tmp_path):
    folder = SnapshotFolder(tmp_path)

    def fail():
        raise ValueError("no such level")

    with pytest.raises(ValueError, match="no such level"):
        folder.obtain(FIRST, RANKS, fail)
    assert obtain(folder)[0].file_bytes > 0


def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def die_half_way(about, arrays):
    for place, part in enumerate(pack(about, arrays)):
        yield part
        if place == 20:
            die()


@pytest.mark.parametrize(
    ("where", "name", "death"),
    [(folder_module, "pack", die_half_way), (Path, "rename", die)],
    ids=["half-way", "before it has its name"],
)
def test_a_writer_that_is_killed_leaves_nothing_that_is_taken_for_whole(tmp_path, monkeypatch, where, name, death):
    """What it left is thrown away by the next, which makes the file anew and waits for no lock of the dead."""
    with monkeypatch.context() as patched:
        patched.setattr(where, name, death)
        writer = get_context("fork").Process(target=obtain, args=[SnapshotFolder(tmp_path)])
        writer.start()
        writer.join()
    assert writer.exitcode == -signal.SIGKILL
    assert [path.suffix for path in tmp_path.glob("1-*")] == [".part"]

    folder = SnapshotFolder(tmp_path)
    snapshot, make = obtain(folder)

    assert (make.times, folder.refused, folder.unwritten) == (1, 0, 0)
    assert [path.suffix for path in tmp_path.glob("1-*")] == [".snapshot"]
    assert answers(snapshot) == answers(make())


def test_old_files_go_and_newer_ones_stay(tmp_path):
    """Of editions 1 to 4, with 2 and 3 wanted: 1 goes, and 2 of other content; 4 may be known to another worker."""
    folder = SnapshotFolder(tmp_path)
    editions = [replace(FIRST, number=number) for number in (1, 2, 3, 4)]
    other = replace(FIRST, number=2, checksum="def")
    for edition in (*editions, other):
        obtain(folder, edition=edition)
    folder.sweep({folder.file_of(edition, RANKS) for edition in editions[1:3]})
    assert sorted(tmp_path.glob("*.snapshot")) == sorted(folder.file_of(edition, RANKS) for edition in editions[1:])
