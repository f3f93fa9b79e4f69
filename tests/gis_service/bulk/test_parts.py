"""Folders of Parquet: part by part, on again after a break, on threads and on a cluster."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import pytest
from pyarrow import parquet

from gis_service.bulk import cluster, local
from gis_service.bulk.asked import Asked, BadRowsError
from gis_service.bulk.cluster import hand_out, open_cluster
from gis_service.bulk.locator_file import digest_of, write_locator
from gis_service.bulk.parts import parts_of, plan_tasks
from gis_service.errors import ClashError, RuleBrokenError, UnavailableError
from gis_service.use_cases.locate_file import Engine, locate_file
from tests.support.bulk import ADDED, expected_rows, random_points, tree_ownership, write_points

SIZES = {"a.parquet": 300, "deep/b.parquet": 200, "c.parquet": 0}


@pytest.fixture
def folder(tmp_path):
    """Three parts, one of them empty, one in a folder of its own; and what is nobody's data."""
    made = tmp_path / "in"
    made.mkdir()
    for seed, (name, size) in enumerate(SIZES.items()):
        write_points(made / name, *random_points(size, seed))
    (made / "_SUCCESS").touch()
    (made / ".hidden.parquet").write_bytes(b"no")
    return made


def run(path, out, *, edition=7, engine=None, **asked):
    told = Engine(2) if engine is None else engine
    return locate_file(path, out, tree_ownership(edition), Asked(**asked), told, on_rows=lambda *_: None)


def contents(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_every_part_comes_back_under_its_name(folder, tmp_path):
    """500 points in three parts, by the reference locator; nothing else in the folder."""
    done = run(folder, tmp_path / "out")
    assert (done.tally.points, done.written, done.kept) == (500, 3, 0)
    assert set(contents(tmp_path / "out")) == set(SIZES)
    for seed, (name, size) in enumerate(SIZES.items()):
        back = parquet.read_table(tmp_path / "out" / name)
        assert back.select(ADDED).to_pylist() == expected_rows(*random_points(size, seed))


def test_finished_parts_are_kept_and_told_again(folder, tmp_path):
    """The same run twice writes nothing the second time, and counts the same."""
    first = run(folder, tmp_path / "out")
    before = {name: (tmp_path / "out" / name).stat().st_mtime_ns for name in SIZES}
    again = run(folder, tmp_path / "out")
    assert (again.written, again.kept, again.tally) == (0, 3, first.tally)
    assert {name: (tmp_path / "out" / name).stat().st_mtime_ns for name in SIZES} == before


def test_what_was_made_otherwise_is_made_again(folder, tmp_path):
    """Another edition: all; a part changed: that one; a part half gone: that one; one less: it goes."""
    run(folder, tmp_path / "out")
    assert run(folder, tmp_path / "out", edition=8).written == 3
    assert run(folder, tmp_path / "out", edition=8, crs="gcj02").written == 3
    write_points(folder / "a.parquet", *random_points(10))
    assert run(folder, tmp_path / "out", edition=8, crs="gcj02").written == 1
    target = tmp_path / "out" / "a.parquet"
    target.write_bytes(target.read_bytes()[:-9])
    with pytest.raises(ClashError, match=r"a\.parquet was not written by this command"):
        run(folder, tmp_path / "out", edition=8, crs="gcj02")
    target.unlink()
    (folder / "c.parquet").unlink()
    assert run(folder, tmp_path / "out", edition=8, crs="gcj02").kept == 1
    assert set(contents(tmp_path / "out")) == {"a.parquet", "deep/b.parquet"}


def test_a_part_that_fails_leaves_the_others_for_the_next_run(folder, tmp_path):
    """A is damaged behind its metadata: the run fails, and leaves no half part; mended, it goes on."""
    whole = (folder / "a.parquet").read_bytes()
    (folder / "a.parquet").write_bytes(whole[:4] + bytes(1000) + whole[1004:])
    with pytest.raises(RuleBrokenError, match=r"a\.parquet is not readable"):
        run(folder, tmp_path / "out", engine=Engine(1))
    assert not (tmp_path / "out" / "a.parquet").exists()
    assert list((tmp_path / "out").glob(".*")) == []
    (folder / "a.parquet").write_bytes(whole)
    assert run(folder, tmp_path / "out").tally.points == 500


def test_what_a_killed_run_left_is_swept_away(folder, tmp_path):
    """A process killed while it wrote ``a``; a folder of somebody else stays."""
    out = tmp_path / "out"
    (out / ".a-12345678").mkdir(parents=True)
    (out / ".a-12345678" / "a.parquet").write_bytes(b"half")
    (out / ".a-somebody").mkdir()
    (out / ".a-somebody" / "mine").touch()
    run(folder, out)
    assert {file.name for file in out.iterdir()} == {"a.parquet", "deep", "c.parquet", ".a-somebody"}


def test_foreign_files_and_folders_in_one_another_are_refused(folder, tmp_path):
    out = tmp_path / "out"
    write_points(out / "old.parquet", *random_points(1))
    with pytest.raises(ClashError, match=r"old\.parquet was not written by this command"):
        run(folder, out)
    for place in (folder, folder / "out", tmp_path):
        with pytest.raises(RuleBrokenError, match="lie in one another"):
            run(folder, place)
    (tmp_path / "empty").mkdir()
    with pytest.raises(RuleBrokenError, match="no Parquet files"):
        run(tmp_path / "empty", out)


def test_strict_is_asked_of_kept_parts_too(folder, tmp_path):
    """A part with a bad row, written before, does not pass."""
    lons, lats = random_points(5)
    lons[2] = 999
    write_points(folder / "a.parquet", lons, lats)
    assert run(folder, tmp_path / "out").tally.first_bad[0][:2] == ("a.parquet", 3)
    with pytest.raises(BadRowsError, match=r"a\.parquet, row 3: out of range"):
        run(folder, tmp_path / "out", strict=True)


def test_a_file_is_cut_between_row_groups(tmp_path, monkeypatch):
    """90 rows in groups of 10, parts of 25 at least: 30, 30, 30; together they are the file."""
    monkeypatch.setattr("gis_service.bulk.parts.ROWS", 25)
    lons, lats = random_points(90)
    write_points(tmp_path / "in.parquet", lons, lats, rows_per_group=10)
    assert [part.rows for part in parts_of(tmp_path / "in.parquet")] == [30, 30, 30]
    run(tmp_path / "in.parquet", tmp_path / "out")
    back = [parquet.read_table(tmp_path / "out" / f"part-0000{n}.parquet") for n in range(3)]
    assert [row for table in back for row in table.select(ADDED).to_pylist()] == expected_rows(lons, lats)


def test_stopping_gives_up_the_parts_under_way(folder, tmp_path, monkeypatch):
    """The first part is there when the consumer goes; the second, held back, is given up and leaves nothing."""
    ownership = tree_ownership()
    tasks = plan_tasks(folder, tmp_path / "out", digest_of(ownership), Asked())
    held = threading.Event()
    whole = local.locate_part

    def slow(task, *more):
        if task.part.name == "a.parquet":
            held.wait(60)
        return whole(task, *more)

    monkeypatch.setattr(local, "locate_part", slow)
    finishing = local.locate_parts(tasks, ownership, Asked(), 2, lambda _: None)
    assert next(finishing)[0].part.name != "a.parquet"
    threading.Timer(0.2, held.set).start()
    finishing.close()
    assert not (tmp_path / "out" / "a.parquet").exists()


@pytest.fixture(scope="module")
def client():
    """A cluster of two processes."""
    with open_cluster(None, 2) as opened:
        yield opened


def test_a_cluster_writes_what_threads_write(client, folder, tmp_path, monkeypatch):
    """Byte for byte; the workers map the locator, or, where they do not see the file, are sent it."""
    scheduler = client.scheduler.address
    run(folder, tmp_path / "local")
    run(folder, tmp_path / "mapped", engine=Engine(1, on_dask=True, scheduler=scheduler))
    assert contents(tmp_path / "mapped") == contents(tmp_path / "local")
    ownership = tree_ownership(9)
    digest, file = digest_of(ownership), tmp_path / "locator"
    write_locator(file, ownership)
    monkeypatch.chdir(tmp_path)  # where the workers are not
    handed = hand_out(client, Path("locator"), digest)
    assert handed.data is not None
    tasks = plan_tasks(folder, tmp_path / "sent", digest, Asked())
    assert len(list(cluster.locate_parts(client, tasks, handed, Asked(), lambda _: None))) == 3
    run(folder, tmp_path / "nine", edition=9)
    assert contents(tmp_path / "sent") == contents(tmp_path / "nine")


def test_a_refusal_on_a_worker_is_told_here(client, folder, tmp_path):
    """A damaged part; and a scheduler that is not there."""
    whole = (folder / "a.parquet").read_bytes()
    (folder / "a.parquet").write_bytes(whole[:4] + bytes(1000) + whole[1004:])
    with pytest.raises(RuleBrokenError, match=r"a\.parquet is not readable"):
        run(folder, tmp_path / "out", engine=Engine(1, on_dask=True, scheduler=client.scheduler.address))
    with pytest.raises(RuleBrokenError, match="takes Parquet"):
        run(folder / "a.parquet", tmp_path / "a.parquet", engine=Engine(1, on_dask=True))


def test_a_lost_worker_is_survived(client, tmp_path):
    """One of two processes is killed at the first part of 40; all parts come, and none is half."""
    for number in range(40):
        write_points(tmp_path / "in" / f"{number:02}.parquet", *random_points(50, number))
    ownership = tree_ownership()
    digest, file = digest_of(ownership), tmp_path / "locator"
    write_locator(file, ownership)
    tasks = plan_tasks(tmp_path / "in", tmp_path / "out", digest, Asked())
    handed, pids = hand_out(client, file, digest), client.run(os.getpid)
    assert handed.data is None
    finishing = cluster.locate_parts(client, tasks, handed, Asked(), lambda _: None)
    done = [next(finishing)]
    os.kill(next(iter(pids.values())), signal.SIGKILL)
    done += finishing
    assert len({task for task, _ in done}) == 40
    assert sum(tally.points for _, tally in done) == 2000
    run(tmp_path / "in", tmp_path / "local")
    assert {name for name in contents(tmp_path / "out") if not name.startswith(".")} == set(
        contents(tmp_path / "local")
    )


def test_a_scheduler_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setattr(cluster, "WAIT_S", 0.2)
    with pytest.raises(UnavailableError, match=r"No Dask cluster with workers answers at tcp://127\.0\.0\.1:9"):
        open_cluster("tcp://127.0.0.1:9", 1).__enter__()


def test_without_dask_it_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(RuleBrokenError, match=r"pip install 'gis-service\[dask\]'"):
        open_cluster(None, 1).__enter__()
