"""Every product gets the layers that a new one starts with; stages name theirs, and what was approved becomes approvals."""

from django.db import migrations

from reviews.material import WHOLE, digest
from reviews.vocabulary import FIRST_PLAN, LAYERS


def add(apps, schema_editor):
    Product = apps.get_model("accounts", "Product")
    Layer = apps.get_model("reviews", "Layer")
    ReviewPlan = apps.get_model("reviews", "ReviewPlan")
    PlanStep = apps.get_model("reviews", "PlanStep")
    Stage = apps.get_model("reviews", "Stage")
    Approval = apps.get_model("reviews", "Approval")
    for product in Product.objects.order_by("pk"):
        layers = {}
        for position, (slug, name, purpose, material, demanded_by, checklist) in enumerate(LAYERS):
            layers[slug], _ = Layer.objects.get_or_create(
                product=product,
                slug=slug,
                defaults={
                    "name": name,
                    "purpose": purpose,
                    "position": position,
                    "material": material,
                    "demanded_by": demanded_by,
                    "checklist": checklist,
                },
            )
        plan, made = ReviewPlan.objects.get_or_create(
            product=product, increment_kind=None, defaults={"name": "Every version"}
        )
        if made:
            PlanStep.objects.bulk_create(
                [PlanStep(plan=plan, layer=layers[slug], step=step) for step, slug in enumerate(FIRST_PLAN)]
            )
        for slug, layer in layers.items():
            Stage.objects.filter(cycle__product=product, kind=slug).update(
                layer=layer, name=layer.name, material=[WHOLE]
            )
    for stage in (
        Stage.objects.filter(state="approved", layer__isnull=False)
        .select_related("cycle__version")
        .order_by("pk")
        .iterator(chunk_size=500)
    ):
        material = {WHOLE: stage.cycle.version.sha256}
        Approval.objects.get_or_create(
            asset_id=stage.cycle.asset_id,
            layer_id=stage.layer_id,
            sha256=digest(material),
            defaults={
                "product_id": stage.cycle.product_id,
                "version_id": stage.cycle.version_id,
                "stage_id": stage.pk,
                "material": material,
                "given_at": stage.closed_at or stage.cycle.started_at,
            },
        )
    for position in range(2):
        Stage.objects.filter(position=position).update(step=position)


class Migration(migrations.Migration):

    dependencies = [
        ("reviews", "0002_layers_plans_and_approvals"),
        ("assets", "0003_metrics_of_products_and_parts_of_versions"),
    ]

    operations = [migrations.RunPython(add, migrations.RunPython.noop, elidable=True)]
