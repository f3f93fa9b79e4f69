from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from gis_service.settings import Settings

TABLE = Path(__file__).resolve().parents[2] / "docs" / "settings.md"


def test_every_setting_is_documented_in_its_own_words():
    """docs/settings.md has a row for each field, with the field's description, and no other row."""
    rows = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("| `GIS_")]

    assert len(rows) == len(Settings.model_fields)
    for (name, field), row in zip(Settings.model_fields.items(), rows, strict=True):
        assert row.startswith(f"| `GIS_{name.upper()}` |")
        assert row.endswith(f"| {field.description} |")


def test_settings_cannot_be_changed_afterwards():
    """Frozen: what was read at the start holds."""
    settings = Settings()

    with pytest.raises(ValidationError, match="frozen"):
        settings.pool_size = 3


def test_a_wrong_setting_is_named(monkeypatch):
    """A pool of no connections makes no sense."""
    monkeypatch.setenv("GIS_POOL_SIZE", "0")

    with pytest.raises(ValidationError, match="pool_size"):
        Settings()
