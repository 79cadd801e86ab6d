"""Recording decisions: by a person, or by the act that is one (a published rubric, an accepted plan)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from backlog.models import Cycle, Decision, Item
from backlog.services import changes
from core import text
from core.errors import Conflict, Invalid

_LONGEST = 20_000


@transaction.atomic
def record(
    *,
    actor: Actor,
    product: Product,
    kind: str,
    title: str,
    rationale: str,
    right: str,
    context: str = "",
    options: Sequence[Mapping[str, Any]] = (),
    evidence: Sequence[Mapping[str, str]] = (),
    facts: Mapping[str, Any] | None = None,
    items: Sequence[Item] = (),
    cycle: Cycle | None = None,
    supersedes: Decision | None = None,
    reverses: bool = False,
    now: datetime | None = None,
) -> Decision:
    """Write a decision and its line in the log. The caller has asked ``right`` and checked the rules.

    Raises Invalid without a title or a rationale, Conflict if somebody superseded ``supersedes`` before.
    """
    title, rationale = text.one_line(title)[:200], text.tidy(rationale)
    missing = {
        name: ["Say it in a sentence."]
        for name, words in (("title", title), ("rationale", rationale))
        if not words
    }
    if missing:
        raise Invalid("A decision needs a title and its reasons.", fields=missing)
    now = now or timezone.now()
    # its row is locked from here on: numbers have no gaps, and of two who supersede the same the second is told
    Product.objects.filter(pk=product.pk).update(decisions_numbered=F("decisions_numbered") + 1)
    if supersedes is not None and Decision.objects.filter(supersedes=supersedes).exists():
        raise Conflict(
            f"{supersedes.key} was superseded already. Look at what stands now.", code="superseded"
        )
    decision = Decision.objects.create(
        product=product,
        number=Product.objects.values_list("decisions_numbered", flat=True).get(pk=product.pk),
        kind=kind,
        title=title,
        context=text.tidy(context),
        options=[dict(option) for option in options],
        rationale=rationale,
        evidence=[dict(link) for link in evidence],
        facts=dict(facts or {}),
        decided_by=actor.user,
        decided_at=now,
        right=right,
        cycle=cycle,
        supersedes=supersedes,
        reverses=reverses,
    )
    decision.items.set(items)
    changes.record(
        actor=actor,
        product=product,
        entries=[
            changes.Entry(
                "decision.recorded",
                decision,
                fields={"decision": (supersedes, decision)},
                reason=rationale,
                right=right,
            ),
            *(
                changes.Entry(
                    "item.decided_on", item, item, {"decision": (None, decision)}, right=right
                )
                for item in items
            ),
        ],
        now=now,
    )
    return decision


@dataclass(frozen=True)
class Draft:
    """A decision as a person words it. ``options``: title and note of each; ``chosen`` is the place of the one taken.

    ``evidence``: label and address of each.
    """

    title: str
    rationale: str
    context: str = ""
    options: Sequence[tuple[str, str]] = ()
    chosen: int | None = None
    evidence: Sequence[tuple[str, str]] = ()
    items: Sequence[Item] = ()
    kind: str = Decision.Kind.GENERAL


#: What people record themselves; the other kinds are made by the acts that they are.
BY_HAND = tuple((kind.value, kind.label) for kind in (Decision.Kind.GENERAL, Decision.Kind.TRADE))


def decide(
    *,
    actor: Actor,
    product: Product,
    draft: Draft,
    supersedes: Decision | None = None,
    reverses: bool = False,
    now: datetime | None = None,
) -> Decision:
    """Record a decision by hand, or the one that takes another's place. Raises Invalid, Conflict, NotAllowed."""
    right = rights.require(actor, "decision.record", product)
    options = [
        (text.one_line(title)[:200], text.tidy(note)[:2000]) for title, note in draft.options
    ]
    evidence = [
        (text.one_line(label)[:200], text.one_line(url)[:500]) for label, url in draft.evidence
    ]
    problems: dict[str, list[str]] = {}
    if draft.kind not in dict(BY_HAND):
        problems["kind"] = ["Choose a general decision or a trade-off."]
    if any(not title for title, _ in options):
        problems["options"] = ["Every option needs a name."]
    if draft.chosen is not None and not 0 <= draft.chosen < len(options):
        problems["chosen"] = ["Choose one of the options."]
    elif options and draft.chosen is None:
        problems["chosen"] = ["Say which option was taken."]
    if any(
        not url.startswith(("https://", "http://", "/")) or url.startswith("//")
        for _, url in evidence
    ):
        problems["evidence"] = ["An address begins with https:// or with / for a page of Ballast."]
    if len(options) > 20 or len(evidence) > 50 or len(draft.items) > 200:
        problems["options"] = ["At most 20 options, 50 pieces of evidence and 200 items."]
    if len(draft.rationale) > _LONGEST or len(draft.context) > _LONGEST:
        problems["rationale"] = [f"Use at most {_LONGEST:,} characters."]
    if problems:
        raise Invalid("The decision was not recorded.", fields=problems)
    return record(
        actor=actor,
        product=product,
        kind=draft.kind,
        title=draft.title,
        context=draft.context,
        options=[
            {"title": title, "note": note, "chosen": place == draft.chosen}
            for place, (title, note) in enumerate(options)
        ],
        rationale=draft.rationale,
        evidence=[{"label": label or url, "url": url} for label, url in evidence],
        right=right,
        items=draft.items,
        supersedes=supersedes,
        reverses=reverses,
        now=now,
    )
