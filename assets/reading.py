"""Readings as figures, and figures in words."""

from __future__ import annotations

from assets.models import Metric, Reading
from assets.outcomes import Figure
from assets.vocabulary import MetricForm

_DAY = 86_400


def figure_of(reading: Reading) -> Figure:
    """A reading as ``assets.outcomes`` reads it."""
    days = (reading.ends_at - reading.starts_at).total_seconds() / _DAY
    return Figure(reading.value, reading.n, reading.hits, reading.spread, days)


def shown(value: float, metric: Metric) -> str:
    """``62.4%``, ``4.2 of 5``, ``12 errors``."""
    if metric.form == MetricForm.SHARE:
        return f"{value * 100:.3g}%"
    return f"{value:.4g} {metric.unit}".strip()
