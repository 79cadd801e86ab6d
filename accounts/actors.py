"""Who acts, and by which way in. Every service takes an :class:`Actor` and the change log records it."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import TextChoices
from django.http import HttpRequest
from structlog.contextvars import get_contextvars

from accounts.models import ApiToken, Membership, Product, User
from core.errors import NotAllowed


class Via(TextChoices):
    """The way a change came in."""

    PAGE = "page", "browser"
    API = "api", "API"
    BULK = "bulk", "bulk edit"
    IMPORT = "import", "import"
    HOOK = "hook", "webhook"
    TASK = "task", "background work"
    COMMAND = "command", "command line"


@dataclass(frozen=True)
class Actor:
    """A person (or, with ``user`` None, the system itself) coming in by one channel."""

    user: User | None
    channel: Via
    token: ApiToken | None = None
    request_id: str = ""
    _roles: dict[int, str | None] = field(default_factory=dict, compare=False, repr=False)
    _changed: dict[int, dict[str, bool]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, request: HttpRequest) -> Actor:
        """The actor of a page request; one per request, so that roles are read once."""
        actor = getattr(request, "_ballast_actor", None)
        if actor is None:
            token = getattr(request, "auth", None)
            actor = cls(
                user=request.user,  # type: ignore[arg-type]
                channel=Via.API if request.path.startswith("/api/") else Via.PAGE,
                token=token if isinstance(token, ApiToken) else None,
                request_id=str(get_contextvars().get("request_id", "")),
            )
            request._ballast_actor = actor  # type: ignore[attr-defined]
        return actor

    @classmethod
    def system(cls, channel: Via = Via.TASK) -> Actor:
        """The product itself at work: sealing, rescoring, sending. It holds every right."""
        return cls(user=None, channel=channel)

    def by(self, channel: Via) -> Actor:
        """The same person by another way in (a bulk edit from a page, say)."""
        return Actor(self.user, channel, self.token, self.request_id, self._roles, self._changed)

    @property
    def is_system(self) -> bool:
        return self.user is None

    @property
    def person(self) -> User:
        """The person who acts. Raises NotAllowed for the system, which is nobody."""
        if self.user is None:
            raise NotAllowed("Only a person can do this.")
        return self.user

    @property
    def may_sign_in(self) -> bool:
        return self.user is not None and self.user.is_authenticated and self.user.is_active

    def role_in(self, product: Product) -> str | None:
        """The role in ``product``; None for somebody who is not a member. One query, once."""
        if product.pk not in self._roles:
            self._roles[product.pk] = self._read_role(product)
        return self._roles[product.pk]

    def remember_role(self, membership: Membership) -> None:
        """Note a role that another query has brought along."""
        self._roles[membership.product_id] = membership.role

    def changed_rights_in(self, product: Product) -> dict[str, bool]:
        """The product's own changes to the rights of the actor's role: action -> allowed. One query, once."""
        if product.pk not in self._changed:
            cells = product.decision_rights.filter(role=self.role_in(product))
            self._changed[product.pk] = dict(cells.values_list("action", "allowed"))
        return self._changed[product.pk]

    def _read_role(self, product: Product) -> str | None:
        if not self.may_sign_in or self.token_excludes(product):
            return None
        return product.memberships.filter(user=self.user).values_list("role", flat=True).first()

    def token_excludes(self, product: Product) -> bool:
        """Whether the token is bound to another product."""
        return self.token is not None and self.token.product_id not in (None, product.pk)
