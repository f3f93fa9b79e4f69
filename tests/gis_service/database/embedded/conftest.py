"""Fixtures: projects in which embedded databases are made, killed, moved and copied."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from gis_service.database.embedded import EmbeddedCluster, EmbeddedDatabaseError
from gis_service.database.embedded.place import ELSEWHERE, OWNER


@pytest.fixture
def project() -> Iterator[Path]:
    """A project that any user may enter; what it started is stopped and removed after the test."""
    made = _make()
    yield made
    _remove(made)


@pytest.fixture(scope="session")
def whole() -> Iterator[Path]:
    """A cluster that is made and stopped, to be copied: making one anew takes a second and a half."""
    made = _make()
    cluster = EmbeddedCluster(made / "postgres", durable=False)
    cluster.start()
    cluster.stop()
    yield made / "postgres"
    _remove(made)


@pytest.fixture
def directory(project: Path, whole: Path) -> Path:
    """The directory of a cluster that is made and stopped, in a project of its own."""
    shutil.copytree(whole, project / ".gis" / "postgres")
    return project / ".gis" / "postgres"


@pytest.fixture
def ask() -> Callable[..., Any]:
    """A function that runs statements in a database and returns the last one's single value."""

    def answer(url: str, *statements: str) -> Any:  # whatever the database answers
        engine = create_engine(url)
        try:
            with engine.begin() as connection:
                results = [connection.execute(text(statement)) for statement in statements]
                return results[-1].scalar() if results[-1].returns_rows else None
        finally:
            engine.dispose()

    return answer


def _make() -> Path:
    """Make a directory in memory where there is such a place: each copy of a cluster has 70 MB."""
    # Not tmp_path: pytest closes that to other users, and root's server runs as another user.
    memory = Path("/dev/shm")  # noqa: S108  # mkdtemp takes a name that nobody has
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2_000_000_000
    made = Path(tempfile.mkdtemp(prefix="gis-test-", dir=memory if roomy else None))
    made.chmod(0o755)
    return made


def _remove(project: Path) -> None:
    for lock in project.rglob("lock"):
        with contextlib.suppress(EmbeddedDatabaseError):  # some tests break their cluster beyond control
            EmbeddedCluster(lock.parent).stop()
    for owner in ELSEWHERE.glob(f"*/{OWNER}"):
        if Path(owner.read_text().strip()).is_relative_to(project):
            shutil.rmtree(owner.parent)
    shutil.rmtree(project)
