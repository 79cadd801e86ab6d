"""Who is told of what: once, however often the log is followed, and never of their own act."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.models import Membership
from accounts.services import people
from assets.services import replacements
from assets.services.publishing import unpublish
from assets.services.variants import set_variant
from backlog.services import brief_lines, brief_signing, comments, items, requests
from notices.jobs import following
from notices.jobs.following import NEWS, follow, follow_all
from notices.models import Followed, Notice
from notices.services.preferences import set_ways
from reviews.jobs.opening import open_waiting
from reviews.models import Assignment, Layer, ReviewCycle, Stage
from reviews.services.assignments import hand_over
from reviews.services.notes import add_note
from tests.assets.placed import an_asset, place, publish
from tests.backlog.making import accepted, again, make
from tests.backlog.test_increment_rules import complete_brief
from tests.cast import Cast
from tests.reviews.rounds import CHANGES, approve, decide_as, start

pytestmark = pytest.mark.usefixtures("sound")


def told(cast: Cast, name: str) -> list[str]:
    """The topics of a person's notices, oldest first, after the log was followed."""
    follow_all()
    mine = Notice.objects.filter(person=cast.people[name]).order_by("pk")
    return list(mine.values_list("topic", flat=True))


def loaded(cycle: ReviewCycle) -> ReviewCycle:
    found = ReviewCycle.objects.select_related("product", "version__asset__item", "asset__item")
    return found.get(pk=cycle.pk)


def test_reviewers_are_told_when_their_stage_opens(cast: Cast) -> None:
    cycle = start(cast)
    assert told(cast, "reviewer") == ["review"]
    assert told(cast, "leadership") == [], "legal waits for subject matter"
    approve(cast, cycle, "reviewer")
    assert told(cast, "leadership") == ["review"]
    assert told(cast, "contributor") == ["verdict"], "who uploaded it"
    assert told(cast, "reviewer") == ["review"], "nobody is told of their own verdict"
    assert told(cast, "owner") == []


def test_a_stage_that_opens_by_itself_is_told_of(cast: Cast) -> None:
    Layer.objects.filter(product=cast.a, slug="subject_matter").update(entry=["claims_signed"])
    cycle = start(cast)
    Stage.objects.filter(cycle=cycle, step=0).update(state="waiting", opened_at=None)
    Assignment.objects.filter(stage__cycle=cycle).update(waiting=False)
    assert told(cast, "reviewer") == []
    open_waiting()
    open_waiting()
    assert told(cast, "reviewer") == ["review"]


def test_whoever_stands_in_is_told(cast: Cast) -> None:
    cycle = loaded(start(cast))
    stages = {stage.kind: stage for stage in cycle.stages.all()}
    for kind, person in (("subject_matter", "reviewer"), ("legal", "leadership")):
        hand_over(
            actor=cast.actor(person),
            cycle=cycle,
            stage=stages[kind],
            person=cast.people[person],
            to=cast.owner if kind == "subject_matter" else cast.administrator,
        )
    assert told(cast, "owner") == ["review"]
    assert told(cast, "administrator") == [], "the stage of law is not open yet"


def test_requested_changes_reach_who_uploaded(cast: Cast) -> None:
    assert decide_as(cast, "reviewer", start(cast), **CHANGES).status_code == 200
    assert told(cast, "contributor") == ["verdict"]


def test_notes_reach_who_uploaded_and_answers_who_asked(cast: Cast) -> None:
    cycle = loaded(start(cast))
    note = add_note(
        actor=cast.actor("reviewer"), version=cycle.version, cycle=cycle, body="@owner, too long?"
    )
    assert (told(cast, "contributor"), told(cast, "owner")) == (["note"], ["mention"])
    add_note(actor=cast.actor("contributor"), version=cycle.version, body="No.", answers=note)
    assert told(cast, "reviewer") == ["review", "note"]
    assert told(cast, "contributor") == ["note"]


def test_private_notes_are_told_to_nobody_who_may_not_see_them(cast: Cast) -> None:
    Layer.objects.filter(product=cast.a, slug="subject_matter").update(private=True)
    cycle = loaded(start(cast, subject=("reviewer", "administrator")))
    add_note(
        actor=cast.actor("reviewer"),
        version=cycle.version,
        cycle=cycle,
        body="@owner @administrator, between us.",
    )
    assert (told(cast, "contributor"), told(cast, "owner")) == ([], [])
    assert told(cast, "administrator") == ["review", "mention"]
    inbox = cast.client("administrator")
    assert "between us" not in inbox.get("/p/ATLAS/notifications/").content.decode()
    assert 'data-count="2"' in inbox.get("/p/ATLAS/work/").content.decode()
    Assignment.objects.filter(reviewer=cast.administrator).delete()
    assert 'data-count="1"' in inbox.get("/p/ATLAS/work/").content.decode()
    page = inbox.get("/p/ATLAS/notifications/").content.decode()
    assert "mentions you" not in page, "who is not asked there any more does not see it"


def test_nobody_is_told_of_their_own_act(cast: Cast) -> None:
    item = make(cast, by="owner", owner=cast.owner)
    comments.add_comment(actor=cast.actor("owner"), item=item, body="@owner: to myself")
    assert told(cast, "owner") == []


def test_mentions_are_told_once_however_often_a_comment_is_reworded(cast: Cast) -> None:
    item = make(cast)
    comment = comments.add_comment(actor=cast.actor("owner"), item=item, body="@viewer @owner")
    assert (told(cast, "viewer"), told(cast, "owner")) == (["mention"], [])
    comments.edit_comment(actor=cast.actor("owner"), comment=comment, body="@viewer @reviewer!")
    assert (told(cast, "viewer"), told(cast, "reviewer")) == (["mention"], ["mention"])


@pytest.mark.unsound
def test_a_publication_reaches_whoever_relies_on_the_asset(cast: Cast) -> None:
    first, second = an_asset(cast, 2)
    asset = first.asset
    publish(cast, first)
    stale = place(cast, asset, first)
    type(stale).objects.filter(pk=stale.pk).update(owner=cast.viewer)
    other = place(cast, asset, second, "Module 2")
    type(other).objects.filter(pk=other.pk).update(owner=cast.reviewer)
    follow_all()
    Notice.objects.all().delete()
    publish(cast, second)
    assert told(cast, "viewer") == ["replacement"], "what stands there is stale now"
    assert told(cast, "reviewer") == ["published"]
    assert told(cast, "owner") == []


@pytest.mark.unsound
def test_a_given_replacement_and_a_given_item_reach_their_owner(cast: Cast) -> None:
    first, second = an_asset(cast, 2)
    publish(cast, first)
    place(cast, first.asset, first)
    publish(cast, second)
    follow_all()
    (task,) = second.replacements.select_related("placement__asset__item", "product")
    replacements.assign(actor=cast.actor("owner"), replacement=task, owner=cast.viewer, due_on=None)
    item = make(cast, owner=cast.contributor)
    items.edit_item(
        actor=cast.actor("owner"), item=item, values={"owner": cast.reviewer}, version=None
    )
    assert told(cast, "viewer") == ["replacement"]
    assert "assigned" in told(cast, "contributor")
    assert told(cast, "reviewer") == ["assigned"]
    items.edit_item(
        actor=cast.actor("owner"), item=again(item), values={"owner": None}, version=None
    )
    assert told(cast, "reviewer") == ["assigned"], "what is taken away is no work"


def test_a_brief_that_changes_reaches_who_works_by_it(cast: Cast) -> None:
    item = accepted(cast, owner=cast.viewer)
    brief = complete_brief(cast, item)
    brief_signing.sign_off(actor=cast.actor("leadership"), brief=brief)
    assert told(cast, "viewer") == ["assigned"]
    line = brief.lines.get(number=1)
    brief_lines.point(actor=cast.actor("owner"), line=line, item=item)
    line = brief.lines.select_related("brief__product").get(number=1)
    brief_lines.reword_line(actor=cast.actor("owner"), line=line, statement="Prices are gross")
    brief_signing.sign_off(actor=cast.actor("leadership"), brief=brief, reason="Gross")
    assert told(cast, "viewer") == ["assigned", "brief"]


def test_requests_reach_who_may_decide_and_their_answers_who_asked(cast: Cast) -> None:
    item = accepted(cast)
    asked = requests.ask(
        actor=cast.actor("viewer"),
        product=cast.a,
        verb="by_hand",
        payload={"right": "queue.define"},
        reason="The share is wrong.",
    )
    assert item.product_id == asked.product_id
    assert [told(cast, name) for name in ("owner", "contributor")] == [["request"], []]
    requests.answer(actor=cast.actor("owner"), request=asked, accept=False, reason="It is right.")
    assert told(cast, "viewer") == ["request"]


def test_following_twice_adds_nothing_and_a_lost_place_neither(cast: Cast) -> None:
    start(cast)
    assert follow(cast.a.pk) == 1
    assert follow(cast.a.pk) == 0
    Followed.objects.update(through=0)
    follow(cast.a.pk)
    assert Notice.objects.count() == 1


def test_more_than_a_batch_is_followed_to_the_end(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "BATCH", 3)
    for n in range(7):
        make(cast, f"Item {n}", owner=cast.viewer)
    assert told(cast, "viewer") == ["assigned"] * 7, "seven acts"


def test_one_act_on_many_items_is_told_once(cast: Cast) -> None:
    found = [make(cast, f"Item {n}") for n in range(5)]
    query = {"item": [each.key for each in found], "owner": "viewer@example.org", "confirm": "yes"}
    assert cast.client("owner").post("/p/ATLAS/backlog/bulk/", query).status_code < 400
    follow_all()
    notice = Notice.objects.get(person=cast.viewer)
    assert (notice.topic, notice.others) == ("assigned", 4)
    page = cast.client("viewer").get("/p/ATLAS/notifications/").content.decode()
    assert "And 4 more like it." in page
    opened = cast.client("viewer").post(f"/p/ATLAS/notifications/{notice.pk}/open/")
    assert opened["Location"] == "/p/ATLAS/backlog/?owner=me"
    listed = cast.client("viewer").get(opened["Location"]).content.decode()
    assert listed.count("data-row ") >= 1


def test_what_is_old_is_no_news(cast: Cast) -> None:
    item = make(cast)
    long_ago = timezone.now() - NEWS
    comments.add_comment(actor=cast.actor("owner"), item=item, body="@viewer", now=long_ago)
    assert told(cast, "viewer") == []
    comments.add_comment(actor=cast.actor("owner"), item=item, body="@viewer")
    assert told(cast, "viewer") == ["mention"]


def test_only_members_who_want_it_are_told(cast: Cast) -> None:
    item = make(cast)
    set_ways(actor=cast.actor("viewer"), product=cast.a, ways={"mention": "off"})
    comments.add_comment(
        actor=cast.actor("owner"), item=item, body="@viewer @reviewer @contributor"
    )
    Membership.objects.filter(product=cast.a, user=cast.reviewer).delete()
    people.deactivate(actor=cast.actor("administrator").system(), user=cast.contributor)
    assert [told(cast, name) for name in ("viewer", "reviewer", "contributor")] == [[], [], []]


def test_a_page_wakes_the_worker(cast: Cast) -> None:
    item = make(cast)
    answer = cast.client("owner").post(f"/items/{item.key}/comments/", {"body": "@viewer, look"})
    assert answer.status_code < 400
    assert Notice.objects.filter(person=cast.viewer).count() == 1


@pytest.mark.unsound
def test_a_publication_reaches_who_made_variants(cast: Cast) -> None:
    (source,) = an_asset(cast)
    (variant,) = an_asset(cast, name="willkommen")
    publish(cast, source)
    assert "published" not in told(cast, "contributor")
    set_variant(
        actor=cast.actor("owner"),
        asset=variant.asset,
        source=source.asset,
        kind="language",
        label="de-DE",
    )
    unpublish(actor=cast.actor("owner"), version=source, reason="A slip.")
    assert "published" in told(cast, "contributor")
