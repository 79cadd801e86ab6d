"""Publishing gives exactly what the preview showed, as a decision; whoever looked at something else is told."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from accounts.actors import Actor
from backlog.models import Change, Decision, Item, ItemSummary
from backlog.services.items import edit_item
from core.errors import Conflict, Invalid, NotAllowed
from scoring.jobs import publications, rescore
from scoring.jobs.previews import preview
from scoring.models import Publication, Rating, RubricDraft, RubricVersion, Snapshot
from scoring.rubrics import RubricError, parse_rubric, rubric_data
from scoring.services import drafts, publishing
from tests.cast import Cast
from tests.scoring.test_rescore import NOW, furnished

LATER = NOW + timedelta(hours=2)
PUBLISHED = LATER + timedelta(minutes=3)


@pytest.fixture
def items(cast: Cast) -> list[Item]:
    made = furnished(cast.a, 60)
    rescore.rescore_stale(now=NOW + timedelta(hours=1))
    return made


def draft_of(cast: Cast, **changes: Any) -> RubricDraft:
    """Version 1 with pain weighing more, and without reach."""
    version = RubricVersion.objects.get(product=cast.a, number=1)
    data = copy.deepcopy(version.data)
    data["criteria"] = [c for c in data["criteria"] if c["key"] != data["criteria"][2]["key"]]
    data["criteria"][2]["weight"] = 5.0
    data["profiles"]["enhancement"]["weights"] = {"value": 0.3, "impact": 0.5, "risk": 0.2}
    data.update(changes)
    return drafts.begin(
        actor=cast.actor("owner"), product=cast.a, source=version, name="More pain", data=data,
        now=NOW,
    )  # fmt: skip


def publish(cast: Cast, draft: RubricDraft, **changes: Any) -> Publication:
    found = preview(cast.a, parse_rubric(draft.data), LATER, fresh=True)
    given = {"actor": cast.actor("owner"), "draft": draft, "reason": "Support says so.",
             "at": LATER, "digest": found.digest, "now": PUBLISHED, **changes}  # fmt: skip
    return publishing.publish(**given)


def stored() -> dict[int, Any]:
    return {row.pk: row for row in ItemSummary.objects.exclude(queue_kind="").filter(is_open=True)}


def test_what_was_shown_is_what_is_stored_to_the_bit(cast: Cast, items: list[Item]) -> None:
    draft = draft_of(cast)
    shown = preview(cast.a, parse_rubric(draft.data), LATER, fresh=True)
    publication = publish(cast, draft)
    assert publication.applied_at == PUBLISHED
    rows = stored()
    assert sorted(rows) == shown.item_ids.tolist()
    assert len(rows) > 40
    for place, pk in enumerate(shown.item_ids.tolist()):
        row, priority = rows[pk], shown.after.priority[place]
        assert (row.priority is None) == bool(np.isnan(priority))
        assert row.priority is None or row.priority == priority
        assert row.rubric_version == 2
        assert row.scored_at == LATER
        assert row.stale_since is None


def test_a_big_product_is_brought_up_to_date_in_the_background(
    cast: Cast, items: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In chunks, going on where a killed worker stopped, and with what was edited meanwhile scored as it is now."""
    monkeypatch.setattr(publishing, "INLINE_LIMIT", 5)
    monkeypatch.setattr(rescore, "CHUNK", 7)
    draft = draft_of(cast)
    shown = preview(cast.a, parse_rubric(draft.data), LATER, fresh=True)
    publication = publish(cast, draft)
    assert publication.applied_at is None
    after = PUBLISHED + timedelta(minutes=1)
    touched = Item.objects.get(pk=int(shown.item_ids[-1]))
    edit_item(
        actor=Actor.system(), item=touched, version=touched.version, values={"effort": 2.0}, now=after
    )  # fmt: skip
    publications.apply_publications(now=after)
    publication.refresh_from_db()
    assert publication.applied_at == publication.kept_at == after
    assert Snapshot.objects.filter(product=cast.a, rubric_version=2).count() == len(shown.item_ids)
    rows = stored()
    for place, pk in enumerate(shown.item_ids.tolist()):
        assert rows[pk].rubric_version == 2
        if pk == touched.pk:
            assert rows[pk].scored_at == after
        else:
            priority = shown.after.priority[place]
            assert rows[pk].priority == (None if np.isnan(priority) else priority)
    assert publications.apply_publications(now=after) == 0


def test_it_is_a_decision_with_the_figures_of_the_preview(cast: Cast, items: list[Item]) -> None:
    draft = draft_of(cast)
    shown = preview(cast.a, parse_rubric(draft.data), LATER, fresh=True)
    publish(cast, draft)
    decision = Decision.objects.get(product=cast.a, kind=Decision.Kind.RUBRIC)
    version = RubricVersion.objects.get(product=cast.a, number=2)
    assert decision.rationale == version.reason == "Support says so."
    assert decision.decided_by == version.published_by == cast.owner
    assert decision.facts["digest"] == shown.digest
    assert decision.facts["at"] == LATER.isoformat()
    assert decision.facts["rubric_digest"] == version.digest
    assert decision.facts["churn"] == shown.comparison.total.churn
    assert decision.facts["kendall"]["tau_b"] == shown.comparison.total.agreement.tau
    change = Change.objects.get(verb="rubric.published")
    assert (change.reason, change.right) == ("Support says so.", "rubric.publish")
    draft.refresh_from_db()
    assert draft.published_as == 2


def test_an_input_that_changed_is_named_and_nothing_is_published(
    cast: Cast, items: list[Item]
) -> None:
    draft = draft_of(cast)
    shown = preview(cast.a, parse_rubric(draft.data), LATER, fresh=True)
    item = Item.objects.get(pk=int(shown.item_ids[3]))
    edit_item(
        actor=Actor.system(), item=item, version=item.version, values={"effort": 21.0},
        now=LATER + timedelta(minutes=1),
    )  # fmt: skip
    with pytest.raises(publishing.Changed) as refused:
        publish(cast, draft, digest=shown.digest)
    assert refused.value.extra["items"] == [item.key]
    assert RubricVersion.objects.filter(product=cast.a).count() == 1
    publication = publish(cast, draft, digest=shown.digest, accept_changes=True)
    assert publication.as_of == PUBLISHED


def test_a_draft_that_was_edited_since_the_preview_has_to_be_looked_at_again(
    cast: Cast, items: list[Item]
) -> None:
    draft = draft_of(cast)
    digest = preview(cast.a, parse_rubric(draft.data), LATER, fresh=True).digest
    edited = drafts.edit(
        actor=cast.actor("contributor"), draft=draft, version=1,
        data={**draft.data, "max_adjustment": 10.0}, now=PUBLISHED,
    )  # fmt: skip
    with pytest.raises(publishing.Changed, match="Contributor edited the draft"):
        publish(cast, edited, digest=digest)


def test_of_two_drafts_the_second_is_told_that_the_first_was_published(
    cast: Cast, items: list[Item]
) -> None:
    first, second = draft_of(cast), draft_of(cast, max_adjustment=3.0)
    digest = preview(cast.a, parse_rubric(second.data), LATER, fresh=True).digest
    publish(cast, first)
    with pytest.raises(publishing.Changed, match=r"published version 2"):
        publish(cast, second, digest=digest, at=LATER)
    with pytest.raises(Conflict, match="as version 2"):
        publish(cast, RubricDraft.objects.get(pk=first.pk))


@pytest.mark.parametrize(
    ("who", "change", "error"),
    [
        ("contributor", {}, NotAllowed),
        ("owner", {"reason": "  "}, Invalid),
    ],
)
def test_who_may_not_or_gives_no_reason_publishes_nothing(
    cast: Cast, items: list[Item], who: str, change: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        publish(cast, draft_of(cast), actor=cast.actor(who), **change)
    assert RubricVersion.objects.filter(product=cast.a).count() == 1


def test_what_does_not_differ_or_is_unfinished_is_not_published(cast: Cast) -> None:
    same = RubricVersion.objects.get(product=cast.a).data
    with pytest.raises(Invalid, match="Nothing differs"):
        publish(cast, draft_of(cast, **same), digest="")
    unfinished = draft_of(cast, max_adjustment="many")
    with pytest.raises(RubricError):
        publishing.publish(
            actor=cast.actor("owner"), draft=unfinished, reason="r", at=LATER, digest="", now=LATER
        )


def test_a_criterion_that_comes_back_finds_its_ratings(cast: Cast, items: list[Item]) -> None:
    before = Rating.objects.filter(product=cast.a).count()
    first = RubricVersion.objects.get(product=cast.a)
    dropped = first.data["criteria"][2]["key"]
    rated = Rating.objects.filter(product=cast.a, criterion=dropped).count()
    assert rated
    publish(cast, draft_of(cast))
    back = drafts.begin(
        actor=cast.actor("owner"), product=cast.a, source=first, data={**first.data, "max_adjustment": 9.0}
    )  # fmt: skip
    at = PUBLISHED + timedelta(minutes=1)
    shown = preview(cast.a, parse_rubric(back.data), at, fresh=True)
    publish(cast, back, at=at, digest=shown.digest, now=at)
    assert Rating.objects.filter(product=cast.a).count() == before
    column = list(parse_rubric(back.data).criterion_index).index(dropped)
    assert (~np.isnan(shown.after.x[:, column])).sum() > 0


def test_a_preview_writes_nothing(
    cast: Cast, items: list[Item], django_assert_num_queries: Any
) -> None:
    draft = draft_of(cast)
    with django_assert_num_queries(10) as queries:
        preview(cast.a, parse_rubric(draft.data), LATER, fresh=True)
    reads = ("SELECT", "COPY (SELECT")
    assert all(each["sql"].lstrip().upper().startswith(reads) for each in queries)


def test_snapshots_say_the_version_and_the_instant(cast: Cast, items: list[Item]) -> None:
    publish(cast, draft_of(cast))
    kept = Snapshot.objects.filter(product=cast.a, rubric_version=2)
    assert kept.exists()
    assert set(kept.values_list("at", flat=True)) == {LATER}
    assert rubric_data(parse_rubric(RubricVersion.objects.get(number=2, product=cast.a).data))
