"""The benchmark writes its rows by SQL of its own: a column that is added must be filled there too."""

from __future__ import annotations

import pytest

from backlog.models import Change, Item, ItemSummary
from bench import data


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_database_for_the_benchmark_can_be_filled() -> None:
    found = data.fill(120)
    assert found["items"] == Item.objects.count() == 120
    assert ItemSummary.objects.filter(priority__isnull=False).count() == 120
    assert Change.objects.count() > 240
