"""Members, invitations, rights and settings over the API: the same rules as on the pages."""

from typing import Any

from django.core import mail

from accounts.models import Membership
from backlog.models import Change
from backlog.services import decision_rights
from tests.cast import Cast

PATH = "/api/v1/products/ATLAS"


def ask(cast: Cast, name: str, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    send = getattr(cast.api(name), method)
    return (
        send(f"{PATH}{path}") if body is None else send(f"{PATH}{path}", body, "application/json")
    )


def pk_of(cast: Cast, name: str) -> int:
    return Membership.objects.get(product=cast.a, user=cast.people[name]).pk


def test_members_are_listed_with_their_roles(cast: Cast) -> None:
    rows = {row["email"]: row for row in ask(cast, "viewer", "get", "/members/").json()}
    assert rows["owner@example.org"]["role"] == "product_owner"
    assert rows["gone@example.org"]["active"] is False
    assert "outsider@example.org" not in rows


def test_a_role_is_changed_and_the_rank_holds(cast: Cast) -> None:
    path = f"/members/{pk_of(cast, 'viewer')}/"
    assert (
        ask(cast, "administrator", "patch", path, {"role": "reviewer"}).json()["role"] == "reviewer"
    )
    assert ask(cast, "owner", "patch", path, {"role": "viewer"}).status_code == 403
    assert ask(cast, "administrator", "patch", path, {"role": "king"}).status_code == 400
    mine = f"/members/{pk_of(cast, 'administrator')}/"
    last = ask(cast, "administrator", "patch", mine, {"role": "viewer"})
    assert (last.status_code, last.json()["code"]) == (409, "last_administrator")


def test_a_member_is_removed(cast: Cast) -> None:
    path = f"/members/{pk_of(cast, 'viewer')}/"
    assert ask(cast, "administrator", "delete", path).status_code == 204
    assert ask(cast, "viewer", "get", "/members/").status_code == 404
    assert ask(cast, "administrator", "delete", path).status_code == 404


def test_an_invitation_goes_out_by_mail_and_its_link_is_in_no_answer(cast: Cast) -> None:
    body = {"email": "nia@example.org", "role": "reviewer"}
    made = cast.api("administrator").post(
        f"{PATH}/invitations/", body, "application/json", headers={"Idempotency-Key": "once"}
    )
    again = cast.api("administrator").post(
        f"{PATH}/invitations/", body, "application/json", headers={"Idempotency-Key": "once"}
    )
    assert (made.status_code, again.status_code, made.json()) == (201, 201, again.json())
    assert len(mail.outbox) == 1
    secret = str(mail.outbox[0].body).partition("/join/")[2].partition("/")[0]
    listed = ask(cast, "administrator", "get", "/invitations/")
    assert [row["email"] for row in listed.json()] == ["nia@example.org"]
    for answer in (made, listed, ask(cast, "administrator", "get", "/members/")):
        assert secret not in answer.content.decode()
    pk = made.json()["id"]
    assert ask(cast, "administrator", "delete", f"/invitations/{pk}/").status_code == 204
    assert ask(cast, "administrator", "get", "/invitations/").json() == []


def test_rights_are_changed_against_the_version_that_was_read(cast: Cast) -> None:
    before = ask(cast, "viewer", "get", "/rights/").json()
    change = {"action": "item.create", "role": "viewer", "allowed": True}
    body = {"version": before["version"], "changes": [change], "reason": "Viewers report"}
    assert ask(cast, "owner", "patch", "/rights/", body).status_code == 403
    after = ask(cast, "administrator", "patch", "/rights/", body).json()
    row = next(row for row in after["rights"] if row["action"] == "item.create")
    assert "viewer" in row["roles"]
    stale = ask(cast, "administrator", "patch", "/rights/", body)
    assert (stale.status_code, stale.json()["code"]) == (409, "stale")
    assert decision_rights.matrix(cast.a).cells["item.create", "viewer"]
    assert Change.objects.get(verb="rights.changed").reason == "Viewers report"


def test_a_product_is_renamed_archived_and_opened(cast: Cast) -> None:
    assert (
        ask(cast, "administrator", "patch", "/", {"name": "Atlas Two"}).json()["name"]
        == "Atlas Two"
    )
    assert ask(cast, "administrator", "patch", "/", {"key": "NEW"}).status_code == 400
    assert ask(cast, "administrator", "patch", "/", {"name": " "}).status_code == 400
    shut = ask(cast, "administrator", "post", "/archive/", {"archived": True, "reason": "Over"})
    assert shut.json()["archived_at"]
    item = {"product": "ATLAS", "title": "T"}
    assert cast.api("owner").post("/api/v1/items/", item, "application/json").status_code == 403
    assert ask(cast, "owner", "get", "/").status_code == 200
    opened = ask(cast, "administrator", "post", "/archive/", {"archived": False})
    assert opened.json()["archived_at"] is None
