"""``python -m integrations.readers [--mapping FILE] [--show-mapping] [--problems N] FILE...``

A table of what an import of each file would do. For the developer; nothing is written.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from integrations.readers.examination import examine
from integrations.readers.mapping import Mapping
from integrations.readers.preview import Preview
from integrations.readers.rows import read_rows
from integrations.readers.sniff import sniff
from integrations.readers.source import ReadError, Source

_WIDTHS = (46, 12, 10, 8, 8, 8, 7, 7, 6, 30)
_HEAD = (
    "file",
    "kind",
    "encoding",
    "rows",
    "items",
    "skipped",
    "errors",
    "warned",
    "sec",
    "skipped, why",
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m integrations.readers", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--mapping", type=Path, help="a mapping as JSON instead of the proposal")
    parser.add_argument("--show-mapping", action="store_true", help="print the mapping as JSON")
    parser.add_argument(
        "--problems", type=int, default=0, metavar="N", help="list N problems a file"
    )
    options = parser.parse_args(arguments)
    status = 0
    _out(_line(_HEAD))
    for path in options.files:
        try:
            _report(path, options)
        except (ReadError, OSError, json.JSONDecodeError) as error:
            _out(f"{path.name}: {error}")
            status = 1
    return status


def _report(path: Path, options: argparse.Namespace) -> None:
    source = Source.from_path(path)
    start = time.perf_counter()
    notes: list[str] = []
    if options.mapping:
        mapping = Mapping.from_dict(json.loads(options.mapping.read_text("utf-8")))
        sniffed = sniff(source, encoding=mapping.encoding, delimiter=mapping.delimiter)
    else:
        looked = examine(source)
        mapping, sniffed = looked.proposal.mapping, looked.sniffed
        notes = [*looked.columns.warnings, *looked.proposal.notes]
    found = Preview()
    why: Counter[str] = Counter()
    rows = 0
    for row in read_rows(source, mapping, sniffed=sniffed):
        rows += 1
        found.see(row, mapping)
        if row.skipped:
            why[
                "same key" if "row" in row.skipped.split() and row.external_key else row.skipped
            ] += 1
    seconds = time.perf_counter() - start
    reasons = ", ".join(f"{count} {reason}" for reason, count in why.most_common())
    _out(
        _line(
            (
                path.name,
                sniffed.kind,
                sniffed.encoding,
                rows,
                found.items,
                found.skipped,
                found.errors,
            )
            + (found.warnings, f"{seconds:.2f}", reasons)
        )
    )
    for note in [*notes, *found.notes()]:
        _out(f"    {note}")
    for problem in found.problems[: options.problems]:
        _out(
            f"    row {problem.row} (line {problem.line}) {problem.key} "
            f"{problem.kind}: {problem.text}"
        )
    for name in ("states", "queues", "open_queues", "kinds"):
        counts = getattr(found, name)
        _out(f"    {name}: " + ", ".join(f"{key} {count}" for key, count in counts.most_common()))
    if options.show_mapping:
        _out(json.dumps(mapping.as_dict(), indent=2, ensure_ascii=False))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    _out(f"    peak memory of this process so far: {peak} MB")


def _line(cells: Sequence[object]) -> str:
    return " ".join(
        str(cell)[:width].ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True)
    ).rstrip()


def _out(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
