"""The process: bytes on standard input, findings on standard output.

``python -m assets.looking KIND MEMORY SECONDS OUTPUT MEDIA_TYPE [MILLISECONDS]``. What it writes: for each preview a
line of JSON ({"kind", "number", "media_type", "width", "height", "size"}) and that many bytes; at the end a line
{"done": …} or {"refused": sentence}. It ends with 0 then, and with anything else where it broke.
"""

from __future__ import annotations

import importlib
import os
import sys

from assets.looking import bounds
from assets.looking.findings import Findings, Refused

KINDS = {
    "image": "assets.looking.pictures",
    "drawing": "assets.looking.drawings",
    "pdf": "assets.looking.documents",
    "video": "assets.looking.films",
    "audio": "assets.looking.films",
    "stills": "assets.looking.stills",
}


def main() -> None:
    kind, memory, seconds, output = sys.argv[1], *map(int, sys.argv[2:5])
    bounds.limit(memory=memory, seconds=seconds, output=output)
    look = importlib.import_module(KINDS[kind])
    look.load()
    bounds.close_the_door()
    findings = Findings(sys.stdout.buffer)
    with os.fdopen(0, "rb", closefd=False) as file:
        try:
            findings.done(look.look(file, findings, *sys.argv[5:]))
        except Refused as reason:
            findings.refused(str(reason))
        except MemoryError:
            findings.refused("It needs more memory to be shown than is allowed.")
    sys.stdout.buffer.flush()
    os._exit(0)  # no library gets to tidy up what it was not allowed to open


main()
