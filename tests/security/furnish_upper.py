"""What the apps above the backlog put into a product."""

from __future__ import annotations

import copy
from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.actors import Actor, Via
from accounts.models import User
from accounts.roles import Role
from assets.models import Asset
from assets.services.assets import add_asset
from assets.services.versions import upload_version
from backlog.models import Change, Queue
from backlog.services import members, states
from backlog.services.items import Draft, create_item
from backlog.vocabulary import State
from reviews.planning import proposal
from reviews.services.cycles import StagePlan, start_review
from reviews.services.decisions import decide
from reviews.services.notes import add_note
from reviews.vocabulary import Verdict, Weight
from scoring.current import rubric_in_force
from scoring.jobs import robustness
from scoring.jobs.previews import preview
from scoring.models import RubricDraft, RubricVersion, Signal
from scoring.rubrics import parse_rubric
from scoring.services import (
    adjustments,
    evidence,
    groups,
    outcomes,
    placing,
    publishing,
    ratings,
    signals,
)
from scoring.services import drafts as rubric_drafts
from tests.cast import make_person
from tests.security.world import Tenant


def furnish_scoring(tenant: Tenant) -> None:
    """A rating of each pillar, a signal, a running adjustment, an outcome, a rank range."""
    actor, product, item, mark = tenant.actor(), tenant.product, tenant.item, tenant.mark
    entries = {name: ratings.Entry(3) for name in _criteria(tenant)[::3]}
    ratings.rate_item(actor=actor, item=item, entries=entries, reason=mark)
    drafts = [
        signals.Draft(
            kind=kind,
            magnitude=2,
            occurred_at=timezone.now(),
            source=mark[:40],
            external_id=f"{mark} {kind}",
            note=mark,
            item=item,
        )
        for kind in ("ticket", mark[:40])
    ]
    signals.add_signals(actor=actor, product=product, drafts=drafts)
    tenant.things["signal"] = _evidence(tenant)
    tenant.things["adjustment"] = adjustments.adjust(
        actor=actor,
        item=item,
        points=3,
        claim=mark,
        evidence=mark,
        expires_at=timezone.now() + timedelta(days=20),
    )
    tenant.things["criterion_key"] = _criteria(tenant)[0]
    _furnish_judgement(tenant)
    _furnish_finished(tenant)
    robustness.draw(product_id=product.pk)


def _furnish_judgement(tenant: Tenant) -> None:
    """A hand move past another item, and a judgement of a colleague that is over and has a verdict."""
    mark, now = tenant.mark, timezone.now()
    queue = Queue.objects.get(product=tenant.product, kind="stability")
    rated = ("business_value", "customer_pain", "technical_risk")
    actor = tenant.actor()
    low, high, last = (
        create_item(
            actor=actor,
            product=tenant.product,
            draft=Draft(title=f"{title} {mark}"[:250], queue=queue, state=state),
        )
        for title, state in (
            ("Low", State.ACCEPTED),
            ("High", State.ACCEPTED),
            ("Last", State.TRIAGE),  # ranked too, and no work that a cycle could take
        )
    )
    for item, level in ((low, 3), (high, 3), (last, 2)):
        entries = {name: ratings.Entry(level) for name in rated}
        ratings.rate_item(actor=actor, item=item, entries=entries)
    row, _ = placing.place_item(
        actor=actor,
        item=low,
        target=placing.Target("down"),
        claim=mark,
        expires_at=now + timedelta(days=20),
    )
    over = adjustments.adjust(
        actor=Actor.system(),
        item=tenant.item,
        points=1,
        claim=mark,
        expires_at=now - timedelta(days=1),
        now=now - timedelta(days=9),
    )
    adjustments.judge(actor=actor, adjustment=over, verdict="failed", note=mark)
    tenant.things |= {"placed": row, "ended": over, "low": low, "high": high, "last": last}


def _furnish_finished(tenant: Tenant) -> None:
    """A finished item with what it achieved."""
    actor, mark = tenant.actor(), tenant.mark
    draft = Draft(title=mark, queue=tenant.item.queue, state=State.ACCEPTED)
    item = create_item(actor=actor, product=tenant.product, draft=draft)
    for state in (State.IN_PROGRESS, State.IN_REVIEW, State.DONE):
        item = states.set_state(actor=actor, item=item, state=state)
    outcomes.record_outcomes(
        actor=actor,
        product=tenant.product,
        drafts=[
            outcomes.Draft(
                item=item,
                pillar="value",
                realized=0.5,
                measured_at=timezone.now(),
                source=mark[:40],
                external_id=mark,
                note=mark,
            )
        ],
    )
    tenant.things["finished"] = item


def furnish_rubrics(tenant: Tenant) -> None:
    """A published version and drafts, one of them discarded, whose every text is the product's own."""
    actor, product, mark = tenant.actor(), tenant.product, tenant.mark
    first = RubricVersion.objects.get(product=product, number=1)

    def begun(name: str, most: float) -> RubricDraft:
        data = copy.deepcopy(first.data)
        data["criteria"][0].update(label=mark, question=mark, levels=[mark] * 6)
        data["max_adjustment"] = most
        return rubric_drafts.begin(
            actor=actor, product=product, source=first, name=f"{mark} {name}"[:80], data=data
        )

    published, discarded = begun("published", 14.0), begun("discarded", 13.0)
    rubric_drafts.discard(actor=actor, draft=discarded)
    shown = preview(product, parse_rubric(published.data), timezone.now(), fresh=True)
    publishing.publish(actor=actor, draft=published, reason=mark, at=shown.at, digest=shown.digest)
    tenant.things |= {"draft": begun("open", 12.0), "discarded_draft": discarded}


def _evidence(tenant: Tenant) -> Signal:
    """Two that wait and say the same, two dismissed, one about a segment that is withdrawn; returns one of the item."""
    actor, product, mark = tenant.actor(), tenant.product, tenant.mark
    notes = ("waiting", "waiting", "dismissed", "dismissed", "withdrawn")
    drafts = [
        signals.Draft(
            kind="incident",
            magnitude=1,
            occurred_at=timezone.now(),
            source=mark[:40],
            external_id=f"{mark} loose {place}",
            note=f"{note} {note}s {note}ed {mark}",
            segment=mark[:60] if note == "withdrawn" else "",
        )
        for place, note in enumerate(notes)
    ]
    stored = signals.add_signals(actor=actor, product=product, drafts=drafts).stored
    groups.dismiss(actor=actor, product=product, signals=stored[2:4], label=mark[:200], reason=mark)
    evidence.withdraw(actor=actor, product=product, signals=stored[4:], reason=mark)
    batch = Change.objects.filter(product=product, verb="signal.withdrawn").latest("id").batch
    tenant.things |= {
        "grouped_signal": stored[0],
        "withdrawn_signal": stored[4],
        "evidence_batch": batch,
    }
    return Signal.objects.filter(item=tenant.item).earliest("pk")


def _criteria(tenant: Tenant) -> list[str]:
    return [each.key for each in rubric_in_force(tenant.product.pk)[1].criteria]


def furnish_assets(tenant: Tenant) -> None:
    """A script in two versions."""
    actor, mark = tenant.actor(), tenant.mark

    def file(line: str) -> SimpleUploadedFile:
        return SimpleUploadedFile(
            f"{mark}.txt", f"INT. NIGHT\n{mark}\n{line}\n".encode(), "text/plain"
        )

    first = add_asset(actor=actor, item=tenant.item, file=file("one"), rationale=mark, name=mark)
    second = upload_version(actor=actor, asset=first.asset, file=file("two"), rationale=mark)
    tenant.things |= {"asset": first.asset, "version": second}


def furnish_reviews(tenant: Tenant) -> None:
    """A closed round with a decision and a note, and one that waits for a colleague."""
    actor, mark = tenant.actor(), tenant.mark
    colleague = _colleague(tenant)
    plans = asked(tenant.version.asset, colleague)
    theirs = Actor(user=colleague, channel=Via.PAGE)
    earlier = start_review(actor=actor, version=tenant.version, stages=plans)
    decide(
        actor=theirs,
        cycle=earlier,
        verdict=Verdict.REQUEST_CHANGES,
        sha256=tenant.version.sha256,
        note=mark,
        weight=Weight.DETAIL,
    )
    file = SimpleUploadedFile(f"{mark}.txt", f"{mark}\nthree\n".encode(), "text/plain")
    tenant.things["version"] = upload_version(
        actor=actor, asset=tenant.asset, file=file, rationale=mark
    )
    cycle = start_review(actor=actor, version=tenant.version, stages=plans)
    add_note(actor=theirs, version=tenant.version, cycle=cycle, body=mark, anchor={"line": 1})
    tenant.things |= {"colleague": colleague, "cycle": cycle}


def asked(asset: Asset, reviewer: User) -> list[StagePlan]:
    """Everything that a round on the asset needs, asked of one person."""
    return [
        StagePlan(each.layer.slug, [reviewer])
        for each in proposal(asset).needed
        if each.holds is None
    ]


def _colleague(tenant: Tenant) -> User:
    """The cast's reviewer in A; in B somebody whose name and address hold the canary too."""
    known = User.objects.filter(
        memberships__product=tenant.product, memberships__role=Role.REVIEWER
    )
    if found := known.first():
        return found
    person = make_person(f"colleague-{tenant.mark.split()[0].lower()}")
    members.add_member(
        actor=Actor.system(), product=tenant.product, user=person, role=Role.REVIEWER
    )
    return person
