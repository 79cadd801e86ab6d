"""Members and invitations: who may offer what to whom, and what a link is worth."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.models import Invitation, Membership, User
from accounts.roles import RANK, Role
from backlog.models import Change
from backlog.services import decision_rights, members
from core.errors import DomainError, NotAllowed
from tests.cast import MEMBERS, PASSWORD, Cast, make_person

NEW = {"name": "Nia Newcomer", "password": PASSWORD}


def invite(
    cast: Cast, email: str = "nia@example.org", role: str = "contributor", by: str = "administrator"
) -> str:
    """The path of a new invitation's link."""
    answer = cast.client(by).post(
        f"/p/{cast.a.key}/settings/members/", {"email": email, "role": role}
    )
    assert answer.status_code == 201, answer.content
    return str(answer.context["invited"].link.removeprefix("http://testserver"))


def role_of(cast: Cast, email: str) -> str | None:
    return cast.a.memberships.filter(user__email=email).values_list("role", flat=True).first()


def allow(cast: Cast, action: str, role: str) -> None:
    now = decision_rights.matrix(cast.a)
    decision_rights.set_rights(
        actor=cast.actor("administrator"),
        product=cast.a,
        wanted={(action, role): True},
        version=now.version,
    )


# --- Invitations --------------------------------------------------------------------------------


def test_somebody_new_makes_an_account_and_is_in(cast: Cast) -> None:
    link, client = invite(cast), Client()
    assert re.fullmatch(r"/join/[\w-]{43}/", link), "256 bits"
    assert mail.outbox[0].to == ["nia@example.org"]
    assert link in str(mail.outbox[0].body)
    assert client.get(link).status_code == 200
    assert client.post(link, NEW).status_code == 302
    assert client.get(f"/p/{cast.a.key}/settings/").status_code == 200
    assert role_of(cast, "nia@example.org") == "contributor"
    verbs = Change.objects.filter(product=cast.a).order_by("-id").values_list("verb", "right")[:2]
    assert list(verbs) == [("member.joined", "member.manage"), ("member.invited", "member.manage")]


def test_a_link_works_once(cast: Cast) -> None:
    link = invite(cast)
    assert Client().post(link, NEW).status_code == 302
    assert Client().get(link).status_code == 410
    assert Client().post(link, {**NEW, "name": "Twice"}).status_code == 410


def test_a_link_ends_after_seven_days(cast: Cast) -> None:
    with time_machine.travel("2026-03-02T08:00:00Z", tick=False) as clock:
        link = invite(cast)
        clock.shift(timedelta(days=6, hours=23))
        assert Client().get(link).status_code == 200
        clock.shift(timedelta(hours=2))
        assert Client().get(link).status_code == 410
        assert Client().post(link, NEW).status_code == 410


def test_a_withdrawn_link_is_gone(cast: Cast) -> None:
    link = invite(cast)
    pk = Invitation.objects.get(email="nia@example.org").pk
    path = f"/p/{cast.a.key}/settings/invitations/{pk}/withdraw/"
    assert cast.client("owner").post(path).status_code == 403
    assert cast.client("outsider").post(path).status_code == 404
    assert cast.client("outsider").post(path.replace("ATLAS", "BRAVO")).status_code == 404
    assert cast.client("administrator").post(path).status_code == 302
    assert Client().get(link).status_code == 410
    assert cast.client("administrator").post(path).status_code == 409


def test_a_second_invitation_withdraws_the_first(cast: Cast) -> None:
    first, second = invite(cast), invite(cast, role="viewer")
    assert Client().get(first).status_code == 410
    assert Client().post(second, NEW).status_code == 302
    assert role_of(cast, "nia@example.org") == "viewer"


@pytest.mark.parametrize("secret", ["x", "A" * 43, "%00", "..", "a" * 3000])
def test_a_guess_finds_nothing(cast: Cast, secret: str) -> None:
    invite(cast)
    assert Client().get(f"/join/{secret}/").status_code == 404


def test_an_account_joins_only_signed_in(cast: Cast) -> None:
    link, client = invite(cast, "outsider@example.org", "viewer"), Client()
    page = client.get(link)
    assert f"/sign-in/?next={link.replace('/', '%2F')}" in page.content.decode()
    assert client.post(link, NEW).status_code == 200, "no second account, no new password"
    assert role_of(cast, "outsider@example.org") is None
    assert cast.outsider.check_password(PASSWORD)
    assert cast.client("outsider").get(link).status_code == 200
    assert role_of(cast, "outsider@example.org") is None, "looking does not join"
    assert cast.client("outsider").post(link).status_code == 302
    assert role_of(cast, "outsider@example.org") == "viewer"


def test_a_link_is_bound_to_its_address(cast: Cast) -> None:
    link = invite(cast, role="administrator")
    for name in ("outsider", "viewer"):
        assert cast.client(name).get(link).status_code == 404
        assert cast.client(name).post(link, NEW).status_code == 404
    assert role_of(cast, "viewer@example.org") == "viewer"
    assert Client().get(link).status_code == 200, "it was not used up"


def test_a_link_is_gone_when_its_sender_may_no_longer_offer_the_role(cast: Cast) -> None:
    second = make_person("second")
    members.add_member(
        actor=cast.actor("viewer").system(), product=cast.a, user=second, role="administrator"
    )
    sender = Client()
    sender.force_login(second)
    answer = sender.post(
        f"/p/{cast.a.key}/settings/members/", {"email": "nia@example.org", "role": "administrator"}
    )
    link = answer.context["invited"].link.removeprefix("http://testserver")
    membership = Membership.objects.get(product=cast.a, user=second)
    members.change_role(actor=cast.actor("administrator"), membership=membership, role="viewer")
    assert Client().get(link).status_code == 410
    assert Client().post(link, NEW).status_code == 410


def test_a_refused_account_leaves_the_link_as_it_was(cast: Cast) -> None:
    link = invite(cast)
    assert Client().post(link, {"name": "Nia", "password": "short"}).status_code == 422
    assert Client().post(link, {"name": "", "password": PASSWORD}).status_code == 422
    assert not User.objects.filter(email="nia@example.org").exists()
    assert Client().post(link, NEW).status_code == 302


def test_the_secret_is_stored_and_listed_nowhere(cast: Cast) -> None:
    link = invite(cast)
    secret = link.split("/")[2]
    row = Invitation.objects.get(email="nia@example.org")
    assert secret not in " ".join(str(value) for value in row.__dict__.values())
    page = cast.client("administrator").get(f"/p/{cast.a.key}/settings/members/").content.decode()
    assert "nia@example.org" in page
    assert secret not in page
    assert secret not in " ".join(map(str, Change.objects.values_list("fields", "reason")))


def test_a_mail_that_cannot_be_sent_still_leaves_a_link(cast: Cast, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    answer = cast.client("administrator").post(
        f"/p/{cast.a.key}/settings/members/", {"email": "nia@example.org", "role": "viewer"}
    )
    assert answer.status_code == 201
    assert not answer.context["invited"].mailed
    assert "could not be sent" in answer.content.decode()


@pytest.mark.parametrize(
    ("email", "role", "status"),
    [
        ("no-address", "viewer", 422),
        ("", "viewer", 422),
        ("n@example.org", "king", 422),
        ("viewer@example.org", "owner", 422),
    ],
)
def test_what_cannot_be_offered(cast: Cast, email: str, role: str, status: int) -> None:
    path = f"/p/{cast.a.key}/settings/members/"
    assert (
        cast.client("administrator").post(path, {"email": email, "role": role}).status_code
        == status
    )
    assert not Invitation.objects.exists()
    assert not mail.outbox


def test_only_members_with_the_right_see_open_invitations(cast: Cast) -> None:
    invite(cast)
    path = f"/p/{cast.a.key}/settings/members/"
    assert b"nia@example.org" in cast.client("administrator").get(path).content
    assert b"nia@example.org" not in cast.client("owner").get(path).content


# --- Rank -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("granter", [name for name in MEMBERS if name != "administrator"])
def test_the_right_to_manage_members_gives_no_higher_role(cast: Cast, granter: str) -> None:
    allow(cast, "member.manage", MEMBERS[granter])
    client, path = cast.client(granter), f"/p/{cast.a.key}/settings/members/"
    own = RANK[MEMBERS[granter]]
    for role, rank in RANK.items():
        answer = client.post(path, {"email": f"{role}@new.example.org", "role": role})
        assert (answer.status_code == 201) == (rank <= own), role
    mine = Membership.objects.get(product=cast.a, user=cast.people[granter])
    assert client.post(f"{path}{mine.pk}/role/", {"role": "administrator"}).status_code == 403
    boss = Membership.objects.get(product=cast.a, user=cast.administrator)
    assert client.post(f"{path}{boss.pk}/role/", {"role": "viewer"}).status_code == 403
    assert client.post(f"{path}{boss.pk}/remove/").status_code == 403
    assert role_of(cast, "administrator@example.org") == "administrator"
    assert role_of(cast, f"{granter}@example.org") == MEMBERS[granter]


@examples(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(list(MEMBERS)),
            st.sampled_from(list(MEMBERS)),
            st.sampled_from([*Role.values, "remove"]),
        ),
        max_size=12,
    )
)
def test_whatever_is_tried_nobody_rises_above_the_giver_and_an_administrator_stays(
    cast: Cast, steps: list[tuple[str, str, str]]
) -> None:
    for by, whom, what in steps:
        membership = Membership.objects.filter(product=cast.a, user=cast.people[whom]).first()
        if membership is None:
            continue
        giver = role_of(cast, cast.people[by].email)
        before = membership.role
        try:
            if what == "remove":
                members.remove_member(actor=cast.actor(by), membership=membership)
            else:
                members.change_role(actor=cast.actor(by), membership=membership, role=what)
        except DomainError:
            assert role_of(cast, cast.people[whom].email) == before
        else:
            after = role_of(cast, cast.people[whom].email)
            assert after is None or giver is not None
            if after is not None and after != before:
                assert RANK[after] <= RANK[str(giver)]
                assert RANK[before] <= RANK[str(giver)]
        assert cast.a.memberships.filter(role=Role.ADMINISTRATOR, user__is_active=True).exists()


# --- Membership -------------------------------------------------------------------------------------


def test_a_role_changes_with_a_line_in_the_log(cast: Cast) -> None:
    pk = Membership.objects.get(product=cast.a, user=cast.viewer).pk
    path = f"/p/{cast.a.key}/settings/members/{pk}/role/"
    answer = cast.client("administrator").post(
        path, {"role": "reviewer", "reason": "Joins the legal team"}
    )
    assert answer.status_code == 302
    change = Change.objects.filter(verb="member.role_changed").get()
    assert change.fields["role"] == ["viewer", "reviewer"]
    assert change.reason == "Joins the legal team"
    assert change.actor == cast.administrator


def test_the_last_administrator_stays(cast: Cast) -> None:
    pk = Membership.objects.get(product=cast.a, user=cast.administrator).pk
    client, path = cast.client("administrator"), f"/p/{cast.a.key}/settings/members/{pk}/"
    assert client.post(f"{path}role/", {"role": "viewer"}).status_code == 409
    assert client.post(f"{path}remove/").status_code == 409
    other = Membership.objects.get(product=cast.a, user=cast.owner)
    assert (
        client.post(
            f"/p/{cast.a.key}/settings/members/{other.pk}/role/", {"role": "administrator"}
        ).status_code
        == 302
    )
    assert client.post(f"{path}role/", {"role": "viewer"}).status_code == 302


def test_an_administrator_whose_account_is_shut_does_not_count(cast: Cast) -> None:
    """The cast has one: 'gone' administers A and cannot sign in."""
    assert cast.a.memberships.filter(role=Role.ADMINISTRATOR).count() == 2
    pk = Membership.objects.get(product=cast.a, user=cast.administrator).pk
    assert (
        cast.client("administrator")
        .post(f"/p/{cast.a.key}/settings/members/{pk}/remove/")
        .status_code
        == 409
    )


def test_who_is_removed_loses_access_with_the_next_request(cast: Cast) -> None:
    client, api = cast.client("contributor"), cast.api("contributor")
    pk = Membership.objects.get(product=cast.a, user=cast.contributor).pk
    path = f"/p/{cast.a.key}/settings/members/{pk}/remove/"
    assert cast.client("owner").post(path).status_code == 403
    assert cast.client("administrator").post(path).status_code == 302
    assert client.get(f"/p/{cast.a.key}/settings/").status_code == 404
    assert api.get(f"/api/v1/products/{cast.a.key}/").status_code == 404
    change = Change.objects.filter(verb="member.removed").get()
    assert change.fields["member"][0]["label"] == "Contributor"


def test_anybody_may_leave(cast: Cast) -> None:
    pk = Membership.objects.get(product=cast.a, user=cast.viewer).pk
    answer = cast.client("viewer").post(f"/p/{cast.a.key}/settings/members/{pk}/remove/")
    assert answer.status_code == 302
    assert role_of(cast, "viewer@example.org") is None


def test_a_membership_of_another_product_is_not_found_here(cast: Cast) -> None:
    theirs = Membership.objects.get(product=cast.b, user=cast.outsider)
    for verb in ("role", "remove"):
        path = f"/p/{cast.a.key}/settings/members/{theirs.pk}/{verb}/"
        assert cast.client("administrator").post(path, {"role": "viewer"}).status_code == 404
    theirs.refresh_from_db()
    assert theirs.role == "administrator"


def test_people_are_added_without_asking_only_by_the_system(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        members.add_member(
            actor=cast.actor("administrator"), product=cast.a, user=cast.outsider, role="viewer"
        )
