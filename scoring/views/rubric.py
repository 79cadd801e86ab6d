"""The rubric in force, its versions, and what differs between two; readable by everybody."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from accounts import rights
from accounts.access import product_for, products_of
from accounts.actors import Actor
from accounts.models import Product
from accounts.pages import page, show
from core.errors import NotFound
from scoring import access, drafts
from scoring.current import rubric_in_force
from scoring.models import RubricVersion
from scoring.rubrics import Rubric, parse_rubric
from scoring.views.draft_form import PILLAR_NAMES, plain


@page
def rubric(request: HttpRequest, key: str) -> HttpResponse:
    """Criteria with their level texts and weights, the profile of each queue, versions and drafts."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    number, found = rubric_in_force(product.pk)
    versions = list(access.versions_of(product)[:50])
    may_draft = rights.allowed(actor, "rubric.draft", product)
    context = {
        **_shown(found),
        "number": number,
        "version": versions[0],
        "versions": versions,
        "drafts": list(access.drafts_of(product)[:50]),
        "may_draft": may_draft,
        "others": [each for each in products_of(actor) if each.pk != product.pk]
        if may_draft
        else [],
    }
    return show(request, "scoring/rubric.html", context, product=product, active="rubric")


@page
def version(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """One published version, as the overview shows the one in force, with what it changed."""
    actor = Actor.of(request)
    row = access.version_for(actor, key, number)
    newest, _ = rubric_in_force(row.product_id)
    before = access.versions_of(row.product).filter(number=number - 1).first()
    context = {
        **_shown(parse_rubric(row.data)),
        "number": number,
        "version": row,
        "is_newest": number == newest,
        "previous": number - 1 if before else None,
        "differences": grouped(before.data, row.data) if before else [],
        "may_draft": rights.allowed(actor, "rubric.draft", row.product),
    }
    return show(
        request, "scoring/rubric_version.html", context, product=row.product, active="rubric"
    )


@page
def comparison(request: HttpRequest, key: str) -> HttpResponse:
    """What differs between two versions, or between a version and a draft."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    newest, _ = rubric_in_force(product.pk)
    before, before_name = _side(actor, product, request.GET.get("before", ""), max(newest - 1, 1))
    after, after_name = _side(actor, product, request.GET.get("after", ""), newest)
    context = {
        "before": before_name,
        "after": after_name,
        "differences": grouped(before, after),
        "choices": _choices(product),
    }
    return show(
        request, "scoring/rubric_comparison.html", context, product=product, active="rubric"
    )


def grouped(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    """Differences by what they belong to. A criterion that came or went is one line, not ten."""
    old, new = drafts.sound(before), drafts.sound(after)
    groups: dict[str, list[dict[str, Any]]] = {}
    for each in drafts.differences(old, new):
        parts = each.path.split(".")
        if parts[0] == "criteria" and len(parts) > 1:
            gone = f"criteria.{parts[1]}.weight" not in drafts.flat(new)
            came = f"criteria.{parts[1]}.weight" not in drafts.flat(old)
            if (gone or came) and parts[2] != "weight":
                continue
        else:
            gone = came = False
        groups.setdefault(each.group, []).append(
            {
                "label": each.label,
                "before": plain(each.before),
                "after": plain(each.after),
                "gone": gone,
                "came": came,
                "long": len(plain(each.before)) > 40 or len(plain(each.after)) > 40,
            }
        )
    return [{"group": name, "lines": lines} for name, lines in groups.items()]


def _side(actor: Actor, product: Product, chosen: str, default: int) -> tuple[dict[str, Any], str]:
    """``3`` is a version, ``d7`` a draft."""
    bare = chosen.removeprefix("d")
    if bare and (not bare.isdecimal() or len(bare) > 9):
        raise NotFound
    if chosen.startswith("d") and bare:
        draft = access.draft_for(actor, product.key, int(bare))
        return draft.data, f"d{draft.pk}"
    number = int(bare) if bare else default
    return access.version_for(actor, product.key, number).data, str(number)


def _choices(product: Product) -> list[tuple[str, str]]:
    found = [(str(row.number), f"Version {row.number}") for row in _versions(product)]
    return found + [(f"d{row.pk}", row.name) for row in access.drafts_of(product)[:50]]


def _versions(product: Product) -> list[RubricVersion]:
    return list(access.versions_of(product)[:200])


def _shown(found: Rubric) -> dict[str, Any]:
    return {
        "rubric": found,
        "profiles": [
            {"row": profile, "name": drafts.QUEUE_WORDS[profile.queue]}
            for profile in found.profiles
        ],
        "pillars": [
            (
                name,
                sum(each.weight for each in found.criteria_of(pillar)),
                found.criteria_of(pillar),
            )
            for pillar, name in PILLAR_NAMES.items()
        ],
    }
