"""Back a database up into one file, and restore it, by PostgreSQL's own pg_dump and pg_restore."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url

from gis_service.database.embedded.programs import find_programs
from gis_service.errors import ClashError, ServiceError

MONTHS_SCHEMA = "incident_months"

# Tables that are not an extension's: spatial_ref_sys is there in an empty database too.
_COUNT_TABLES = text("""
    SELECT count(*) FROM pg_class AS relation
    WHERE relation.relkind IN ('r', 'p') AND relation.relnamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = relation.oid AND deptype = 'e')
""")


class BackupError(ServiceError):
    """The database could not be backed up or restored."""

    code = "backup"


def back_up(url: str, target: Path) -> None:
    """Write all of a database, as it is at one instant, into one compressed file that only its owner may read.

    The service may run meanwhile. The file appears when it is whole.

    Raises:
        BackupError: what pg_dump refuses; the target is as it was.
    """
    part = target.with_name(f"{target.name}.part")
    try:
        _run("pg_dump", url, ["--format=custom", "--no-owner", "--no-privileges", f"--file={part.absolute()}"])
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def restore(url: str, source: Path, *, replace: bool = False) -> None:
    """Fill a database from a file; all of it or, when anything fails, nothing.

    Args:
        url: an empty database.
        source: what `back_up` wrote, of this version of PostgreSQL or an older one.
        replace: also take a database that is not empty; what the file has is put in place of what is there.

    Raises:
        ClashError: the database has tables and `replace` is not given.
        BackupError: what PostgreSQL refuses; the database is as it was.
    """
    engine = create_engine(url)
    with engine.connect() as connection:
        tables = connection.scalar(_COUNT_TABLES)
    engine.dispose()
    if tables and not replace:
        raise ClashError(
            f"the database has {tables} tables; --replace puts the backup in their place", code="not-empty"
        )
    unowned = ["--no-owner", "--no-privileges"]
    if not tables:
        _run("pg_restore", url, [*unowned, "--single-transaction", str(source.absolute())])
        return
    # pg_restore --clean would drop the keys of months one by one, which PostgreSQL refuses; so the months go first,
    # in the transaction that fills the database again.
    with TemporaryDirectory() as folder:
        script = Path(folder) / "restore.sql"
        _run("pg_restore", None, [*unowned, "--clean", "--if-exists", f"--file={script}", str(source.absolute())])
        cleared = [f"--command=DROP SCHEMA IF EXISTS {MONTHS_SCHEMA} CASCADE", f"--file={script}"]
        _run("psql", url, ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", *cleared])


def _run(program: str, url: str | None, arguments: list[str]) -> None:
    installed = find_programs()
    path = installed[0].path(program) if installed else program
    address = None if url is None else make_url(url)
    try:
        finished = subprocess.run(
            [path, *([] if address is None else _address(address)), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            umask=0o077,
            env=os.environ
            | ({"PGPASSWORD": str(address.password)} if address and address.password else {})
            | {"PGOPTIONS": "-c lock_timeout=30s", "LC_ALL": "C"},
        )
    except FileNotFoundError:
        raise BackupError(f"{program} is not installed on this machine") from None
    if finished.returncode:
        said = " | ".join(line for line in finished.stderr.splitlines() if line.strip())
        raise BackupError(f"{program} failed: {said}")


def _address(url: URL) -> list[str]:
    """Return a database's address as options; the password is not among them, for everybody sees options."""
    parts = {
        "host": url.query.get("host", url.host),
        "port": url.query.get("port", url.port),
        "username": url.username,
        "dbname": url.database,
    }
    return [f"--{name}={part}" for name, part in parts.items() if part]
