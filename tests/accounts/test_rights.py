"""Decision rights: read by all, changed by those who may, and obeyed by everything."""

from typing import Any

import pytest

from accounts import rights
from accounts.roles import ACTIONS, Role
from backlog.models import Change
from backlog.services import decision_rights
from tests.cast import MEMBERS, Cast


def matrix_form(cast: Cast, name: str = "administrator") -> dict[str, Any]:
    """What a browser would send back unchanged."""
    rows = cast.client(name).get(f"/p/{cast.a.key}/settings/rights/").context
    cells = [cell for row in rows["rows"] for cell in row["cells"] if cell["editable"]]
    return {
        "version": rows["version"],
        "cell": [cell["name"] for cell in cells],
        "allow": [cell["name"] for cell in cells if cell["allowed"]],
    }


def send(cast: Cast, form: dict[str, Any], name: str = "administrator") -> Any:
    return cast.client(name).post(f"/p/{cast.a.key}/settings/rights/", form)


def test_every_member_reads_the_matrix(cast: Cast) -> None:
    for name in MEMBERS:
        page = cast.client(name).get(f"/p/{cast.a.key}/settings/rights/")
        assert page.status_code == 200
        assert all(
            words.encode() in page.content for words, _roles in ACTIONS.values() if "'" not in words
        )
        editable = any(cell["editable"] for row in page.context["rows"] for cell in row["cells"])
        assert editable == (name == "administrator")
    assert cast.client("outsider").get(f"/p/{cast.a.key}/settings/rights/").status_code == 404


def test_sent_back_unchanged_it_changes_nothing(cast: Cast) -> None:
    assert send(cast, matrix_form(cast)).status_code == 302
    assert not Change.objects.filter(verb="rights.changed").exists()
    assert not cast.a.decision_rights.exists()


def test_a_changed_cell_holds_at_once_and_is_logged(cast: Cast) -> None:
    form = matrix_form(cast)
    form["allow"] = [
        *(each for each in form["allow"] if each != "item.create:contributor"),
        "item.create:viewer",
    ]
    assert send(cast, {**form, "reason": "Viewers report, contributors build"}).status_code == 302
    item = {"product": "ATLAS", "title": "A module"}
    assert cast.api("viewer").post("/api/v1/items/", item, "application/json").status_code == 201
    assert (
        cast.api("contributor").post("/api/v1/items/", item, "application/json").status_code == 403
    )
    change = Change.objects.get(verb="rights.changed")
    assert change.fields == {
        "item.create:contributor": [True, False],
        "item.create:viewer": [False, True],
    }
    assert (change.reason, change.right) == ("Viewers report, contributors build", "rights.manage")


def test_a_cell_set_back_leaves_no_row(cast: Cast) -> None:
    form = matrix_form(cast)
    send(cast, {**form, "allow": [*form["allow"], "item.create:viewer"]})
    assert cast.a.decision_rights.count() == 1
    form = matrix_form(cast)
    form["allow"].remove("item.create:viewer")
    send(cast, form)
    assert cast.a.decision_rights.count() == 0


def test_two_who_change_it_at_once_do_not_overwrite_each_other(cast: Cast) -> None:
    first, second = matrix_form(cast), matrix_form(cast)
    assert (
        send(cast, {**first, "allow": [*first["allow"], "item.create:viewer"]}).status_code == 302
    )
    answer = send(cast, {**second, "allow": [*second["allow"], "item.edit:viewer"]})
    assert answer.status_code == 409
    assert "Nothing of yours was saved" in answer.content.decode()
    assert not decision_rights.matrix(cast.a).cells["item.edit", "viewer"]


@pytest.mark.parametrize(
    "cell", ["product.read:viewer", "rights.manage:administrator", "member.manage:administrator"]
)
def test_nobody_can_lock_the_product(cast: Cast, cell: str) -> None:
    form = matrix_form(cast)
    answer = send(cast, {**form, "cell": [*form["cell"], cell]})
    assert answer.status_code == 403
    action, _, role = cell.partition(":")
    assert decision_rights.matrix(cast.a).cells[action, role]


@pytest.mark.parametrize(
    "cell", ["item.fly:viewer", "item.edit:king", "item.edit", ":", "item.edit:viewer:x"]
)
def test_a_made_up_cell_is_refused(cast: Cast, cell: str) -> None:
    form = matrix_form(cast)
    assert send(cast, {**form, "allow": [*form["allow"], cell]}).status_code == 422


def test_who_may_manage_rights_gives_none_that_they_lack_and_none_above_their_rank(
    cast: Cast,
) -> None:
    form = matrix_form(cast)
    send(cast, {**form, "allow": [*form["allow"], "rights.manage:product_owner"]})
    version = decision_rights.matrix(cast.a).version
    for cell in (
        "member.manage:product_owner",
        "member.manage:viewer",
        "item.edit:leadership",
        "item.edit:administrator",
    ):
        action, _, role = cell.partition(":")
        before = decision_rights.matrix(cast.a).cells[action, role]
        sent = {"version": version, "cell": [cell], "allow": [] if before else [cell]}
        assert send(cast, sent, "owner").status_code == 403, cell
    assert (
        send(cast, {"version": version, "allow": ["item.edit:viewer"]}, "owner").status_code == 302
    )
    assert decision_rights.matrix(cast.a).cells["item.edit", "viewer"]


def test_the_matrix_of_one_product_says_nothing_about_another(cast: Cast) -> None:
    form = matrix_form(cast)
    send(cast, {**form, "allow": [*form["allow"], "item.create:viewer"]})
    assert not decision_rights.matrix(cast.b).cells["item.create", "viewer"]


def test_who_can_is_named_in_a_refusal(cast: Cast) -> None:
    answer = cast.client("viewer").post(f"/p/{cast.a.key}/settings/", {"name": "Mine"})
    assert answer.status_code == 403
    text = answer.content.decode()
    assert "As viewer you may not change the product" in text
    assert "Ask Administrator" in text


def test_the_evaluator_and_the_page_agree(cast: Cast) -> None:
    cells = decision_rights.matrix(cast.a).cells
    for name, role in MEMBERS.items():
        for action in ACTIONS:
            assert rights.allowed(cast.actor(name), action, cast.a) == cells[action, Role(role)]
