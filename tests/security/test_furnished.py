"""The factory leaves nothing out: every table of every app, and every text in it."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import models

from tests.security.world import CANARY, World

APPS = (
    "accounts",
    "backlog",
    "scoring",
    "assets",
    "reviews",
    "insights",
    "integrations",
    "notices",
)

#: Tables that hold nothing of a product that a person could read, each with the reason.
LEFT_OUT = {
    "accounts.AttemptCount": "counts, by digest or name tried",
    "accounts.RememberedAnswer": "only ever read by its own person, by their own key",
    "accounts.ResetRequest": "read by the mailer alone",
    "accounts.DecisionRight": "an action, a role and a switch; no text",
}
#: Texts that cannot hold the canary, each with the reason.
NO_CANARY = {
    "reviews.Layer.slug": "made of the name, letters and digits",
    "reviews.Layer.material": "from a list",
    "reviews.Layer.demanded_by": "from a list",
    "reviews.Layer.entry": "from a list",
    "reviews.Stage.kind": "the slug of a layer",
    "reviews.Stage.material": "from a list",
    "reviews.Stage.entry": "from a list",
    "reviews.Approval.material": "hashes",
    "reviews.Approval.sha256": "a hash",
    "reviews.Approval.voided_parts": "from a list",
    "reviews.Contradiction.why": "two words of our own list",
    "accounts.User.password": "a hash",
    "accounts.User.time_zone": "from a list",
    "accounts.User.language": "from a list",
    "accounts.Product.key": "ten letters and digits",
    "accounts.Invitation.secret_digest": "a digest",
    "reviews.GuestLink.secret_hash": "a digest",
    "reviews.GuestLink.password": "a hash",
    "accounts.ApiToken.secret_digest": "a digest",
    "accounts.ApiToken.last_four": "four letters",
    "accounts.Session.session_key": "random",
    "accounts.Session.session_data": "signed bytes",
    "accounts.Session.user_agent": "of the test client",
    "backlog.Change.request_id": "random",
    "backlog.Change.verb": "from a list",
    "backlog.Change.subject_type": "a table's name",
    "backlog.Change.right": "from a list",
    "backlog.ChangeSeal.digest": "a digest",
    "backlog.ChainHead.digest": "a digest",
    "backlog.Queue.deadline_hours": "numbers",
    "backlog.Cycle.sentence": "numbers and keys",
    "backlog.PlannedItem.charged_to": "queues and numbers",
    "backlog.PlanningPolicy.borrowing_order": "queues",
    "backlog.Decision.right": "from a list",
    "backlog.SavedView.query": "names of filters",
    "backlog.ItemSummary.missing": "names of pillars",
    "backlog.Comment.author_name": "of imports, where there is no author",
    "backlog.Decision.facts": "figures of the acts that record themselves",
    "backlog.Request.right": "from a list",
    "backlog.Request.verb": "from a list",
    "backlog.ItemSummary.review_state": "from a list",
    "backlog.BriefSignal.metric": "a slug",
    "backlog.BriefVersion.sha256": "a digest",
    "backlog.Confirmation.field": "from a list",
    "backlog.IncrementKind.slug": "a slug",
    "scoring.RubricVersion.digest": "a digest",
    "scoring.Publication.digest": "a digest",
    "scoring.Publication.figures": "numbers, and a sentence made of them",
    "scoring.Rating.criterion": "a key of the rubric",
    "scoring.Adjustment.verdict": "from a list",
    "scoring.Outcome.pillar": "from a list",
    "scoring.SessionTemplate.functions": "from a list",
    "scoring.RefinementSession.functions": "from a list",
    "scoring.RefinementSession.queue_kind": "from a list",
    "scoring.AgendaEntry.factors": "numbers",
    "scoring.AgendaEntry.reasons": "sentences of ours with words of the rubric",
    "scoring.AgendaEntry.agreed": "numbers by keys of the rubric",
    "scoring.Vote.criterion": "a key of the rubric",
    "scoring.Snapshot.band": "from a list",
    "scoring.Snapshot.parts": "numbers",
    "scoring.Snapshot.state": "from a list",
    "integrations.ImportRun.file_path": "made by the server",
    "integrations.ImportRun.file_digest": "a digest",
    "integrations.ImportRun.failed_in": "from a list",
    "integrations.ImportRun.phase": "from a list",
    "integrations.ImportRun.rehearsal": "figures; none is rehearsed here",
    "integrations.ImportRun.counts": "numbers",
    "integrations.ImportRun.problems": "this import has none",
    "integrations.ImportRun.last_error": "this import had none",
    "integrations.Hook.public_id": "random",
    "integrations.Hook.nonce": "random",
    "integrations.Hook.former_nonce": "random",
    "integrations.Hook.turned_away_why": "sentences of ours",
    "integrations.ImportedRecord.external_id": "a number in this export",
    "integrations.ImportedRecord.url": "this export has none",
    "integrations.ImportedRecord.content_hash": "a digest",
    "integrations.ImportedRecord.pending": "nothing is missing",
    "insights.DigestPreference.zone": "from a list",
    "insights.DigestPreference.salt": "random",
    "insights.Digest.period": "a date",
    "insights.Digest.message_id": "random",
    "insights.Digest.body_sha256": "a digest",
    "insights.Digest.trouble": "this one was sent",
    "assets.Version.sha256": "a digest",
    "assets.Version.media_type": "from a list",
    "assets.Placement.locale": "too short",
    "assets.Placement.found_sha256": "a digest",
    "assets.VersionPart.name": "from a list",
    "assets.VersionPart.sha256": "a digest",
    "assets.ClaimMark.sha256": "a digest",
    "assets.Segment.sha256": "a digest",
    "assets.Upload.sha256": "a digest",
    "assets.Preview.kind": "from a list",
    "assets.Preview.sha256": "a digest",
    "assets.Preview.media_type": "from a list",
    "reviews.Decision.sha256": "a digest",
    "reviews.Note.anchor": "a place",
}

MODELS = [
    model
    for app in APPS
    for model in apps.get_app_config(app).get_models()
    if model._meta.label not in LEFT_OUT
]
TEXTS = [
    (model, field)
    for model in MODELS
    for field in model._meta.concrete_fields
    if isinstance(field, models.CharField | models.TextField | models.JSONField)
    and not field.choices
    and f"{model._meta.label}.{field.name}" not in NO_CANARY
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_table_has_rows(world: World, model: type[models.Model]) -> None:
    assert model._default_manager.exists(), "let a furnisher make some (tests/security/README.md)"


@pytest.mark.parametrize(("model", "field"), TEXTS, ids=str)
def test_every_text_holds_the_canary(
    world: World, model: type[models.Model], field: models.Field
) -> None:
    found = model._default_manager.filter(**{f"{field.name}__icontains": CANARY})
    assert found.exists(), (
        f"{model._meta.label}.{field.name}: let a furnisher write tenant.mark into it"
    )


def test_what_is_left_out_exists() -> None:
    assert {apps.get_model(label) for label in LEFT_OUT}
    for name in NO_CANARY:
        label, _, field = name.rpartition(".")
        assert apps.get_model(label)._meta.get_field(field)
