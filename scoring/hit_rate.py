"""How often judgements held, with an interval that says how little is known. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

#: Below so many verdicts that could be told, no rate is shown.
ENOUGH = 5
_Z = 1.959963984540054  # 95% of a normal distribution lie within so many deviations


@dataclass(frozen=True)
class HitRate:
    """Counts of verdicts. One that held in part counts half; one that cannot be told does not count."""

    held: int = 0
    partly: int = 0
    failed: int = 0
    unknown: int = 0

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> HitRate:
        """From counts by the key of a verdict."""
        return cls(**{name: counts.get(name, 0) for name in cls.__dataclass_fields__})

    @property
    def told(self) -> int:
        return self.held + self.partly + self.failed

    @property
    def hits(self) -> float:
        return self.held + self.partly / 2

    @property
    def rate(self) -> float | None:
        """0 … 1; None below ``ENOUGH`` verdicts."""
        return self.hits / self.told if self.told >= ENOUGH else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the rate lies with 95% confidence; None below ``ENOUGH`` verdicts."""
        return wilson(self.hits, self.told) if self.told >= ENOUGH else None

    @property
    def says(self) -> str:
        """``held 4.5 of 6 (75%, likely 39 to 94%)``, or that it is too early."""
        if self.told == 0:
            return "no verdict yet"
        hits = f"{self.hits:g} of {self.told}"
        if self.interval is None or self.rate is None:
            return f"held {hits}, not enough yet"
        low, high = (100 * end for end in self.interval)
        return f"held {hits} ({100 * self.rate:.0f}%, likely {low:.0f} to {high:.0f}%)"


def wilson(hits: float, count: int) -> tuple[float, float]:
    """The score interval of a share, 95% (E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209). count > 0."""
    share, spread = hits / count, _Z * _Z / count
    middle = (share + spread / 2) / (1 + spread)
    reach = _Z / (1 + spread) * math.sqrt(share * (1 - share) / count + spread / (4 * count))
    return max(0.0, middle - reach), min(1.0, middle + reach)
