"""Previews that could not be made are asked for again."""

from __future__ import annotations

from django.db import transaction

from accounts import rights
from accounts.actors import Actor
from assets.models import Version
from assets.vocabulary import PreviewState
from core.errors import Conflict
from core.queueing import enqueue_on_commit


def try_again(*, actor: Actor, version: Version) -> None:
    """Make the previews of ``version`` once more. Raises NotAllowed, and Conflict where they have not failed.

    Nothing of the version changes, so there is no entry in the log.
    """
    rights.require(actor, "asset.upload", version.asset.product)
    with transaction.atomic():
        failed = Version.objects.filter(pk=version.pk, preview_state=PreviewState.FAILED)
        if not failed.update(
            preview_state=PreviewState.DUE,
            preview_attempts=0,
            preview_lease_until=None,
            preview_error="",
        ):
            raise Conflict(
                "The previews of this version have not failed, so there is nothing to try again. Load the page again.",
                code="previews_not_failed",
            )
        version.preview_state, version.preview_error = PreviewState.DUE, ""
        enqueue_on_commit("assets.look", {"version_id": version.pk})
