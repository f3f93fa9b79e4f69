"""Where the files of an embedded database lie, and the short name its socket is reached by."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import logging
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gis_service.database.embedded.errors import ClusterPlaceError
from gis_service.database.embedded.processes import forget_dead_server, stop_at_once
from gis_service.database.embedded.user import ServerUser

# Where the data go when the server's user is not let into the project, as for a project below /root.
ELSEWHERE = Path("/var/lib/gis-service")
# The symbolic link in the project that tells so.
LINK = "elsewhere"
# The file in such a place that tells whose it is.
OWNER = "belongs-to"
# A socket's address has 108 bytes on Linux and 104 on macOS, with a zero at the end.
_LONGEST_SOCKET_BYTES = 103
_LONGEST_SOCKET_NAME = "/.s.PGSQL.65535"
# What needs no escape in a URL, and no libpq reads as a list of hosts.
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")
_LOCK_WAIT_S = 300.0

logger = logging.getLogger(__name__)


@contextmanager
def locked(directory: Path, user: ServerUser) -> Iterator[None]:
    """Hold the one lock of a cluster, so that two processes never start or stop it at once.

    Raises:
        ClusterPlaceError: another process has held it for five minutes.
    """
    path = directory / "lock"
    # Not inherited by programs we start: a server would hold the lock as long as it runs.
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        user.own(path)
        deadline = time.monotonic() + _LOCK_WAIT_S
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise ClusterPlaceError(f"Another process has been busy with {directory} for too long") from None
                time.sleep(0.05)
        yield
    finally:
        os.close(handle)


def find_home(directory: Path) -> Path:
    """Return where the cluster of a project lies now: in the project, or where its link points.

    Raises:
        ClusterPlaceError: the link points out of ``/var/lib/gis-service``.
    """
    link = directory / LINK
    if not link.is_symlink():
        return directory
    home = link.readlink()
    if home.parent != ELSEWHERE:
        raise ClusterPlaceError(f"{link} points to {home}, which is not in {ELSEWHERE}; remove the link")
    return home if home.is_dir() and not _is_of_another(home, directory) else directory


def _is_of_another(home: Path, directory: Path) -> bool:
    """Tell whether a project elsewhere still uses this place: then ours is a copy of that project.

    When that project is gone, or uses the place no longer, ours is that project itself, moved.
    """
    owner = Path((home / OWNER).read_text().strip())
    link = owner / LINK
    return owner != directory and link.is_symlink() and link.readlink() == home


def settle(directory: Path, user: ServerUser) -> Path:
    """Return where the cluster lies or shall lie, making the place ready for the server's user.

    In the project whenever the server's user can get there. Else in ``/var/lib/gis-service``, with a link in the
    project; a cluster that is already in the project is moved there. A project that was moved keeps its place there;
    one that was copied gets a new, empty one, since two projects must not share one database.

    Raises:
        ClusterPlaceError: the link points out of ``/var/lib/gis-service``.
        OSError: no permission, or the disk is full.
    """
    home = find_home(directory)
    if home != directory:
        (home / OWNER).write_text(f"{directory}\n")
        _bring_data(directory, home, user)
        return _owned(home, user)
    if (directory / LINK).is_symlink():
        logger.warning("%s is a copy, or its data are gone: it gets a new, empty database", directory)
        (directory / LINK).unlink()
    if user.uid == os.geteuid() or user.can_enter(directory.parent):
        user.own(directory)
        directory.chmod(0o700)
        return _owned(directory, user)
    return _owned(_settle_elsewhere(directory, user), user)


def _settle_elsewhere(directory: Path, user: ServerUser) -> Path:
    project = next((name for name in reversed(directory.parts[:-1]) if not name.startswith(".")), "")
    home = ELSEWHERE / f"{re.sub(r'[^A-Za-z0-9]+', '-', project).strip('-') or 'project'}-{_digest(directory)}"
    if home.exists():
        # The link was removed, so a new database is wanted; the old one may be too dear to delete.
        stop_at_once(home / "data", user)
        aside = home.with_name(f"{home.name}.left-{time.time_ns()}")
        home.rename(aside)
        logger.warning("%s has no link to its old database any more, which now lies in %s", directory, aside)
    ELSEWHERE.mkdir(mode=0o755, parents=True, exist_ok=True)
    ELSEWHERE.chmod(0o755)
    home.mkdir(mode=0o700)
    (home / OWNER).write_text(f"{directory}\n")
    user.own(home)
    # The link comes before the data: were we interrupted between, they would not be found again.
    (directory / LINK).symlink_to(home)
    _bring_data(directory, home, user)
    return home


def _bring_data(directory: Path, home: Path, user: ServerUser) -> None:
    """Move a cluster out of a project that its user was let into before; nothing to do when it is there already."""
    if not (directory / "data").exists() or (home / "data").exists():
        return
    stop_at_once(directory / "data", user)
    forget_dead_server(directory / "data")
    try:
        (directory / "data").rename(home / "data")
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        arriving = home / "making-arrival"
        shutil.rmtree(arriving, ignore_errors=True)
        shutil.copytree(directory / "data", arriving, symlinks=True)
        arriving.rename(home / "data")
        shutil.rmtree(directory / "data")


def _owned(home: Path, user: ServerUser) -> Path:
    """Give what root copied, and so became the owner of, to the server's user."""
    for top in (home / "data", home / "log"):
        if os.geteuid() != 0 or not top.exists() or top.stat().st_uid == user.uid:
            continue
        for parent, directories, files in os.walk(top):
            for name in (*directories, *files):
                user.own(Path(parent, name))
        user.own(top)  # last: it tells that all the others are done
    return home


def socket_directory(data: Path) -> Path:
    """Return the name by which clients reach the socket in a data directory.

    The socket lies in the data directory itself (its mode 0700 guards it). When that path is too long for a socket's
    address, or needs escapes in a URL, a symbolic link in ``/tmp`` stands for it.

    Raises:
        ClusterPlaceError: somebody else holds the link's name.
    """
    address = os.fsencode(f"{data}{_LONGEST_SOCKET_NAME}")
    if len(address) <= _LONGEST_SOCKET_BYTES and _PLAIN_PATH.fullmatch(str(data)):
        return data
    link = _short_name(data)
    try:
        link.symlink_to(data)
    except FileExistsError:
        if link.lstat().st_uid != os.geteuid():
            raise ClusterPlaceError(f"{link} belongs to another user; remove it") from None
        if not link.is_symlink() or link.readlink() != data:
            raise ClusterPlaceError(f"{link} is in the way; remove it") from None
    return link


def forget_socket_directory(data: Path) -> None:
    """Remove the short name of a data directory, if it had to have one."""
    link = _short_name(data)
    if link.is_symlink() and link.lstat().st_uid == os.geteuid():
        link.unlink()


def _short_name(data: Path) -> Path:
    return Path(f"/tmp/gis-{os.geteuid()}-{_digest(data)}")  # noqa: S108  # whose it is is looked at before use


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
