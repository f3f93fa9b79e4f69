from __future__ import annotations

import re
from pathlib import Path

import orjson
import pytest
from starlette.testclient import TestClient

from gis_service.app import openapi_document

DOCS = (Path(__file__).parents[3] / "docs" / "lookup.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", DOCS, re.DOTALL)
LINES = re.findall(r"^([{\[].*?) +→  (\{.*\})$", DOCS, re.MULTILINE)

TWO_OWNERS = ["530103006002003", "530103003007002"]


@pytest.mark.parametrize(
    ("program", "name", "told"),
    [
        (PROGRAMS[0], "owners", TWO_OWNERS),
        (PROGRAMS[1], "owner", {"id": 99_999, "code": "530103006002003", "edition": 1}),
        (PROGRAMS[2], "owners", TWO_OWNERS),
    ],
    ids=["binary", "NDJSON", "Arrow"],
)
def test_the_programs_of_the_documentation_run_as_they_stand(demo_server, program, name, told):
    """Three programs, with the address changed and nothing else; 2, 100,000 and 2 points."""
    host, port = demo_server.removeprefix("http://").split(":")
    program = program.replace("localhost:8000", f"{host}:{port}").replace('"localhost", 8000', f'"{host}", {port}')
    names = {}
    exec(program, names)  # noqa: S102 - the documentation is ours
    found = names[name]
    assert (found.to_pylist() if hasattr(found, "to_pylist") else found) == told


def test_the_lines_of_the_documentation_are_answered_as_it_says(demo_client: TestClient):
    """Three lines: owned, outside, refused; dots stand for words left out."""
    assert len(LINES) == 3
    body = "\n".join(line for line, _ in LINES)
    answer = demo_client.post(
        "/v1/locate/batch", content=body, headers={"content-type": "application/x-ndjson"}
    ).text.splitlines()
    for given, (_, told) in zip(answer, LINES, strict=True):
        found, wanted = orjson.loads(given), orjson.loads(told)
        if "error" in wanted:
            words = wanted["error"].pop("detail").strip("…")
            assert words in found["error"].pop("detail")
        assert found == wanted


def test_the_buildings_of_the_documentation_are_found(demo_client: TestClient):
    """The door that docs/lookup.md names, and the code that the description of the API does."""
    [door] = re.findall(r"`(\d{13}[0-9A-Z]-\S+)`", DOCS)
    found = demo_client.get(f"/v1/locate/building/{door}").json()
    assert (found["located_by"], found["building"]["code"]) == ("entrance", door.partition("-")[0])
    parameters = openapi_document()["paths"]["/v1/locate/building/{code}"]["get"]["parameters"]
    [example] = next(one for one in parameters if one["name"] == "code")["schema"]["examples"]
    assert demo_client.get(f"/v1/locate/building/{example}").json()["located_by"] == "building"
