"""What imports, insights and notices put into a product."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.actors import Actor, Via
from accounts.models import Membership
from backlog.services import comments
from core.errors import Invalid
from insights.jobs import digests
from insights.models import DigestPreference
from insights.services.preferences import set_preference
from insights.unsubscribing import token_of
from insights.vocabulary import Cadence
from integrations.jobs import imports as jobs
from integrations.models import ImportRun
from integrations.services import hooks, imports
from notices.jobs.following import follow
from notices.models import Notice
from notices.services.preferences import set_ways
from notices.unsubscribing import token_of as stop_token_of
from tests.integrations.exports import FIRST, jira
from tests.security.world import Tenant


def furnish_imports(tenant: Tenant) -> None:
    """An import, the same again with changes, and one that waits for its mapping."""
    mark = tenant.mark
    issue = {
        **FIRST,
        "Summary": mark,
        "Description": mark,
        "Issue key": mark.split()[0],
        "Labels": [mark[:60]],
        "Priority": mark,
        f"Custom field ({mark})": mark,
        "Issue Type": mark,
        "Comment": [f"03/Apr/23 10:00 AM;{mark.split()[0]};{mark}"],
    }
    _bring(tenant, jira(issue))
    again = {
        **issue,
        "Description": f"{mark} anew",
        "Comment": [*issue["Comment"], f"04/Apr/23 1:00 PM;x;{mark}"],
    }
    tenant.things["run"] = _bring(tenant, jira(again))
    tenant.things["mapping_run"] = _start(tenant, jira(issue))


def _start(tenant: Tenant, content: bytes) -> ImportRun:
    run = imports.start_import(
        actor=tenant.actor(), product=tenant.product, name=f"{tenant.mark}.csv", chunks=[content]
    )
    return _work(run)


def _bring(tenant: Tenant, content: bytes) -> ImportRun:
    run = _start(tenant, content)
    assert run.state == ImportRun.State.MAPPING, run.last_error
    imports.carry_out(actor=tenant.actor(), run=run)
    run = _work(run)
    assert run.state == ImportRun.State.DONE, run.last_error
    return run


def _work(run: ImportRun) -> ImportRun:
    jobs.work(str(run.pk))
    run.refresh_from_db()
    return run


def furnish_digests(tenant: Tenant) -> None:
    """A daily digest, and one that was sent."""
    set_preference(
        actor=tenant.actor(), product=tenant.product, cadence=Cadence.DAILY, hour=8, weekday=0
    )
    digests.sweep(now=timezone.now() + timedelta(days=2))
    preference = DigestPreference.objects.get(product=tenant.product, user=tenant.person)
    tenant.things["unsubscribe_token"] = token_of(preference)


def furnish_notices(tenant: Tenant) -> None:
    """A mention by a colleague, of which there is a notice, and a choice of how notices come."""
    actor, product = tenant.actor(), tenant.product
    set_ways(actor=actor, product=product, ways={"mention": "mail"})
    comments.add_comment(
        actor=Actor(user=tenant.colleague, channel=Via.PAGE),
        item=tenant.item,
        body=f"{tenant.mark} @{tenant.person.email}",
    )
    follow(product.pk)
    mine = Notice.objects.filter(product=product, person=tenant.person)
    membership = Membership.objects.get(product=product, user=tenant.person)
    tenant.things |= {
        "notice": mine.latest("pk"),
        "stop_token": stop_token_of(membership),
    }


def furnish_hooks(tenant: Tenant) -> None:
    """An address for webhooks with a message that was taken, and one that was refused."""
    hook, secret = hooks.make_hook(
        actor=tenant.actor(), product=tenant.product, source=tenant.mark[:40]
    )
    hooks.receive(
        hook=hook, message_id=tenant.mark.split()[0], take=lambda _actor: {"added": 1, "known": 0}
    )
    detail = f"{tenant.mark} cannot be used."

    def refuse(_actor: Actor) -> dict[str, Any]:
        raise Invalid(detail, fields={"0": [detail]})

    with contextlib.suppress(Invalid):
        hooks.receive(hook=hook, message_id="msg_2", take=refuse)
    tenant.things |= {"hook": hook, "hook_secret": secret}
