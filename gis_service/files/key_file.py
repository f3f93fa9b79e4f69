"""A secret of this machine, made when it is first needed."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

KEY_BYTES = 32


def read_or_make_key(path: Path) -> bytes:
    """Return the key in a file that only its owner may read; of several processes that make it, all get one key."""
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        own = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        file = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "wb") as writing:
            writing.write(secrets.token_bytes(KEY_BYTES))
        try:
            # Unlike a rename, a link fails where another process was quicker.
            path.hardlink_to(own)
        except FileExistsError:
            pass
        finally:
            own.unlink()
    return path.read_bytes()
