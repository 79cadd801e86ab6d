"""The lock files install the same bytes everywhere and name no place to get them from."""

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LOCKS = ["requirements.txt", "requirements-dev.txt", "bootstrap.txt", "node.txt"]
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^ \\]+)")


def entries(name: str) -> dict[str, str]:
    """Package -> its whole entry, the continued lines joined."""
    text = (ROOT / name).read_text().replace("\\\n", " ")
    found = {}
    for line in filter(None, (part.strip() for part in text.splitlines())):
        match = PIN.match(line)
        assert match, f"{name}: not an exact pin: {line[:60]}"
        found[match.group(1)] = line
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_by_hash(name: str) -> None:
    found = entries(name)
    assert found
    for package, line in found.items():
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", line), package


@pytest.mark.parametrize("name", [*LOCKS, ".npmrc", "package.json"])
def test_no_address_stands_in_a_lock(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert "--index-url" not in text
    assert "--find-links" not in text


def test_the_browser_lock_has_hashes_and_no_download_address() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    installed = {name: entry for name, entry in packages.items() if name}
    assert installed
    for name, entry in installed.items():
        assert "resolved" not in entry, name
        assert entry["integrity"].startswith("sha512-"), name


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def required(specification: str) -> str:
    return canonical(re.match(r"[A-Za-z0-9._-]+", specification).group())  # type: ignore[union-attr]


def test_each_dependency_is_in_its_lock_and_says_why_it_is_there() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    project = tomllib.loads(text)
    runtime = project["project"]["dependencies"]
    assert {required(name) for name in runtime} <= set(entries("requirements.txt"))
    for group, lock in (
        ("dev", "requirements-dev.txt"),
        ("bootstrap", "bootstrap.txt"),
        ("node", "node.txt"),
    ):
        names = {required(name) for name in project["dependency-groups"][group]}
        assert names <= set(entries(lock)), group
    for specification in runtime:
        before = text.split(f'"{specification}"')[0].rstrip().splitlines()[-1]
        assert before.lstrip().startswith("# "), f"no reason above {specification}"


def test_the_two_locks_agree() -> None:
    runtime, development = entries("requirements.txt"), entries("requirements-dev.txt")
    for package in runtime.keys() & development.keys():
        assert PIN.match(runtime[package]).group() == PIN.match(development[package]).group()  # type: ignore[union-attr]
