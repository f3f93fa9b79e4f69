"""compose.yaml starts its parts in order, without rights they do not need, and with settings that exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from gis_service.settings import Settings

DOCKER = Path(__file__).resolve().parents[2] / "docker"
COMPOSE = yaml.safe_load((DOCKER / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("migrate", "service", "proxy")


def test_the_parts_wait_for_each_other():
    """Database healthy, then migrated, then the service healthy, then the proxy."""
    waits = {
        name: {of: on["condition"] for of, on in service.get("depends_on", {}).items()}
        for name, service in SERVICES.items()
    }
    assert waits == {
        "database": {},
        "migrate": {"database": "service_healthy"},
        "service": {"database": "service_healthy", "migrate": "service_completed_successfully"},
        "proxy": {"service": "service_healthy"},
    }


def test_what_is_waited_for_tells_its_health():
    """All but the one step that ends; every check has a bound."""
    for name in ("database", "service", "proxy"):
        check = SERVICES[name]["healthcheck"]
        assert check["test"][0] == "CMD"
        assert {"interval", "timeout", "retries", "start_period"} <= check.keys()
    assert SERVICES["migrate"]["healthcheck"] == {"disable": True}


def test_the_migration_runs_once():
    """A migration that failed is looked at, not tried again for ever."""
    assert SERVICES["migrate"]["restart"] == "no"
    assert SERVICES["migrate"]["command"] == ["migrate"]


def test_only_the_proxy_is_reached_from_outside():
    """One published port; the database is on a network without a way out."""
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert SERVICES["database"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert "inside" not in SERVICES["proxy"]["networks"]


@pytest.mark.parametrize("name", OURS)
def test_our_parts_have_no_rights_they_do_not_need(name):
    """No capability, no new privileges, no writing but to a scratch place and named volumes."""
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert service["tmpfs"]
    assert "privileged" not in service


def test_the_proxy_is_not_root():
    """The service's own image says its user; nginx's would start as root."""
    uid, _, _ = SERVICES["proxy"]["user"].partition(":")
    assert int(uid) > 0


def test_every_setting_of_the_service_exists():
    """A name that is not in settings.py would be ignored in silence."""
    known = {f"GIS_{name.upper()}" for name in Settings.model_fields}
    used = {key for service in SERVICES.values() for key in service.get("environment", {}) if key.startswith("GIS_")}
    assert used
    assert used <= known


def test_no_password_stands_in_the_file():
    """It comes from the environment, without a default, and is no part of the URL."""
    for name, key in (("database", "POSTGRES_PASSWORD"), ("migrate", "PGPASSWORD"), ("service", "PGPASSWORD")):
        assert SERVICES[name]["environment"][key].startswith("${DATABASE_PASSWORD:?")
        assert "@database:5432/gis" in SERVICES["service"]["environment"]["GIS_DATABASE_URL"]
    assert not re.search(r"//[^/\s]+:[^/\s]+@", (DOCKER / "compose.yaml").read_text())


def test_images_have_versions():
    """Neither `latest` nor no tag; what is built here is named so."""
    tags = {service["image"].partition(":")[2] for service in SERVICES.values()}
    assert tags == {"15-3.5", "local", "1.28-alpine"}


def test_what_is_mounted_is_there():
    """Each file by its path, read-only; each volume is declared."""
    mounts = [mount.split(":") for service in SERVICES.values() for mount in service.get("volumes", [])]
    assert {source for source, *_ in mounts if not source.startswith(".")} == set(COMPOSE["volumes"])
    for source, _, *mode in (mount for mount in mounts if mount[0].startswith(".")):
        assert (DOCKER / source).is_file()
        assert mode == ["ro"]


def test_the_proxy_finds_the_service_where_it_listens():
    """Name and port in upstream.conf; the published port is the one of listen.conf."""
    command = SERVICES["service"]["command"]
    port = command[command.index("--port") + 1]
    assert f"server service:{port};" in (DOCKER / "nginx" / "upstream.conf").read_text()
    inside = SERVICES["proxy"]["ports"][0].rpartition(":")[2]
    assert f"\nlisten {inside};" in (DOCKER / "nginx" / "listen.conf").read_text()
