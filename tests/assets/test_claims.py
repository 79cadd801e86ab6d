"""Claims: marked in a script, signed one by one, followed from version to version."""

from __future__ import annotations

from typing import Any

import pytest

from assets.jobs import checks
from assets.models import Asset, Claim, Version
from backlog.models import Change
from tests.assets import files, hearing
from tests.assets.files import first_version, new_item, upload
from tests.cast import Cast

SCRIPT = (
    b"INT. WARD - DAY\n\nMARA\nIt takes nine minutes to clear the ward.\n\n"
    b"NURSE\nThe lamp holds 40 hours. Nobody waits.\n"
)


@pytest.fixture
def script(cast: Cast) -> Any:
    return first_version(cast, new_item(cast), SCRIPT)


def mark(cast: Cast, version: int, line: int, **more: Any) -> dict[str, Any]:
    answer = cast.api("contributor").post(
        f"/api/v1/versions/{version}/claims/",
        {"first_line": line, "source": "Measured in May", **more},
        "application/json",
    )
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def sign(cast: Cast, version: int, *numbers: int, who: str = "reviewer") -> Any:
    return cast.api(who).post(
        f"/api/v1/versions/{version}/claims/sign/", {"claims": numbers}, "application/json"
    )


def states(cast: Cast, version: int) -> dict[int, str]:
    answer = cast.api("viewer").get(f"/api/v1/versions/{version}/claims/").json()
    return {each["number"]: each["state"] for each in answer["results"]}


def next_version(cast: Cast, script: Any, content: bytes) -> int:
    answer = upload(cast.api("contributor"), f"/api/v1/assets/{script['id']}/versions/", content)
    assert answer.status_code == 201, answer.content
    found: int = answer.json()["id"]
    return found


def test_only_what_changed_is_signed_again(cast: Cast, script: Any) -> None:
    first = script["newest"]["id"]
    one = mark(cast, first, 4)
    two = mark(cast, first, 7, first_column=0, last_column=24)
    three = mark(cast, first, 7, first_column=25)
    assert (one["text"], two["text"], three["text"]) == (
        "It takes nine minutes to clear the ward.",
        "The lamp holds 40 hours.",
        "Nobody waits.",
    )
    assert sign(cast, first, 1, 2).status_code == 200
    assert states(cast, first) == {1: "signed", 2: "signed", 3: "unsigned"}
    changed = SCRIPT.replace(b"40", b"48").replace(b"INT. WARD", b"\n\nINT. WARD")
    second = next_version(cast, script, changed)
    assert states(cast, second) == {1: "signed", 2: "changed", 3: "unsigned"}
    rows = cast.api("viewer").get(f"/api/v1/versions/{second}/claims/").json()["results"]
    assert (rows[0]["signed_in"], rows[0]["first_line"]) == (1, 6)
    assert rows[1]["text"] == "The lamp holds 48 hours."
    third = next_version(cast, script, SCRIPT.replace(b"Nobody waits.", b""))
    # the words that were signed are back, and with them the signature; what is gone is said to be so
    assert states(cast, third) == {1: "signed", 2: "signed", 3: "gone"}
    fourth = next_version(cast, script, SCRIPT + b"\nEnd.\n")
    assert states(cast, fourth) == {1: "signed", 2: "signed", 3: "unsigned"}
    assert sign(cast, fourth, 3).status_code == 200
    assert not list(checks.findings())


def test_the_part_of_claims_changes_with_them_and_is_announced(
    cast: Cast, script: Any, settings: Any
) -> None:
    first = Version.objects.get(pk=script["newest"]["id"])
    settings.WIRING = "tests.assets.hearing"
    hearing.HEARD.clear()

    def part() -> str:
        return first.parts.get(name="claims").sha256

    seen = [part()]
    claim = mark(cast, first.pk, 4)
    seen.append(part())
    api = cast.api("contributor")
    address = f"/api/v1/claims/{claim['id']}/"
    assert api.patch(address, {"source": "Trial of June"}, "application/json").status_code == 200
    seen.append(part())
    assert len(set(seen)) == 3
    sign(cast, first.pk, 1)
    assert part() == seen[-1]  # a signature changes nothing of what is claimed
    assert api.delete(address).status_code == 204
    assert part() == seen[0]
    assert len(hearing.HEARD) == 3


def test_another_source_is_signed_again_and_the_old_one_is_known(cast: Cast, script: Any) -> None:
    first = script["newest"]["id"]
    claim = mark(cast, first, 4)
    sign(cast, first, 1)
    address = f"/api/v1/claims/{claim['id']}/"
    api = cast.api("contributor")
    assert (
        api.patch(address, {"source": "Hearsay"}, "application/json").json()["state"] == "changed"
    )
    # the signature stood in this version only, so it is gone with the source
    assert sign(cast, first, 1).json()["results"][0]["state"] == "signed"


def test_a_claim_without_a_source_is_not_signed(cast: Cast, script: Any) -> None:
    first = script["newest"]["id"]
    mark(cast, first, 4, source="")
    answer = sign(cast, first, 1)
    assert (answer.status_code, answer.json()["code"]) == (400, "no_source")
    assert sign(cast, first, 9).status_code == 400
    assert sign(cast, first).status_code == 400
    assert states(cast, first) == {1: "unsigned"}


def test_claims_are_worked_on_in_the_newest_version(cast: Cast, script: Any) -> None:
    first = script["newest"]["id"]
    mark(cast, first, 4)
    next_version(cast, script, SCRIPT + b"\nEnd.\n")
    answer = sign(cast, first, 1)
    assert (answer.status_code, answer.json()["code"]) == (409, "newer_version")
    late = cast.api("contributor").post(
        f"/api/v1/versions/{first}/claims/", {"first_line": 7}, "application/json"
    )
    assert late.status_code == 409


@pytest.mark.parametrize(
    "span",
    [
        {"first_line": 99},
        {"first_line": 4, "last_line": 3},
        {"first_line": 5},
        {"first_line": 4, "first_column": 5, "last_column": 5},
        {"first_line": 4, "first_column": 4000},
    ],
)
def test_a_claim_has_words(cast: Cast, script: Any, span: dict[str, int]) -> None:
    answer = cast.api("contributor").post(
        f"/api/v1/versions/{script['newest']['id']}/claims/", span, "application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "no_words")
    assert not Claim.objects.exists()


def test_who_may_mark_and_who_may_sign(cast: Cast, script: Any) -> None:
    first = script["newest"]["id"]
    mark(cast, first, 4)
    assert sign(cast, first, 1, who="contributor").status_code == 403
    assert sign(cast, first, 1, who="outsider").status_code == 404
    viewer = cast.api("viewer").post(
        f"/api/v1/versions/{first}/claims/", {"first_line": 4}, "application/json"
    )
    assert viewer.status_code == 403


def test_what_an_approved_version_claims_is_changed_by_those_who_publish(
    cast: Cast, script: Any
) -> None:
    first = script["newest"]["id"]
    one = mark(cast, first, 4)
    Version.objects.filter(pk=first).update(state="approved")
    body = {"first_line": 7, "source": "Measured in May"}
    address = f"/api/v1/versions/{first}/claims/"
    refused = cast.api("contributor").post(address, body, "application/json")
    assert (refused.status_code, refused.json()["code"]) == (409, "approved")
    own = f"/api/v1/claims/{one['id']}/"
    changed = cast.api("contributor").patch(own, {"source": "Another"}, "application/json")
    assert (changed.status_code, changed.json()["code"]) == (409, "approved")
    here = f"/p/ATLAS/assets/{script['id']}/"
    page = cast.client("contributor").get(here).content.decode()
    assert "Whoever may publish can change them" in page
    assert "Mark a claim" not in page
    assert "out of force" in cast.client("owner").get(here).content.decode()
    assert cast.api("owner").post(address, body, "application/json").status_code == 201


def test_by_the_page_without_script(cast: Cast, script: Any) -> None:
    asset = Asset.objects.get(pk=script["id"])
    address = f"/p/ATLAS/assets/{asset.pk}/1/claims/"
    client = cast.client("contributor")
    data = {"first_line": 4, "source": "Trial", "source_url": "https://example.org/trial"}
    assert client.post(address, data).status_code == 302
    wrong = client.post(address, {"first_line": 5})
    assert wrong.status_code == 422
    assert "no words" in wrong.content.decode()
    page = cast.client("reviewer").get(f"/p/ATLAS/assets/{asset.pk}/").content.decode()
    assert 'class="t-claim"' in page
    assert "1 to sign" in page
    assert cast.client("reviewer").post(address + "sign/", {"claims": ["1"]}).status_code == 302
    page = client.get(f"/p/ATLAS/assets/{asset.pk}/").content.decode()
    assert 'class="t-signed"' in page
    assert "Signed by" in page
    claim = Claim.objects.get()
    assert client.post(f"/p/ATLAS/claims/{claim.pk}/edit/", {"source": "Other"}).status_code == 302
    assert client.post(f"/p/ATLAS/claims/{claim.pk}/withdraw/").status_code == 302
    assert client.post(f"/p/ATLAS/claims/{claim.pk}/withdraw/").status_code == 409
    verbs = list(
        Change.objects.filter(verb__startswith="claim.")
        .order_by("pk")
        .values_list("verb", flat=True)
    )
    assert verbs == ["claim.marked", "claim.signed", "claim.edited", "claim.withdrawn"]


def test_a_picture_has_no_claims(cast: Cast) -> None:
    made = first_version(cast, new_item(cast), files.image("PNG"), "a.png")
    answer = cast.api("contributor").post(
        f"/api/v1/versions/{made['newest']['id']}/claims/", {"first_line": 1}, "application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "not_text")


def test_segments_are_written_with_the_version(cast: Cast, script: Any) -> None:
    second = next_version(cast, script, SCRIPT + b"\nEXT. GATE - DAY\n\nA horn.\n")
    third = next_version(
        cast, script, SCRIPT.replace(b"nine", b"ten") + b"\nEXT. GATE - DAY\n\nA horn.\n"
    )
    found = [
        list(Version.objects.get(pk=pk).segments.order_by("position").values_list("key", "label"))
        for pk in (second, third)
    ]
    assert [label for _, label in found[0]] == ["INT. WARD - DAY", "EXT. GATE - DAY"]
    assert found[0] == found[1]
    assert Asset.objects.get(pk=script["id"]).segments_count == max(key for key, _ in found[1])
