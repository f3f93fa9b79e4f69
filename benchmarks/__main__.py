"""``python -m benchmarks [ROW…]``: run the rows named, or all; all together write ``results.json``."""

from __future__ import annotations

import argparse
import re
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

import orjson
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks import database
from benchmarks.machine import facts
from benchmarks.race import Row

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"


def find_rows() -> dict[str, str]:
    """Return the modules of the rows by name, in the order of their numbers."""
    found = {int(match[1]): path.stem for path in HERE.glob("p*_*.py") if (match := re.match(r"p(\d+)_", path.stem))}
    return {f"P{number}": found[number] for number in sorted(found)}


def run(names: list[str]) -> dict[str, list[Row]]:
    """Run rows one after the other, telling which."""
    modules = find_rows()
    results: dict[str, list[Row]] = {}
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        loading = progress.add_task("the demo in its database (half a minute the first time)", total=1)
        database.demo_url()
        progress.update(loading, completed=1)
        for name in names:
            module = import_module(f"benchmarks.{modules[name]}")
            task = progress.add_task((module.__doc__ or name).replace("``", "").strip(), total=1)
            results[name] = list(module.races())
            progress.update(task, completed=1)
    return results


def show(results: dict[str, list[Row]]) -> None:
    """Print the rows as a table."""
    table = Table(title="Side by side, units a second; ratio: median (least to greatest) of the rounds")
    for heading in ("", "ours", "reference"):
        table.add_column(heading)
    for heading in ("ours /s", "reference /s", "ratio", "target", ""):
        table.add_column(heading, justify="right")
    for name, rows in results.items():
        for number, row in enumerate(rows):
            table.add_row(
                name if number == 0 else "",
                row.ours,
                row.reference,
                f"{_rate(row.ours_per_s)} {row.unit}",
                _rate(row.reference_per_s),
                f"{row.ratio:.3g} ({row.ratio_low:.3g}–{row.ratio_high:.3g})",
                "" if row.least_ratio is None else f"≥ {row.least_ratio:.3g}",
                {None: "", True: "[green]met[/]", False: "[red]missed[/]"}[row.is_met],
            )
    Console().print(table)
    _show_spreads(results)


def _show_spreads(results: dict[str, list[Row]]) -> None:
    """Print how long single answers took, where a row tells it, and their bytes."""
    table = Table(title="Single answers")
    table.add_column("")
    table.add_column("")
    for heading in ("p50 ms", "p95 ms", "p99 ms", "mean bytes", "most bytes"):
        table.add_column(heading, justify="right")
    for name, rows in results.items():
        for row in rows:
            for who, spread in ((row.ours, row.ours_spread), (row.reference, row.reference_spread)):
                if spread is not None:
                    taken = (f"{value:.3g}" for value in (spread.p50_ms, spread.p95_ms, spread.p99_ms))
                    table.add_row(name, who, *taken, f"{spread.mean_bytes:,.0f}", f"{spread.most_bytes:,}")
    if table.row_count:
        Console().print(table)


def _rate(per_s: float) -> str:
    """Return a rate to read: whole where it is large, three figures where it is small."""
    return f"{per_s:,.0f}" if per_s >= 100 else f"{per_s:.3g}"  # noqa: PLR2004  three figures


def _write(results: dict[str, list[Row]]) -> None:
    """Write rows to ``results.json``; those of a former run that are not among them stay."""
    told = orjson.loads(RESULTS.read_bytes())["rows"] if RESULTS.exists() else {}
    told.update({name: [asdict(row) | {"is_met": row.is_met} for row in rows] for name, rows in results.items()})
    ordered = {name: told[name] for name in find_rows() if name in told}
    document = {"ground": "Panlong; the province where a row says so", "machine": facts(), "rows": ordered}
    RESULTS.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def main() -> None:
    """Run what the command line names."""
    modules = find_rows()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Speed side by side with references.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"any of {', '.join(modules)}; all when none is named")
    parser.add_argument("--keep", action="store_true", help="write the rows named into results.json, others left")
    asked = parser.parse_args()
    names = [name.upper() for name in asked.rows]
    if unknown := [name for name in names if name not in modules]:
        parser.error(f"there is no row {unknown[0]}; there are {', '.join(modules)}")
    try:
        results = run(names or list(modules))
        show(results)
        if asked.keep or not names:
            _write(results)
    finally:
        database.stop()


if __name__ == "__main__":
    main()
