"""Who will review an increment is known before anything is uploaded (R107)."""

from __future__ import annotations

from backlog.services import brief_signing
from reviews.models import Layer
from reviews.services import layers
from tests.backlog.making import accepted
from tests.backlog.test_increment_rules import add, complete_brief, kind
from tests.cast import Cast


def test_the_plan_of_the_kind_and_what_the_brief_demands(cast: Cast) -> None:
    item = accepted(cast)
    piece = add(cast, item, "motion_test", "The opening")
    actor = cast.actor("owner")
    brand = Layer.objects.get(product=cast.a, slug="brand")
    layers.edit_layer(
        actor=actor, layer=brand, values={"reviewers": [cast.reviewer], "deadline_hours": 48}
    )
    url, path = f"/api/v1/items/{item.key}/increments/1/reviews/", f"/p/ATLAS/items/{item.key}"
    api, client = cast.api("viewer"), cast.client("viewer")
    assert api.get(url).json()["plan"] == "Every version"
    layers.save_plan(
        actor=actor,
        product=cast.a,
        name="Motion",
        steps=[layers.Step(brand, 0, quorum=1)],
        kind=kind(cast, "motion_test"),
    )
    found = api.get(url).json()
    assert found["plan"] == "Motion"
    one = found["layers"][0]
    assert (one["layer"], one["reviewers"]) == (brand.slug, [cast.reviewer.email])
    assert (one["quorum"], one["deadline_hours"], one["step"]) == (1, 48, 0)
    page = client.get(f"{path}/increments/{piece.number}/").content.decode()
    assert "By the plan “Motion”, for this kind of increment." in page
    assert "48 hours to decide" in page
    assert brand.purpose in page
    brief = complete_brief(cast, item)
    brief_signing.sign_off(actor=actor, brief=brief)
    demanded = [each for each in api.get(url).json()["layers"] if not each["planned"]]
    assert {key for each in demanded for key in each["demanded_by"]} >= {"BR-1.2"}
