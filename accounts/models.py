"""People, products (the tenant), memberships, decision rights, sessions, tokens, limits."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.roles import Role


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **extra: Any) -> User:
        user = self.model(email=email.strip().lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> User:
        return self.create_user(email, password, is_staff=True, **extra)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person, known by e-mail address. ``is_staff`` may create products and invite people to the installation."""

    class Theme(models.TextChoices):
        SYSTEM = "system", "As the device says"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    class Density(models.TextChoices):
        COMPACT = "compact", "Compact"
        NORMAL = "", "Normal"
        ROOMY = "roomy", "Roomy"

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    language = models.CharField(max_length=10, blank=True, help_text="empty: as the browser asks")
    theme = models.CharField(max_length=8, choices=Theme, default=Theme.SYSTEM)
    density = models.CharField(max_length=8, choices=Density, blank=True, default=Density.NORMAL)
    single_keys = models.BooleanField(default=True, help_text="single keys work as shortcuts")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    joined_at = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_any_case")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def initials(self) -> str:
        words = (self.name or self.email.split("@")[0].replace(".", " ")).split()
        return "".join(word[0] for word in words[:2]).upper() or "?"


class Product(models.Model):
    """The tenant: everything else belongs to exactly one product."""

    key = models.CharField(
        max_length=10,
        unique=True,
        validators=[
            RegexValidator(
                r"^[A-Z][A-Z0-9]{1,9}$",
                "Use 2 to 10 capital letters and digits, beginning with a letter.",
            )
        ],
    )
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    items_numbered = models.PositiveIntegerField(default=0)
    decisions_numbered = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's role in a product."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "user"], name="membership_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="membership_role"
            ),
        ]


class DecisionRight(models.Model):
    """One changed cell of a product's decision-rights matrix; cells without a row are as in ``accounts.roles``."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="decision_rights")
    action = models.CharField(max_length=40)
    role = models.CharField(max_length=16, choices=Role)
    allowed = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "action", "role"], name="decision_right_once"
            )
        ]


class Invitation(models.Model):
    """An offer of a membership to an e-mail address; the link's secret is stored as a digest and works once."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=16, choices=Role)
    secret_digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)


class Session(AbstractBaseSession):
    """A browser that is signed in. The columns repeat what the session's data says, so that it can be listed."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="sessions")
    user_agent = models.CharField(max_length=200, blank=True)
    address = models.GenericIPAddressField(null=True)
    signed_in_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)


class ResetRequest(models.Model):
    """Somebody asked for a link to set a new password. Kept for every address, known or not, so that asking takes
    the same time; the mail is sent in the background."""

    email = models.EmailField()
    asked_at = models.DateTimeField(default=timezone.now)
    handled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # what waits to be sent
            models.Index(
                fields=["id"], name="reset_waiting", condition=models.Q(handled_at__isnull=True)
            ),
        ]


class ApiToken(models.Model):
    """A key for programs. Only an HMAC of the secret is stored; ``last_four`` lets people recognise it."""

    class Scope(models.TextChoices):
        READ = "read", "Read"
        WRITE = "write", "Read and write"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    name = models.CharField(max_length=80)
    scope = models.CharField(max_length=8, choices=Scope, default=Scope.READ)
    secret_digest = models.CharField(max_length=64)
    last_four = models.CharField(max_length=4)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= timezone.now()


class AttemptCount(models.Model):
    """Tries of something within a window, counted by one atomic statement (see ``accounts.services.limits``)."""

    key = models.CharField(max_length=128, primary_key=True)
    window_started_at = models.DateTimeField()
    count = models.PositiveIntegerField()


class RememberedAnswer(models.Model):
    """What a POST with an ``Idempotency-Key`` answered, kept for a day, so that a retry has one effect."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=128)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(blank=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="remembered_answer_once")
        ]
