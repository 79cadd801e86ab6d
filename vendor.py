"""Copy the listed browser files: `vendor.py node_modules build/vendor vendor.json`.

Each package becomes one folder with its files, its licence and a VERSION.txt taken from the lock.
"""

import json
import re
import shutil
import sys
from pathlib import Path

# The maps are not copied, and a comment that names a missing file breaks hashed static files.
SOURCE_MAP = re.compile(rb"^\s*(//|/\*)[#@]\s*sourceMappingURL=.*$", re.MULTILINE)


def copy(modules: Path, out: Path, listing: Path) -> int:
    """Copy every listed file; return how many. Raises FileNotFoundError on a missing one."""
    lock = json.loads((listing.parent / "package-lock.json").read_text())["packages"]
    if out.exists():
        shutil.rmtree(out)
    copied = 0
    for name, entry in json.loads(listing.read_text()).items():
        source, target = modules / entry["pkg"], out / name
        target.mkdir(parents=True)
        for file in entry["files"]:
            content = (source / file).read_bytes()
            (target / Path(file).name).write_bytes(SOURCE_MAP.sub(b"", content))
            copied += 1
        licences = sorted(source.glob("LICEN[CS]E*"))
        for licence in licences:
            shutil.copyfile(licence, target / licence.name)
        if not licences:
            stated = json.loads((source / "package.json").read_text()).get("license", "unknown")
            (target / "LICENSE.txt").write_text(f"{stated}, from package.json\n")
        version = lock[f"node_modules/{entry['pkg']}"]["version"]
        (target / "VERSION.txt").write_text(f"{entry['pkg']} {version}\n")
    return copied


if __name__ == "__main__":
    count = copy(*(Path(argument) for argument in sys.argv[1:4]))
    print(f"vendor: {count} files copied to {sys.argv[2]}")
