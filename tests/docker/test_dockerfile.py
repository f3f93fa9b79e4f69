"""The image is built in stages, runs without root and tells its health."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
DOCKERFILE = PROJECT / "docker" / "Dockerfile"
# One instruction a line: continued lines are joined, comments are left out.
INSTRUCTIONS = [
    tuple(line.split(maxsplit=1))
    for line in re.sub(r"\\\n\s*", "", re.sub(r"(?m)^#.*\n", "", DOCKERFILE.read_text())).splitlines()
    if line
]
LAST_STAGE = INSTRUCTIONS[max(place for place, (name, _) in enumerate(INSTRUCTIONS) if name == "FROM") :]


def arguments(name: str, instructions: list[tuple[str, ...]]) -> list[str]:
    """Return the arguments of every instruction of a name, in order."""
    return [rest for instruction, rest in instructions if instruction == name]


def test_the_image_has_no_fault_that_hadolint_knows():
    """All its rules, shell included."""
    subprocess.run([Path(sys.executable).with_name("hadolint"), DOCKERFILE], check=True)


def test_the_entry_point_has_no_fault_that_shellcheck_knows():
    """All its levels, style included."""
    shellcheck = Path(sys.executable).with_name("shellcheck")
    subprocess.run([shellcheck, "--severity=style", PROJECT / "docker" / "entrypoint.sh"], check=True)


def test_tools_stay_in_the_stages_before():
    """Three stages; the last one builds nothing and has neither npm nor pip at work."""
    assert len(arguments("FROM", INSTRUCTIONS)) == 4
    for command in arguments("RUN", LAST_STAGE):
        assert not re.search(r"\b(npm|pip|apt-get|curl|wget)\b", command)


def test_images_have_versions():
    """A tag that starts with a number, on each."""
    for image in arguments("FROM", INSTRUCTIONS):
        assert re.match(r"[a-z]+:\d[\w.-]*( AS [a-z]+)?$", image)


def test_the_service_is_not_root():
    """By number, so that a cluster can check it without the image's list of users."""
    assert arguments("USER", LAST_STAGE) == ["10001:10001"]


def test_the_service_tells_its_health():
    """Asks the address that needs neither database nor token."""
    (check,) = arguments("HEALTHCHECK", LAST_STAGE)
    assert "--timeout=3s" in check
    assert "/healthz" in check


def test_nothing_secret_is_built_in():
    """No argument, variable or file that looks like a password, token or key."""
    assert arguments("ARG", INSTRUCTIONS) == []
    for value in (*arguments("ENV", INSTRUCTIONS), *arguments("COPY", INSTRUCTIONS)):
        assert not re.search(r"(?i)password|secret|token|\.pem|\.key|\.env\b|DATABASE_URL", value)


def test_what_is_copied_is_let_in_and_there():
    """.dockerignore keeps all out but what it names."""
    let_in = {line[1:] for line in (PROJECT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    sources = {
        source
        for copied in arguments("COPY", INSTRUCTIONS)
        if not copied.startswith("--from")
        for source in copied.split()[:-1]
    }
    assert sources
    for source in sources:
        assert (PROJECT / source).exists(), source
        assert any(source == entry or source.startswith(f"{entry}/") for entry in let_in), source


def test_what_is_let_in_is_used():
    """An entry of .dockerignore that nothing copies would only grow the context."""
    copied = " ".join(arguments("COPY", INSTRUCTIONS))
    for line in (PROJECT / ".dockerignore").read_text().splitlines():
        if line.startswith("!"):
            assert line[1:] in copied
