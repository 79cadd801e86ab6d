"""Publishing a draft: exactly what its preview showed, as a decision with a reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from backlog.models import Change, Decision, Item
from backlog.services import changes, decisions
from core import text
from core.errors import Conflict, Invalid
from core.queueing import enqueue_on_commit
from scoring.current import rubric_in_force
from scoring.engine import epoch_microseconds
from scoring.jobs import publications
from scoring.jobs.previews import Preview, preview
from scoring.models import Publication, RubricDraft, RubricVersion
from scoring.rubrics import QUEUES, digest, parse_rubric, rubric_data

#: So many items are rescored before the answer; more in the background.
INLINE_LIMIT = 2_000
#: A preview that is older than this has to be looked at again.
VALID_FOR = timedelta(hours=1)
#: Items named where a preview no longer holds.
NAMED = 20


class Changed(Conflict):
    """The preview no longer holds. ``extra`` says what changed, and names the preview that holds now."""

    code = "preview_changed"


def publish(
    *,
    actor: Actor,
    draft: RubricDraft,
    reason: str,
    at: datetime,
    digest: str,
    top: int | None = None,
    accept_changes: bool = False,
    now: datetime | None = None,
) -> Publication:
    """Make the draft the product's next version, and score every open item with it as of the instant ``at``.

    ``at``, ``digest`` and ``top`` are those of the preview that was looked at. Where it no longer holds, because an
    input, the draft or the version in force changed, or scores were worked out anew, Changed says so; with
    ``accept_changes`` what holds now is published instead. Two at once: one wins, the other is told.

    The items are read before the transaction, so that nobody waits for it; what changes between is scored as it is when
    its turn comes. Raises Invalid (reason, nothing differs), RubricError, Changed, Conflict, NotAllowed.
    """
    right = rights.require(actor, "rubric.publish", draft.product)
    now = now or timezone.now()
    product = draft.product
    reason = text.tidy(reason).strip()
    if not reason:
        raise Invalid(
            "Nothing was published: say why.",
            fields={"reason": ["A sentence that somebody can read in a year."]},
        )
    _open(draft)
    rubric = parse_rubric(draft.data)
    number, in_force = rubric_in_force(product.pk)
    if rubric == in_force:
        raise Invalid(f"Nothing differs from version {number}, so there is nothing to publish.")
    found = preview(product, rubric, at, top, fresh=True)
    if _outdated(found, digest, now):
        if not accept_changes:
            raise _changed(found, draft, digest, now)
        found = preview(product, rubric, now, top, fresh=True)
    return _publish(actor, draft, found, reason, right, now)


@transaction.atomic
def _publish(
    actor: Actor, draft: RubricDraft, found: Preview, reason: str, right: str, now: datetime
) -> Publication:
    product = draft.product
    # whoever publishes here at the same time waits, and then finds the next number taken
    Product.objects.select_for_update(no_key=True).get(pk=product.pk)
    _open(RubricDraft.objects.get(pk=draft.pk))
    if rubric_in_force(product.pk)[0] != found.number:
        raise _overtaken(product)
    claimed = RubricDraft.objects.filter(
        pk=draft.pk,
        version=draft.version,
        published_as__isnull=True,
        discarded_at__isnull=True,
    ).update(published_as=found.number + 1, updated_at=now)
    if not claimed:
        raise Changed("The draft was edited a moment ago. Look at the preview again.")
    try:
        with transaction.atomic():
            version = RubricVersion.objects.create(
                product=product,
                number=found.number + 1,
                data=rubric_data(found.rubric),
                digest=digest(found.rubric),
                published_at=now,
                published_by=actor.user,
                reason=reason,
            )
    except IntegrityError:
        raise _overtaken(product) from None
    facts = figures(found)
    publication = Publication.objects.create(
        version=version,
        product=product,
        draft=draft,
        as_of=found.at,
        digest=found.digest,
        figures=facts,
        items=len(found.item_ids),
    )
    title = f"Rubric, version {version.number}"
    decision = decisions.record(
        actor=actor,
        product=product,
        kind=Decision.Kind.RUBRIC,
        title=title,
        context=f"{sentence(found)} Draft: {draft.name}.",
        rationale=reason,
        right=right,
        facts={"version": version.number, "rubric_digest": version.digest, **facts},
        now=now,
    )
    entry = changes.Entry(
        "rubric.published",
        version,
        None,
        {"rubric": (found.number, version.number), "decision": (None, decision)},
        reason=reason,
        right=right,
    )
    changes.record(actor=actor, product=product, entries=[entry], now=now)
    if publication.items <= INLINE_LIMIT:
        publications.apply(publication, now=now)
        publication.refresh_from_db()
    else:
        enqueue_on_commit("scoring.apply", {})
    return publication


def figures(found: Preview) -> dict[str, Any]:
    """A preview's figures as plain data: what the page shows, the API answers and the decision keeps."""
    comparison = found.comparison
    total = comparison.total
    return {
        "at": found.at.astimezone(UTC).isoformat(),
        "digest": found.digest,
        "in_force": found.number,
        "rubric_digest_in_force": digest(found.in_force),
        "rubric_digest": digest(found.rubric),
        "top": dict(zip(QUEUES, found.tops, strict=True)),
        "top_is_next_cycle": found.holds,
        "items": total.items,
        **_counts(total),
        "queues": {
            queue: {"items": counts.items, "top": counts.top, **_counts(counts)}
            for queue, counts in comparison.queues.items()
        },
        "sentence": sentence(found),
    }


def _counts(counts: Any) -> dict[str, Any]:
    agreement = counts.agreement
    return {
        "entered": counts.entered,
        "left": counts.left,
        "churn": counts.churn,
        "moved": counts.moved,
        "band_changes": counts.band_changes,
        "bands": [
            {"from": old, "to": new, "items": times} for (old, new), times in counts.bands.items()
        ],
        "became_scored": counts.became_scored,
        "became_unscored": counts.became_unscored,
        "kendall": {
            "tau_b": agreement.tau,
            "pairs": agreement.pairs,
            "concordant": agreement.concordant,
            "discordant": agreement.discordant,
            "tied_before": agreement.tied_before,
            "tied_after": agreement.tied_after,
        },
    }


def sentence(found: Preview) -> str:
    """The figures in one sentence."""
    total = found.comparison.total
    where = (
        "what the next cycle holds"
        if found.holds
        else f"the top {found.tops[0]} of {'its queue' if total.churn == 1 else 'their queues'}"
    )
    item = "item moves" if total.churn == 1 else "items move"
    tau = total.agreement.tau
    order = (
        "the order cannot be compared" if tau is None else f"the order agrees {tau:.2f} (Kendall)"
    )
    band = "item changes band" if total.band_changes == 1 else "items change band"
    return f"{total.churn} of {total.items} {item} in or out of {where}; {order}; {total.band_changes} {band}."


def _open(draft: RubricDraft) -> None:
    if draft.published_as is not None:
        raise Conflict(
            f"This draft was published already, as version {draft.published_as}.",
            code="draft_closed",
        )
    if draft.discarded_at is not None:
        raise Conflict("This draft was discarded. Bring it back first.", code="draft_closed")


def _outdated(found: Preview, given: str, now: datetime) -> bool:
    at = epoch_microseconds(found.at)
    return found.digest != given or found.scored_last > at or not now - VALID_FOR <= found.at <= now


def _overtaken(product: Product) -> Changed:
    newest = (
        RubricVersion.objects.filter(product=product)
        .select_related("published_by")
        .order_by("-number")[0]
    )
    return Changed(
        f"{newest.published_by or 'Ballast'} published version {newest.number} a moment ago. Look at what your draft"
        " would change now.",
        extra={"in_force": newest.number},
    )


def _changed(found: Preview, draft: RubricDraft, given: str, now: datetime) -> Changed:
    """What happened since the preview, from the log: edited items, a newer version, an edited draft, age alone."""
    product = draft.product
    since = Change.objects.filter(product=product, at__gt=found.at)
    says: list[str] = []
    newer = RubricVersion.objects.filter(product=product, published_at__gt=found.at).order_by(
        "-number"
    )
    for version in newer.select_related("published_by")[:1]:
        says.append(f"{version.published_by or 'Ballast'} published version {version.number}.")
    for name in (
        since.filter(verb="rubric_draft.edited", subject_id=draft.pk)
        .order_by("-id")
        .values_list("actor_name", flat=True)[:1]
    ):
        says.append(f"{name} edited the draft.")
    touched = since.filter(item_id__isnull=False).exclude(verb="band.changed")
    ids = list(
        touched.order_by("item_id").values_list("item_id", flat=True).distinct()[: NAMED + 1]
    )
    numbers = Item.objects.filter(pk__in=[pk for pk in ids[:NAMED] if pk]).order_by("number")
    keys = [f"{product.key}-{number}" for number in numbers.values_list("number", flat=True)]
    if keys:
        more = " and others" if len(ids) > NAMED else ""
        says.append(f"Edited since: {', '.join(keys)}{more}.")
    if not found.at <= now:
        says.append("Its instant lies in the future.")
    elif now - found.at > VALID_FOR:
        says.append("It is more than an hour old.")
    if not says:
        says.append("Scores were worked out anew since, or an adjustment ran out.")
    return Changed(
        f"The preview no longer holds, so nothing was published. {' '.join(says)} Look at it again.",
        extra={"digest": given, "changed": says, "items": keys},
    )
