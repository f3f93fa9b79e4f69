"""``make setup`` finds and installs system packages; Debian's programs are stood in for: tests install nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "install_packages.sh"
ALL = ("chromium", "fonts-noto-cjk", "nginx-light", "postgresql-15", "postgresql-15-postgis-3")
OFFERED = {**dict.fromkeys(ALL, "1"), "nodejs": "20.20.2-1", "npm": "9.2.0"}

# What Debian answers, from two files: `installed` has a name a line, `offered` a name and its version.
DPKG_QUERY = """
for name; do :; done
case $name in
    *'*'*) grep -E '^postgresql-[0-9]+-postgis-3$' installed > matched || exit 1; sed 's/^/installed /' matched ;;
    *) if grep -qxF "$name" installed; then printf installed; else exit 1; fi ;;
esac
"""
APT_CACHE = """
case $1 in
    policy) sed -n "s/^$2 /  Candidate: /p" offered ;;
    search) sed -n 's/^\\(postgresql-[0-9]*-postgis-3\\) .*/\\1 - spatial/p' offered ;;
esac
"""
APT_GET = """
echo "apt-get $*" >> done
"""
SUDO = """
case $1 in
    env) shift 2; exec "$@" ;;
    apt-get) exec "$@" ;;
    *) echo "sudo $*" >> done; if [ "$1" = tee ]; then cat > /dev/null; fi ;;
esac
"""
TOOLS = ("bash", "cat", "env", "grep", "head", "sed", "sort")


@dataclass
class Machine:
    """A directory whose programs are all that the script finds."""

    place: Path

    def put(self, name: str, script: str) -> None:
        program = self.place / "bin" / name
        program.write_text(f"#!/bin/sh\n{script}")
        program.chmod(0o755)

    def has(self, *installed: str, offers: dict[str, str] = OFFERED) -> None:
        (self.place / "installed").write_text("".join(f"{name}\n" for name in installed))
        (self.place / "offered").write_text("".join(f"{name} {version}\n" for name, version in offers.items()))

    def run(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [SCRIPT],
            cwd=self.place,
            env={"PATH": str(self.place / "bin")},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def done(self) -> list[str]:
        log = self.place / "done"
        return log.read_text().splitlines() if log.exists() else []


@pytest.fixture
def machine(tmp_path) -> Machine:
    """A Debian with Python 3.11, Node.js 20 and sudo, used by an ordinary user."""
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool))
    made = Machine(tmp_path)
    made.put("dpkg-query", DPKG_QUERY)
    made.put("apt-cache", APT_CACHE)
    made.put("apt-get", APT_GET)
    made.put("sudo", SUDO)
    made.put("id", "echo 1000\n")
    made.put("python3", "case $2 in *print*) echo 3.11.2 ;; esac\n")
    made.put("gcc", "")
    made.put("node", "echo v20.20.2\n")
    made.put("npm", "")
    made.put("nginx", "")
    return made


def test_nothing_is_done_when_all_is_there(machine):
    """Every package and program is installed: no list is fetched, nothing becomes root."""
    machine.has(*ALL)
    finished = machine.run()
    assert finished.returncode == 0, finished.stderr
    assert "missing" not in finished.stdout
    assert machine.done == []


@pytest.mark.parametrize("lacking", ["gcc", "headers"])
def test_a_compiler_comes_where_there_is_none(machine, lacking):
    """No gcc, or a Python without Python.h."""
    machine.has(*ALL)
    if lacking == "gcc":
        (machine.place / "bin" / "gcc").unlink()
    else:
        machine.put("python3", "case $2 in *print*) echo 3.11.2 ;; *Python.h*) exit 1 ;; esac\n")
    assert machine.run().returncode == 0
    installed = [line for line in machine.done if " install " in line]
    assert installed == ["apt-get install --yes --quiet --no-install-recommends gcc libc6-dev python3-dev"]


def test_only_what_is_missing_is_installed(machine):
    """PostGIS and chromium are missing; postgresql-15 and the fonts are there."""
    machine.has("postgresql-15", "fonts-noto-cjk")
    finished = machine.run()
    assert finished.returncode == 0, finished.stderr
    assert "missing  postgresql-15-postgis-3 (the embedded database)" in finished.stdout
    installed = [line for line in machine.done if " install " in line]
    assert installed == ["apt-get install --yes --quiet --no-install-recommends postgresql-15-postgis-3 chromium"]


def test_no_server_of_the_whole_machine_is_made_or_started(machine):
    """Both hindrances are put up before the packages are installed, and taken down after."""
    machine.has()
    machine.run()
    at = {line.split()[1]: place for place, line in enumerate(machine.done)}
    assert "sudo tee /etc/postgresql-common/createcluster.d/gis-service.conf" in machine.done
    assert at["tee"] < at["install"] < at["rm"]
    assert machine.done[-1].startswith("sudo rm -f /etc/postgresql-common/createcluster.d/gis-service.conf")


def test_another_postgresql_with_postgis_is_good_enough(machine):
    """17 is installed with PostGIS; 15 is not asked for."""
    machine.has("chromium", "fonts-noto-cjk", "postgresql-17", "postgresql-17-postgis-3")
    finished = machine.run()
    assert finished.returncode == 0, finished.stderr
    assert "found    postgresql-17-postgis-3" in finished.stdout
    assert machine.done == []


def test_the_newest_on_offer_is_taken_where_15_is_not(machine):
    """A later release offers 16 and 17 only."""
    machine.has(
        "chromium", "fonts-noto-cjk", offers={"postgresql-16-postgis-3": "3.4", "postgresql-17-postgis-3": "3.5"}
    )
    machine.run()
    assert machine.done[-2].endswith("--no-install-recommends postgresql-17 postgresql-17-postgis-3")


def test_an_old_node_is_replaced_where_a_new_one_is_on_offer(machine):
    """18 is here; 20 is offered."""
    machine.put("node", "echo v18.19.0\n")
    machine.has(*ALL)
    finished = machine.run()
    assert finished.returncode == 0, finished.stderr
    assert "missing  Node.js 20 or newer with npm (builds the console; here is 18)" in finished.stdout
    assert any(line.endswith("--no-install-recommends nodejs") for line in machine.done)


def test_an_old_node_is_told_where_no_new_one_is_on_offer(machine):
    """Debian 12 itself offers 18."""
    machine.put("node", "echo v18.19.0\n")
    machine.has(*ALL, offers=OFFERED | {"nodejs": "18.19.0+dfsg-6"})
    finished = machine.run()
    assert finished.returncode == 1
    assert "this release offers Node.js 18; install Node.js 20 or newer yourself" in finished.stderr


def test_an_old_python_is_told(machine):
    """3.9 alone is not enough."""
    machine.put("python3", "exit 1\n")
    machine.has(*ALL)
    finished = machine.run()
    assert finished.returncode == 1
    assert "Python 3.11 or newer must be installed first" in finished.stderr


def test_without_root_and_sudo_the_command_for_root_is_told(machine):
    """An ordinary user without sudo; chromium is missing."""
    (machine.place / "bin" / "sudo").unlink()
    machine.has(*(package for package in ALL if package != "chromium"))
    finished = machine.run()
    assert finished.returncode == 1
    assert finished.stderr == ("install_packages: root must run: apt-get install --no-install-recommends chromium\n")


def test_another_system_is_told_to_use_compose(machine):
    """No dpkg, no apt, no PostgreSQL."""
    for program in ("dpkg-query", "apt-get", "apt-cache"):
        (machine.place / "bin" / program).unlink()
    finished = machine.run()
    assert finished.returncode == 1
    assert "PostgreSQL with PostGIS must be installed first" in finished.stdout
    assert "docker/compose.yaml" in finished.stderr


def test_another_system_with_all_programs_will_do(machine):
    """pg_config leads to a share directory with PostGIS, as with Homebrew."""
    for program in ("dpkg-query", "apt-get", "apt-cache"):
        (machine.place / "bin" / program).unlink()
    (machine.place / "extension").mkdir()
    (machine.place / "extension" / "postgis.control").touch()
    machine.put("pg_config", f"case $1 in --sharedir) echo {machine.place} ;; *) echo PostgreSQL 17.2 ;; esac\n")
    finished = machine.run()
    assert finished.returncode == 0, finished.stderr
    assert "found    PostgreSQL 17.2 with PostGIS" in finished.stdout


def test_the_script_has_no_fault_that_shellcheck_knows():
    """All its levels, style included."""
    subprocess.run([Path(sys.executable).with_name("shellcheck"), "--severity=style", SCRIPT], check=True)
