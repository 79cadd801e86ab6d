"""`python -m bench`: measure, print the table, write `bench/results.md` and the history."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable

from bench import browsing, jobs, report, serving
from bench.run import Options, Run
from bench.world import Missing, World

MEASURES: dict[str, Callable[[Run], None]] = {
    "list": serving.api_list,
    "plan": serving.plan,
    "pages": serving.pages,
    "detail": serving.detail,
    "create": serving.create,
    "triage": serving.triage,
    "search": serving.search,
    "scripts": browsing.scripts,
    "paint": browsing.paint,
    "rescore": jobs.rescore,
    "import": jobs.imports,
    "leadership": browsing.leadership,
    "digests": jobs.digests,
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="10,000 items, short rounds; nothing is written"
    )
    parser.add_argument(
        "--only", action="append", choices=sorted(MEASURES), help="only this; may be repeated"
    )
    parser.add_argument(
        "--million",
        action="store_true",
        help="the list of a million items too (about 15 minutes more)",
    )
    parser.add_argument(
        "--keep", action="store_true", help="keep the databases, and use those that were kept"
    )
    return parser.parse_args()


def options(asked: argparse.Namespace) -> Options:
    only = tuple(asked.only or ())
    if asked.quick:
        return Options(sizes=(10_000,), rounds=3, seconds=1.5, only=only)
    larger = (300_000, *((1_000_000,) if asked.million else ()))
    return Options(rounds=3, seconds=3.0, larger=larger, only=only)


def main() -> int:
    asked = arguments()
    try:
        world = World.open(keep=asked.keep)
    except Missing as missing:
        print(missing, file=sys.stderr)
        return 1
    run = Run(world, options(asked))
    with world.connect("postgres") as connection, connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        machine = report.Machine.look(cursor.fetchone()[0])
    try:
        if not (world.keep and (world.folder / "static").is_dir()):
            print("collecting static files …", flush=True)
            world.run(
                ["manage.py", "collectstatic", "--no-input", "-v0"], world.database_url("postgres")
            )
        for name, measure in MEASURES.items():
            if run.options.only and name not in run.options.only:
                continue
            print(f"{name} …", flush=True)
            measure(run)
    finally:
        run.close()
        if not world.keep:
            shutil.rmtree(world.folder, ignore_errors=True)
    print(f"\n{report.table(run.rows)}\n")
    if not (asked.quick or asked.only):
        report.write(run.rows, machine)
        print(
            f"Written to {report.RESULTS.relative_to(report.ROOT)}; history in {report.HISTORY.name}."
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
