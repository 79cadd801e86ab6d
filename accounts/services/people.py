"""People: signing in, their own settings, their password."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth import authenticate, password_validation
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.encoding import force_str
from django.utils.http import urlsafe_base64_decode

from accounts import demo
from accounts.actors import Actor
from accounts.models import ResetRequest, Session, User
from accounts.services import limits
from core import text
from core.errors import Conflict, DomainError, Invalid, NotAllowed
from core.queueing import enqueue_on_commit

logger = logging.getLogger(__name__)

RESET_WINDOW = timedelta(hours=1)
RESETS_PER_NAME = 3
RESETS_PER_ADDRESS = 30
#: What length alone does not ask for: ten blanks are no password.
DIFFERENT_CHARACTERS = 5


class LinkGone(DomainError):
    """A one-time link that was used, has expired or was withdrawn."""

    code = "link_gone"
    status = 410


def check_password(*, email: str, password: str, address: str, now: datetime | None = None) -> User:
    """The person whose name and password fit. Raises TooMany, or Invalid in the same words for every name."""
    limits.check_sign_in(email=email, address=address, now=now)
    user = authenticate(None, email=email, password=password)
    if not isinstance(user, User):
        logger.warning("sign_in_failed address=%s", address)
        raise Invalid(
            "This address and this password do not belong together.", code="wrong_password"
        )
    limits.forget_sign_in(email=email, address=address)
    logger.info("signed_in user_id=%s address=%s", user.pk, address)
    return user


def create_person(
    *,
    actor: Actor,
    email: str,
    name: str,
    password: str,
    is_staff: bool = False,
    time_zone: str = "UTC",
    now: datetime | None = None,
) -> User:
    """A new account. Only the system makes one: from the command line, or for who accepts an invitation.

    Raises Invalid naming the fields, Conflict when the address has an account.
    """
    if not actor.is_system:
        raise NotAllowed("Accounts are made by an invitation.")
    email = email.strip().lower()
    problems: dict[str, list[str]] = {}
    try:
        validate_email(email)
    except ValidationError:
        problems["email"] = ["Enter an e-mail address, such as name@example.org."]
    name = text.one_line(name)[:120]
    if not name:
        problems["name"] = ["Enter a name."]
    user = User(
        email=email,
        name=name,
        is_staff=is_staff,
        time_zone=known_zone(time_zone),
        joined_at=now or timezone.now(),
    )
    problems |= _password_problems(password, user)
    if problems:
        raise Invalid("The account was not made.", fields=problems)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        raise Conflict(f"{email} has an account already.", code="address_taken") from error
    return user


@transaction.atomic
def edit_settings(
    *,
    actor: Actor,
    name: str,
    time_zone: str,
    language: str,
    theme: str,
    density: str,
    single_keys: bool,
) -> User:
    """A person's own settings. Raises Invalid naming the fields."""
    user = _self(actor)
    name = text.one_line(name)[:120]
    problems: dict[str, list[str]] = {}
    if not name:
        problems["name"] = ["Enter a name."]
    if time_zone not in zones():
        problems["time_zone"] = ["Choose one of the list, such as Europe/Berlin."]
    if language and language not in dict(settings.LANGUAGES):
        problems["language"] = ["Choose one of the list."]
    if theme not in User.Theme.values:
        problems["theme"] = ["Choose one of the list."]
    if density not in User.Density.values:
        problems["density"] = ["Choose one of the list."]
    if problems:
        raise Invalid("Your settings were not saved.", fields=problems)
    user.name, user.time_zone, user.language = name, time_zone, language
    user.theme, user.density, user.single_keys = theme, density, single_keys
    user.save(update_fields=["name", "time_zone", "language", "theme", "density", "single_keys"])
    return user


def set_theme(*, actor: Actor, theme: str) -> User:
    """The one setting that the person's menu changes. Raises Invalid."""
    user = _self(actor)
    if theme not in User.Theme.values:
        raise Invalid(
            "There is no such theme.", fields={"theme": ["Choose light, dark or system."]}
        )
    user.theme = theme
    user.save(update_fields=["theme"])
    return user


def change_password(*, actor: Actor, current: str, new: str, address: str) -> User:
    """Set a new password and end every session; the caller renews its own. A try counts like one to sign in.

    Raises Invalid naming the fields, TooMany. Outside the transaction: a refused try must stay counted.
    """
    user = _self(actor)
    limits.check_sign_in(email=user.email, address=address)
    if not user.check_password(current):
        problems = {"current": ["This is not your current password."]}
    else:
        limits.forget_sign_in(email=user.email, address=address)
        problems = _password_problems(new, user, field="new")
    if problems:
        raise Invalid("The password was not changed.", fields=problems)
    _set_password(user, new)
    logger.info("password_changed user_id=%s", user.pk)
    return user


def ask_reset(*, email: str, address: str, now: datetime | None = None) -> None:
    """Note that somebody wants a new password. The same work for every address, known or not."""
    email = email.strip().lower()
    tries = limits.count(f"reset name {email}", RESET_WINDOW, now)
    from_there = limits.count(f"reset address {address}", RESET_WINDOW, now)
    if tries > RESETS_PER_NAME or from_there > RESETS_PER_ADDRESS:
        return
    with transaction.atomic():
        ResetRequest.objects.create(email=email, asked_at=now or timezone.now())
        enqueue_on_commit("accounts.send_resets", {})


def person_of_link(uid: str, token: str) -> User:
    """The person a reset link belongs to. Raises LinkGone for every link that does not work."""
    try:
        user = User.objects.filter(pk=int(force_str(urlsafe_base64_decode(uid)))).first()
    except (ValueError, OverflowError, UnicodeDecodeError):
        user = None
    if user is None or not user.is_active or demo.is_locked_out(user):
        raise _gone()
    if not default_token_generator.check_token(user, token):
        raise _gone()
    return user


def reset_password(*, uid: str, token: str, new: str) -> User:
    """Set a password by a link from a mail, which works once; every session ends. Raises LinkGone, Invalid."""
    user = person_of_link(uid, token)
    problems = _password_problems(new, user, field="new")
    if problems:
        raise Invalid("The password was not changed.", fields=problems)
    _set_password(user, new)
    limits.forget_name(email=user.email)
    logger.info("password_reset user_id=%s", user.pk)
    return user


@transaction.atomic
def deactivate(*, actor: Actor, user: User) -> None:
    """Shut an account: its sessions end and its tokens stop with the next request; its work stays under its name."""
    if not actor.is_system:
        raise NotAllowed("Accounts are shut from the command line.")
    user.is_active = False
    user.save(update_fields=["is_active"])
    Session.objects.filter(user=user).delete()


def zones() -> list[str]:
    """Names of all time zones, sorted."""
    return sorted(available_timezones() - {"Factory", "localtime", "posixrules"})


def known_zone(name: str) -> str:
    """``name`` when it is a zone, else UTC."""
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):
        return "UTC"


def _self(actor: Actor) -> User:
    if actor.user is None or not actor.may_sign_in or actor.token is not None:
        raise NotAllowed("Settings are changed by their own person, signed in to the browser.")
    return actor.user


def _password_problems(password: str, user: User, field: str = "password") -> dict[str, list[str]]:
    try:
        password_validation.validate_password(password, user)
    except ValidationError as error:
        return {field: list(error.messages)}
    if len(set(password)) < DIFFERENT_CHARACTERS:
        return {field: ["Use more different characters."]}
    return {}


@transaction.atomic
def _set_password(user: User, password: str) -> None:
    user.set_password(password)
    user.save(update_fields=["password"])
    Session.objects.filter(user=user).delete()


def _gone() -> LinkGone:
    return LinkGone("This link was used already, or it is older than an hour. Ask for a new one.")
