"""Writes docs/openapi.json; a test compares it with the code."""

from __future__ import annotations

import json
from pathlib import Path

from gis_service.app import openapi_document

TARGET = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"

if __name__ == "__main__":
    TARGET.write_text(json.dumps(openapi_document(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
