"""Where the real data lies, beside the repository. It is never copied into it."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "data"

needs_shared_data = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the shared data folder is not beside this repository"
)


def shared(*parts: str) -> Path:
    """The path below the shared folder; skips the test, saying what is absent."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"shared data absent: {'/'.join(parts) or 'the folder itself'}")
    return path
