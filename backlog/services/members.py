"""Members of a product: inviting, joining, changing a role, leaving. Every change is in the log."""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor, Via
from accounts.models import Invitation, Membership, Product, User
from accounts.roles import RANK, Role
from accounts.services import limits, people
from backlog.services import changes
from core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound, TooMany

logger = logging.getLogger(__name__)

LIVES = timedelta(days=7)
INVITE_WINDOW = timedelta(hours=1)
INVITES_PER_PERSON = 60


class InvitationGone(DomainError):
    """An invitation that was used, has expired or was withdrawn."""

    code = "invitation_gone"
    status = 410


@dataclass(frozen=True)
class Invited:
    """A new invitation. ``link`` can be seen only now; ``mailed`` is False when the mail could not be sent."""

    invitation: Invitation
    link: str
    mailed: bool


def invite(
    *, actor: Actor, product: Product, email: str, role: str, now: datetime | None = None
) -> Invited:
    """Offer a role to an e-mail address by a link that works once, for seven days.

    An older open invitation of the same address is withdrawn. The mail goes out after the commit. Raises Invalid,
    NotAllowed (no right, or a role above one's own), Conflict (a member already), TooMany.
    """
    right = rights.require(actor, "member.manage", product)
    person = actor.person
    email = email.strip().lower()
    now = now or timezone.now()
    _check_offer(actor, product, email, role)
    if limits.count(f"invite {person.pk}", INVITE_WINDOW, now) > INVITES_PER_PERSON:
        raise TooMany("That is many invitations in an hour. Go on a little later.")
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        _open(product, now).filter(email=email).update(revoked_at=now)
        invitation = Invitation.objects.create(
            product=product,
            email=email,
            role=role,
            secret_digest=_digest(secret),
            invited_by=person,
            created_at=now,
            expires_at=now + LIVES,
        )
        entry = changes.Entry(
            "member.invited",
            invitation,
            fields={"email": (None, email), "role": (None, role)},
            right=right,
        )
        changes.record(actor=actor, product=product, entries=[entry], now=now)
    link = settings.SITE_URL + reverse("join", args=[secret])
    return Invited(invitation, link, _mail(invitation, link))


def _check_offer(actor: Actor, product: Product, email: str, role: str) -> None:
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid(
            "The invitation was not made.",
            fields={"email": ["Enter an e-mail address, such as name@example.org."]},
        ) from error
    if len(email) > 254:
        raise Invalid(
            "The invitation was not made.", fields={"email": ["This address is too long."]}
        )
    _check_rank(actor, product, role)
    if Membership.objects.filter(product=product, user__email=email).exists():
        raise Conflict(f"{email} is a member already.", code="member_already")


def _mail(invitation: Invitation, link: str) -> bool:
    body = render_to_string("backlog/mail/invitation.txt", {"invitation": invitation, "link": link})
    subject = f"{invitation.invited_by} invites you to {invitation.product.name}"
    try:
        return bool(send_mail(" ".join(subject.split()), body, None, [invitation.email]))
    except (OSError, SMTPException) as error:
        logger.warning("invitation_mail_failed invitation=%s: %s", invitation.pk, error)
        return False


@transaction.atomic
def withdraw(*, actor: Actor, invitation: Invitation, now: datetime | None = None) -> None:
    """Make an open invitation useless. Raises Conflict when it was used or withdrawn meanwhile."""
    product = invitation.product
    right = rights.require(actor, "member.manage", product)
    now = now or timezone.now()
    live = Invitation.objects.filter(
        pk=invitation.pk, accepted_at__isnull=True, revoked_at__isnull=True
    )
    if not live.update(revoked_at=now):
        raise Conflict("This invitation was used or withdrawn meanwhile.")
    entry = changes.Entry(
        "member.uninvited", invitation, fields={"email": (invitation.email, None)}, right=right
    )
    changes.record(actor=actor, product=product, entries=[entry], now=now)


def open_invitations(product: Product, now: datetime | None = None) -> list[Invitation]:
    """Invitations that can still be accepted, newest first."""
    rows = _open(product, now or timezone.now()).select_related("invited_by")
    return list(rows.order_by("-created_at", "-pk"))


def invitation_of(secret: str, now: datetime | None = None) -> Invitation:
    """The open invitation that a link names. Raises NotFound for an unknown one, InvitationGone for a spent one.

    It is gone, too, when the one who sent it may no longer offer that role.
    """
    invitation = (
        Invitation.objects.filter(secret_digest=_digest(secret))
        .select_related("product", "invited_by")
        .first()
    )
    if invitation is None:
        raise NotFound
    now = now or timezone.now()
    spent = invitation.accepted_at or invitation.revoked_at or invitation.expires_at <= now
    if spent or not _still_offered(invitation):
        raise _gone()
    return invitation


def _still_offered(invitation: Invitation) -> bool:
    sender = Actor(user=invitation.invited_by, channel=Via.PAGE)
    role = sender.role_in(invitation.product)
    return (
        role is not None
        and rights.allowed(sender, "member.manage", invitation.product)
        and RANK[role] >= RANK[invitation.role]
    )


def has_account(invitation: Invitation) -> bool:
    return User.objects.filter(email=invitation.email).exists()


@transaction.atomic
def join_new(
    *,
    secret: str,
    name: str,
    password: str,
    time_zone: str = "UTC",
    now: datetime | None = None,
) -> Membership:
    """Make the account that an invitation is for, and the membership. Raises Invalid, Conflict, InvitationGone."""
    invitation = invitation_of(secret, now)
    user = people.create_person(
        actor=Actor.system(Via.PAGE),
        email=invitation.email,
        name=name,
        password=password,
        time_zone=time_zone,
    )
    return _join(Actor(user=user, channel=Via.PAGE), invitation, now)


@transaction.atomic
def join(*, actor: Actor, secret: str, now: datetime | None = None) -> Membership:
    """Accept with the account that one is signed in with. NotFound when the invitation is for another address."""
    invitation = invitation_of(secret, now)
    if actor.token is not None or actor.person.email != invitation.email:
        raise for_another()
    return _join(actor, invitation, now)


def for_another() -> NotFound:
    """What somebody hears who opens an invitation of somebody else."""
    return NotFound(
        "This invitation is for another e-mail address. Sign out, then open the link again."
    )


def _join(actor: Actor, invitation: Invitation, now: datetime | None) -> Membership:
    now = now or timezone.now()
    claimed = Invitation.objects.filter(
        pk=invitation.pk, accepted_at__isnull=True, revoked_at__isnull=True
    ).update(accepted_at=now)
    if not claimed:
        raise _gone()
    membership, made = Membership.objects.get_or_create(
        product=invitation.product,
        user=actor.person,
        defaults={"role": invitation.role, "created_at": now},
    )
    if made:
        entry = changes.Entry(
            "member.joined",
            membership,
            fields={"member": (None, actor.person), "role": (None, membership.role)},
            reason=f"Invited by {invitation.invited_by}.",
            right="member.manage",
        )
        changes.record(actor=actor, product=invitation.product, entries=[entry], now=now)
    return membership


@transaction.atomic
def add_member(
    *, actor: Actor, product: Product, user: User, role: str, now: datetime | None = None
) -> Membership:
    """Make somebody a member at once. Only the system does: the command line, example data. People invite.

    Somebody who is a member already keeps their role. Raises Invalid, NotAllowed.
    """
    if not actor.is_system:
        raise NotAllowed("People are invited, so that they can say no.")
    _check_rank(actor, product, role)
    membership, made = Membership.objects.get_or_create(
        product=product, user=user, defaults={"role": role, "created_at": now or timezone.now()}
    )
    if made:
        fields = {"member": (None, user), "role": (None, role)}
        entry = changes.Entry("member.joined", membership, fields=fields)
        changes.record(actor=actor, product=product, entries=[entry], now=now)
    return membership


@transaction.atomic
def change_role(
    *,
    actor: Actor,
    membership: Membership,
    role: str,
    reason: str = "",
    now: datetime | None = None,
) -> Membership:
    """Give a member another role. Raises Invalid, NotAllowed (rank), Conflict (the last administrator)."""
    product = membership.product
    right = rights.require(actor, "member.manage", product)
    _lock(product)
    before = _current_role(membership)
    _check_rank(actor, product, role)
    _check_rank(actor, product, before, "change the role of")
    if before == role:
        return membership
    if before == Role.ADMINISTRATOR:
        _keep_an_administrator(membership)
    membership.role = role
    membership.save(update_fields=["role"])
    entry = changes.Entry(
        "member.role_changed",
        membership,
        fields={"member": (membership.user, membership.user), "role": (before, role)},
        reason=reason.strip()[:500],
        right=right,
    )
    changes.record(actor=actor, product=product, entries=[entry], now=now)
    return membership


@transaction.atomic
def remove_member(
    *, actor: Actor, membership: Membership, reason: str = "", now: datetime | None = None
) -> None:
    """End a membership: somebody else's with the right, one's own always. What they did stays under their name."""
    product = membership.product
    if actor.user is not None and actor.user.pk == membership.user_id:
        right = rights.require(actor, "product.read", product)
        if actor.token is not None:
            raise NotAllowed("Leave a product in the browser.")
    else:
        right = rights.require(actor, "member.manage", product)
    _lock(product)
    before = _current_role(membership)
    if actor.user is None or actor.user.pk != membership.user_id:
        _check_rank(actor, product, before, "remove")
    if before == Role.ADMINISTRATOR:
        _keep_an_administrator(membership)
    entry = changes.Entry(
        "member.removed",
        membership,
        fields={"member": (membership.user, None), "role": (before, None)},
        reason=reason.strip()[:500],
        right=right,
    )
    changes.record(actor=actor, product=product, entries=[entry], now=now)
    membership.delete()


def grantable(actor: Actor, product: Product) -> list[tuple[str, str]]:
    """Roles that the actor may give, as choices, lowest first."""
    own = len(RANK) if actor.is_system else RANK.get(actor.role_in(product) or "", -1)
    return [(value, label) for value, label in Role.choices if RANK[value] <= own]


def _check_rank(actor: Actor, product: Product, role: str, what: str = "make somebody") -> None:
    if role not in Role.values:
        raise Invalid(
            "There is no such role.", fields={"role": [f"Choose one of: {', '.join(Role.values)}."]}
        )
    if role not in dict(grantable(actor, product)):
        label = Role(role).label.lower()
        own = Role(actor.role_in(product) or Role.VIEWER).label.lower()
        words = (
            f"{what} {label}"
            if what == "make somebody"
            else f"{what} a member above your rank ({label})"
        )
        raise NotAllowed(f"As {own} you may not {words}.", code="above_own_rank")


def _lock(product: Product) -> None:
    """One change of members at a time, or two administrators could remove each other. SQLite has one writer anyway."""
    Product.objects.select_for_update(no_key=True).get(pk=product.pk)


def _current_role(membership: Membership) -> str:
    """Read under the lock. Raises Conflict when the member is gone."""
    role = Membership.objects.filter(pk=membership.pk).values_list("role", flat=True).first()
    if role is None:
        raise Conflict(f"{membership.user} is no longer a member.")
    return role


def _keep_an_administrator(membership: Membership) -> None:
    others = Membership.objects.filter(
        product=membership.product, role=Role.ADMINISTRATOR, user__is_active=True
    ).exclude(pk=membership.pk)
    if not others.exists():
        raise Conflict(
            "A product needs an administrator. Make somebody else one first.",
            code="last_administrator",
        )


def _open(product: Product, now: datetime) -> QuerySet[Invitation]:
    return Invitation.objects.filter(
        product=product, accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=now
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _gone() -> InvitationGone:
    return InvitationGone(
        "This invitation was used already, was withdrawn, or is older than seven days. Ask for a new one."
    )
