"""Import a file of buildings, however long: looked through first, stored in parts, none of which comes twice."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.building_import import NewBuilding, UnfinishedImport
from gis_service.domain.building_row import BuildingRow
from gis_service.errors import ClashError, RuleBrokenError
from gis_service.files.building_files import MOST_BYTES
from gis_service.use_cases.check_building_file import Demands, Ground, check_building_file, load_ground
from gis_service.use_cases.issue_codes import issue_codes
from gis_service.use_cases.read_building_file import BuildingFile, Reading, open_buildings

Progress = Callable[[str, int, int | None], None]
CHECKING, STORING = "checking", "storing"


@dataclass(frozen=True, slots=True)
class BuildingImport:
    """What is asked for.

    Attributes:
        reading: how to read the file.
        demands: what a row has to be; the scope is that of who asks.
        good_only: leave rows with errors out; otherwise one of them keeps all out.
        dry_run: look through the file only.
        most_bytes: how much a packed file may unpack to.
    """

    reading: Reading
    demands: Demands = field(default_factory=Demands)
    good_only: bool = False
    dry_run: bool = False
    most_bytes: int = MOST_BYTES


@dataclass(frozen=True, slots=True)
class ImportedBuildings:
    """What came of it.

    Attributes:
        report: as ``ImportReport.as_dict`` gives it.
        stored: how many buildings this run stored and those before it that it went on with.
        is_refused: rows were wrong, and nothing was stored therefore.
        went_on_after: the last row of the run that was broken off; None where there was none.
        fields: the headings in use, by column.
        encoding: of the text, where it had to be found out.
        crs: what coordinates were taken for.
    """

    report: Mapping[str, Any]
    stored: int
    is_refused: bool
    went_on_after: int | None
    fields: Mapping[str, str]
    encoding: str | None
    crs: str

    def as_dict(self, most: int | None = None) -> dict[str, Any]:
        """Return it as JSON has it, with at most so many remarks."""
        remarks = self.report["remarks"]
        kept = remarks[:most]
        left_out = self.report["remarks_left_out"] + len(remarks) - len(kept)
        return {
            "stored": self.stored,
            "went_on_after": self.went_on_after,
            "fields": dict(self.fields),
            "encoding": self.encoding,
            "crs": self.crs,
            **self.report,
            "remarks": kept,
            "remarks_left_out": left_out,
        }


def import_buildings(
    path: Path,
    asked: BuildingImport,
    principal: Principal,
    work: UnitOfWork,
    progress: Progress = lambda _step, _rows, _total: None,
) -> ImportedBuildings:
    """Look through a file, and store its buildings unless rows are wrong.

    Whether all is well is decided before the first building is stored.  Each part of the file is one transaction,
    which also notes the last row that is done: an import that was broken off goes on after it when it is asked for
    again, the same file read in the same way.

    Args:
        path: the file.
        asked: how to read it, and what to do.
        principal: who asks.
        work: a transaction not yet begun.
        progress: told the step, how many rows are done, and how many there are where that is known.

    Raises:
        RuleBrokenError: the file cannot be read, or has no rows.
        ClashError: no edition has been published; or the same import runs already; or the code of a row was
            registered by others since the file was looked through: rows before it are stored.
    """
    asked = replace(asked, demands=replace(asked.demands, scope=principal.scope))
    digest = _digest(path, asked)
    with open_buildings(path, asked.reading, most_bytes=asked.most_bytes) as file:
        with work:
            job = None if asked.dry_run else work.building_imports.find_unfinished(digest)
        went_on_after = None if job is None else job.last_row
        stored = 0
        if job is None:
            found = check_building_file(
                file.parts(),
                file.declared,
                asked.demands,
                work,
                lambda rows: progress(CHECKING, rows, file.rows),
            )
            if not found.rows:
                raise RuleBrokenError(f"{path} holds no buildings. 文件中没有楼栋。", code="no-features")
            report = found.as_dict()
            is_refused = found.file_is_refused or (bool(found.rejected) and not asked.good_only)
            if not is_refused and not asked.dry_run:
                job = _begin(digest, path.name, principal, found.rejected, report, work)
        else:
            report, is_refused = dict(job.report), False
        if job is not None:
            stored = _store(job, file, asked.demands, work, lambda rows: progress(STORING, rows, report["rows"]))
        return ImportedBuildings(report, stored, is_refused, went_on_after, file.fields, file.encoding, file.declared)


def _begin(
    digest: bytes, name: str, principal: Principal, rejected: set[int], report: Mapping[str, Any], work: UnitOfWork
) -> UnfinishedImport:
    shown = name.encode("utf-8", "replace").decode()
    with work:
        number = work.building_imports.begin(digest, shown, principal.name, rejected, report)
        if number is None:
            raise _runs_already()
        work.commit()
    return UnfinishedImport(number, 0, 0, frozenset(rejected), report)


def _store(
    job: UnfinishedImport, file: BuildingFile, demands: Demands, work: UnitOfWork, progress: Callable[[int], None]
) -> int:
    """Store what is left, part by part; return how many buildings of the file are stored."""
    ground: Ground | None = None
    reserved: frozenset[str] | None = None
    last_row, stored, done = job.last_row, job.stored, 0
    for part in file.parts():
        done += len(part)
        to_row = part[-1].row
        if to_row <= last_row:
            continue
        rows = [row for row in part if row.row > last_row and row.row not in job.rejected]
        with work:
            work.editions.hold_latest()
            latest = work.editions.latest()
            if ground is None or latest is None or latest.number != ground.edition:
                ground = load_ground(work, demands)
            if not work.building_imports.advance(job.id, last_row, to_row, len(rows)):
                raise _runs_already()
            work.building_rows.lock_writing()
            if reserved is None and any(row.code is None for row in rows):
                reserved = file.codes()
            work.building_rows.add(_buildings_of(rows, ground, reserved or frozenset(), work), ground.edition)
            work.commit()
        last_row, stored = to_row, stored + len(rows)
        progress(done)
    with work:
        work.building_imports.end(job.id)
        work.commit()
    return stored


def _buildings_of(
    rows: Sequence[BuildingRow], ground: Ground, reserved: frozenset[str], work: UnitOfWork
) -> list[NewBuilding]:
    """Return the buildings of rows, with an owner and a code each; of the ``reserved`` none is issued."""
    if not rows:
        return []
    owners = ground.owners(np.array([row.lon for row in rows]), np.array([row.lat for row in rows])).tolist()
    taken = work.building_rows.known_codes([row.code for row in rows if row.code])
    if taken:
        clash = next(row for row in rows if row.code in taken)
        raise ClashError(
            f"row {clash.row}: {clash.code} was registered by others meanwhile; rows before it are stored. Take the "
            "row out of the file and import it again, good rows only. "
            "该编码已被他人登记，请删除该行后以“仅导入合格行”方式重新导入。",
            code="duplicate-code",
        )
    without = defaultdict[str, list[int]](list)
    for index, (row, owner) in enumerate(zip(rows, owners, strict=True)):
        if row.code is None:
            without[_county_of(row, ground.county(owner))].append(index)
    codes = [row.code for row in rows]
    for county, indices in sorted(without.items()):
        issued = dict.fromkeys(codes[:0])
        while len(issued) < len(indices):
            fresh = issue_codes(work, county, len(indices) - len(issued))
            issued.update(dict.fromkeys(code for code in fresh if code not in reserved))
        for index, code in zip(indices, issued, strict=True):
            codes[index] = code
    return [
        NewBuilding(
            code=code or "",
            name=row.name,
            address=row.address,
            use=row.use,
            storeys=row.storeys,
            households=row.households,
            built_on=row.built_on,
            verified_on=row.verified_on,
            lon=row.lon,
            lat=row.lat,
            footprint=row.footprint,
            owner=ground.code(owner),
        )
        for row, code, owner in zip(rows, codes, owners, strict=True)
    ]


def _county_of(row: BuildingRow, county: str | None) -> str:
    if county is None:
        raise ClashError(
            f"row {row.row} needs a code, and the edition that came meanwhile has no county there; give county",
            code="no-county",
        )
    return county


def _digest(path: Path, asked: BuildingImport) -> bytes:
    """Return what an import is known by: the bytes of the file, and how they are read."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
    except OSError:
        raise RuleBrokenError(f"There is no file {path}. 文件不存在。", code="unreadable-file") from None
    reading, demands = asked.reading, asked.demands
    told = [
        path.suffix.lower(),
        sorted(reading.columns.items()),
        reading.layer,
        reading.crs,
        demands.near_m,
        demands.county,
        demands.scope,
        asked.good_only,
    ]
    digest.update(orjson.dumps(told))
    return digest.digest()


def _runs_already() -> ClashError:
    return ClashError(
        "the same import is running already; wait for its end. 相同的导入正在进行，请等待其完成。", code="import-runs"
    )
