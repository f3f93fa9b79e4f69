"""Writes the table of operations and roles at the end of docs/rights.md; a test compares it with the code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gis_service.app import openapi_document
from gis_service.domain.access import PUBLIC, ROLES

TARGET = Path(__file__).resolve().parent.parent / "docs" / "rights.md"
HEAD = "| operation | roles |\n|---|---|\n"


def rows() -> Iterator[str]:
    """Return a row for each operation of the API."""
    for path, operations in openapi_document()["paths"].items():
        for method, operation in operations.items():
            if "x-roles" in operation:
                roles = operation["x-roles"]
                told = PUBLIC.role if PUBLIC.role in roles else "any" if roles == list(ROLES) else ", ".join(roles)
                yield f"| `{method.upper()} {path}` | {told} |\n"


if __name__ == "__main__":
    before, head, _ = TARGET.read_text(encoding="utf-8").partition(HEAD)
    TARGET.write_text(before + head + "".join(rows()), encoding="utf-8")
