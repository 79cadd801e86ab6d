"""Two at the same instant, on PostgreSQL: who signs and who uploads; two workers. Each with its control.

SQLite lets one transaction write at a time, so nothing meets there.
"""

from __future__ import annotations

import os
from functools import partial

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from assets.jobs import checks, previews
from assets.models import Asset, ClaimMark, Version
from assets.services import claims
from assets.services.assets import add_asset
from assets.services.versions import upload_version
from core.errors import Conflict
from tests.assets import files
from tests.assets.files import new_item
from tests.cast import Cast, build
from tests.together import together

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
ROUNDS = int(os.environ.get("BALLAST_RACE_ROUNDS", "20"))


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return build()


def claimed(cast: Cast) -> Version:
    """A script with a claim that waits for a signature."""
    actor = cast.actor("contributor")
    version = add_asset(
        actor=actor,
        item=new_item(cast),
        file=ContentFile(b"It takes nine minutes.\n", name="a.txt"),
        rationale="Why",
    )
    claims.mark_claim(actor=actor, version=version, span=claims.Span(1, 1), source="Measured")
    return version


def more(cast: Cast, version: Version) -> Version:
    return upload_version(
        actor=cast.actor("contributor"),
        asset=Asset.objects.select_related("product", "item").get(pk=version.asset_id),
        file=ContentFile(b"It takes nine minutes.\nMore.\n", name="a.txt"),
        rationale="Meanwhile",
    )


def test_no_signature_falls_between_two_versions(cast: Cast) -> None:
    """Whoever was told "signed" finds it signed in the newest version; whoever came too late was told so."""
    told = set()
    for _ in range(ROUNDS):
        version = claimed(cast)
        sign = partial(
            claims.sign_claims, actor=cast.actor("reviewer"), version=version, numbers=[1]
        )
        signed, uploaded = together([sign, partial(more, cast, version)])
        assert isinstance(uploaded, Version), uploaded
        assert isinstance(signed, list | Conflict), signed
        mark = ClaimMark.objects.get(version=uploaded)
        assert (mark.state == "signed") == isinstance(signed, list)
        told.add(type(signed).__name__)
    assert not list(checks.findings())
    assert told  # which of the two comes first is the machine's choice


def test_control_without_the_lock_a_signature_is_lost(cast: Cast) -> None:
    """The same steps, the look at the newest version and the write apart: signed for nobody to see."""
    version = claimed(cast)
    assert Asset.objects.get(pk=version.asset_id).versions_count == version.number
    newest = more(cast, version)
    ClaimMark.objects.filter(version=version).update(
        state="signed",
        signed_by=cast.reviewer,
        signed_at=timezone.now(),
        signed_in=version.number,
    )
    assert ClaimMark.objects.get(version=newest).state == "unsigned"


def test_one_of_two_workers_looks(cast: Cast) -> None:
    version = add_asset(
        actor=cast.actor("contributor"),
        item=new_item(cast),
        file=ContentFile(files.image("PNG"), name="a.png"),
        rationale="Why",
    )
    for _ in range(5):
        Version.objects.filter(pk=version.pk).update(preview_state="due", preview_attempts=0)
        together([partial(previews.look, version.pk) for _ in range(3)])
        version.refresh_from_db()
        assert (version.preview_state, version.preview_attempts) == ("ready", 1)
        assert version.previews.count() == 1
    assert not list(checks.findings())


def test_control_a_claim_that_is_read_and_then_written_is_given_twice(cast: Cast) -> None:
    version = add_asset(
        actor=cast.actor("contributor"),
        item=new_item(cast),
        file=ContentFile(files.image("PNG"), name="a.png"),
        rationale="Why",
    )
    Version.objects.filter(pk=version.pk).update(preview_state="due", preview_attempts=0)
    seen = [Version.objects.get(pk=version.pk).preview_lease_until for _ in range(2)]
    assert seen == [None, None]  # both would begin
