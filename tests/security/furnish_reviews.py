"""What reviews add to a product: a layer and a plan of its own, approvals that hold, are void and are revoked."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.actors import Actor, Via
from assets.services.assets import add_asset
from assets.services.versions import upload_version
from backlog.models import IncrementKind
from reviews.jobs.opening import advance
from reviews.models import Approval, Contradiction, Layer, Note
from reviews.services import approvals, layers
from reviews.services.cycles import StagePlan, start_review
from reviews.services.decisions import decide
from reviews.services.notes import add_note, settle_contradiction
from reviews.vocabulary import ApprovalState, ContradictionState, NoteState, Verdict
from tests.security.furnish_upper import asked
from tests.security.world import Tenant


def furnish_layers(tenant: Tenant) -> None:
    actor, mark, product = tenant.actor(), tenant.mark, tenant.product
    colleague = Actor(user=tenant.colleague, channel=Via.PAGE)
    file = SimpleUploadedFile(f"{mark}.txt", f"{mark}\nfour\n".encode(), "text/plain")
    first = add_asset(actor=actor, item=tenant.waiting, file=file, rationale=mark, name=mark)
    cycle = start_review(
        actor=actor, version=first, stages=asked(first.asset, tenant.colleague), purpose=mark
    )
    while cycle.stages.filter(state="open").exists():
        decide(
            actor=colleague,
            cycle=cycle,
            verdict=Verdict.APPROVE,
            sha256=first.sha256,
            conditions=mark,
        )
    gone = Approval.objects.filter(asset=first.asset).earliest("pk")
    approvals.revoke(actor=actor, approval=gone, reason=mark)
    file = SimpleUploadedFile(f"{mark}.txt", f"{mark}\nfive\n".encode(), "text/plain")
    upload_version(actor=actor, asset=first.asset, file=file, rationale=mark)
    layer = layers.add_layer(
        actor=actor,
        product=product,
        values={
            "name": mark,
            "purpose": mark,
            "checklist": [mark],
            "reviewers": [tenant.colleague],
            "entry": ["brief_signed"],
            "demanded_by": [],
            "material": {"text": ["dialogue"]},
        },
    )
    plan = layers.save_plan(
        actor=actor,
        product=product,
        name=mark,
        kind=IncrementKind.objects.filter(product=product).earliest("pk"),
        steps=[layers.Step(layer, 0)],
    )
    _opposite(tenant, layer)
    tenant.things |= {
        "layer": layer,
        "review_plan": plan,
        "approval": Approval.objects.filter(asset=first.asset, state=ApprovalState.VOID).first(),
        "stage": tenant.cycle.stages.get(state="open"),
    }


def _opposite(tenant: Tenant, layer: Layer) -> None:
    """A round in which the product's own layer is asked, and two notes that ask for opposite things."""
    actor, mark = tenant.actor(), tenant.mark
    colleague = Actor(user=tenant.colleague, channel=Via.PAGE)
    file = SimpleUploadedFile(f"{mark}.txt", f"{mark}\nsix\n".encode(), "text/plain")
    version = add_asset(actor=actor, item=tenant.waiting, file=file, rationale=mark, name=mark)
    stages = [*asked(version.asset, tenant.colleague), StagePlan(layer.slug, [tenant.colleague])]
    cycle = start_review(actor=actor, version=version, stages=stages)
    for person, words in ((actor, "longer"), (colleague, "shorter")):
        add_note(
            actor=person,
            version=version,
            cycle=cycle,
            body=f"{mark} {words}",
            anchor={"line": 1},
        )
    found = Contradiction.objects.filter(version=version)
    settle_contradiction(
        actor=actor,
        contradiction=found.select_related(
            "product", "first__version__asset__item", "first__product"
        ).get(),
        state=ContradictionState.RECONCILED,
        outcome=mark,
    )
    Note.objects.filter(version=version).update(state=NoteState.RESOLVED)
    own = cycle.stages.get(kind=layer.slug)
    tenant.things["contradiction"] = found.get()
    while stage := cycle.stages.filter(state="open").exclude(pk=own.pk).first():
        decide(
            actor=colleague,
            cycle=cycle,
            verdict=Verdict.APPROVE,
            sha256=version.sha256,
            stage=stage.kind,
        )
    cycle.stages.filter(pk=own.pk).update(entry=[])
    advance(cycle, timezone.now())
    decide(
        actor=colleague,
        cycle=cycle,
        verdict=Verdict.APPROVE,
        sha256=version.sha256,
        stage=layer.slug,
        checked=[{"ok": True, "note": mark}],
    )
    tenant.things["note"] = cycle.notes.earliest("pk")
