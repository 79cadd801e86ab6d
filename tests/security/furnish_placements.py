"""What stands where: published versions, placements with their history, tasks that replace."""

from __future__ import annotations

from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.actors import Actor, Via
from assets.models import Placement, Replacement, Target, Version
from assets.services import (
    metrics,
    placements,
    publishing,
    readings,
    replacements,
    targets,
    variants,
)
from assets.services.assets import add_asset
from assets.services.versions import upload_version
from backlog.models import Channel, Program
from backlog.services import words
from reviews.services.cycles import start_review
from reviews.services.decisions import decide
from reviews.vocabulary import Verdict
from tests.security.furnish_upper import asked
from tests.security.world import Tenant


def furnish_placements(tenant: Tenant) -> None:
    """An asset with a version in force, one that could be, one that drifted; the tasks that follow from it."""
    actor, product, mark = tenant.actor(), tenant.product, tenant.mark

    def file(number: int) -> SimpleUploadedFile:
        return SimpleUploadedFile(f"placed {number}.txt", f"{mark} {number}".encode(), "text/plain")

    first = add_asset(actor=actor, item=tenant.other, file=file(1), rationale=mark, name=mark)
    later = []
    for number in (2, 3):
        approve(tenant, later[-1] if later else first)
        later.append(
            upload_version(actor=actor, asset=first.asset, file=file(number), rationale=mark)
        )
    approve(tenant, later[-1])
    for version in (first, *later):
        version.refresh_from_db()
    publishing.publish(actor=actor, version=first, reason=mark)

    def place(where: str) -> Placement:
        draft = placements.Draft(
            channel=words.named(Channel, product=product, names=[mark])[mark],
            program=words.named(Program, product=product, names=[mark])[mark],
            place=f"{where} {mark}",
            locale="de-DE",
            owner=tenant.person,
        )
        return placements.add_placement(actor=actor, asset=first.asset, draft=draft, version=first)

    placed, other = place("One"), place("Two")
    placements.deploy(actor=actor, placement=placed, version=later[0], note=mark)
    placements.deploy(actor=actor, placement=placed, version=first, note=mark)
    publishing.publish(actor=actor, version=later[0], reason=mark)
    for task in Replacement.objects.filter(product=product):
        replacements.assign(
            actor=actor, replacement=task, owner=tenant.person, due_on=None, note=mark
        )
    placements.check_in(actor=actor, placement=other, sha256="0" * 64)
    _furnish_readings(tenant, other)
    cut = add_asset(actor=actor, item=tenant.other, file=file(4), rationale=mark, name=mark)
    tenant.things["variant"] = variants.set_variant(
        actor=actor, asset=cut.asset, source=first.asset, kind="format", label=mark[:60]
    )
    first_key = tenant.asset.versions.latest("number").segments.earliest("key").key
    variants.follow_segments(actor=actor, asset=tenant.variant, keys=[first_key])
    tenant.things |= {
        "placed_asset": first.asset,
        "placed_version": later[0],
        "approved_version": later[1],
        "placement": placed,
        "replacement": Replacement.objects.get(placement=placed),
    }


def _furnish_readings(tenant: Tenant, placement: Placement) -> None:
    """A metric of the product's own, a reading that broke a target, and one that did not."""
    actor, product, mark, now = tenant.actor(), tenant.product, tenant.mark, timezone.now()
    short = mark.split()[0]
    metric = metrics.define(
        actor=actor, product=product, slug=short.lower(), name=mark, form="mean", unit=short
    )
    targets.set_target(
        actor=actor, asset=placement.asset, metric=metric, limit=4, item=tenant.other
    )
    drafts = [
        readings.Draft(
            placement=placement,
            metric=metric,
            starts_at=now - timedelta(days=2),
            ends_at=now,
            value=value,
            version=1,
            note=mark,
            source=mark[:60],
            external_id=f"{mark} {value}",
        )
        for value in (5.0, 2.0)
    ]
    outcome = readings.enter(actor=actor, product=product, drafts=drafts)
    tenant.things |= {
        "metric": metric,
        "reading": outcome.rows[1],
        "target": Target.objects.get(product=product, metric=metric),
    }


def approve(tenant: Tenant, version: Version) -> None:
    """A round in which every stage approves."""
    colleague = Actor(user=tenant.colleague, channel=Via.PAGE)
    plans = asked(version.asset, tenant.colleague)
    cycle = start_review(actor=tenant.actor(), version=version, stages=plans)
    for _ in plans:
        decide(actor=colleague, cycle=cycle, verdict=Verdict.APPROVE, sha256=version.sha256)
