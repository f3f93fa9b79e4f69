"""Wait until the database of GIS_DATABASE_URL answers; give up after DATABASE_WAIT_S seconds (60 by default)."""  # noqa: INP001  # a program by itself

from __future__ import annotations

import os
import sys
import time

from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError


def main() -> int:
    """Return 0 once the database answers, 1 when it did not in time, 2 when there is no usable address."""
    try:
        url = make_url(os.environ["GIS_DATABASE_URL"])
    except KeyError:
        return _refuse("GIS_DATABASE_URL is not set; a container has no embedded database", 2)
    except ArgumentError:
        return _refuse("GIS_DATABASE_URL is no database URL", 2)  # not repeated: it may hold a password
    deadline = time.monotonic() + float(os.environ.get("DATABASE_WAIT_S", "60"))
    engine = create_engine(url, connect_args={"connect_timeout": 3})
    while True:
        try:
            engine.connect().close()
        except OperationalError as error:
            if time.monotonic() > deadline:
                return _refuse(f"no answer from {url}: {str(error.orig).splitlines()[0]}", 1)
            time.sleep(0.5)
        else:
            engine.dispose()
            return 0


def _refuse(sentence: str, status: int) -> int:
    sys.stderr.write(f"wait_for_database: {sentence}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
