"""The permissioned fetch of what the backlog holds: the only door for request code."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.db.models import QuerySet

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.models import Invitation, Membership, Product, User
from backlog.models import (
    Brief,
    BriefInput,
    BriefLine,
    BriefSignal,
    BriefVersion,
    Citation,
    Comment,
    Confirmation,
    Conformance,
    Decision,
    Increment,
    IncrementCriterion,
    IncrementKind,
    Item,
    ItemLink,
    Queue,
    Request,
    SavedView,
    Standard,
    SuccessCriterion,
    Template,
)
from backlog.vocabulary import QueueKind
from core.errors import Invalid, NotFound

_INCREMENT = re.compile(r"^([A-Za-z][A-Za-z0-9]{1,9}-[1-9][0-9]{0,8})\.([1-9][0-9]{0,4})$")
_LINE = re.compile(r"^BR-([1-9][0-9]{0,8})\.([1-9][0-9]{0,4})$", re.IGNORECASE)
_KEY = re.compile(r"^([A-Za-z][A-Za-z0-9]{1,9})-([1-9][0-9]{0,8})$")


def items_in(actor: Actor, product: Product) -> QuerySet[Item]:
    """The product's items, with what a row shows (not the long text). No order: lists set their own."""
    rights.require(actor, "product.read", product)
    rows = Item.objects.filter(product=product).defer("description")
    return rows.select_related("product", "queue", "owner", "summary", "cycle")


def item_for(actor: Actor, key: str, action: str = "product.read") -> Item:
    """The item with ``key`` such as ``ATLAS-12``. NotFound when absent or unseen. Two queries."""
    match = _KEY.match(key)
    if match is None:
        raise NotFound
    return _whole(product_for(actor, match[1], action), int(match[2]))


def read_again(item: Item) -> Item:
    """An item as it stands after a service has written it, for whoever was just let to write it. One query."""
    return _whole(item.product, item.number)


def _whole(product: Product, number: int) -> Item:
    rows = Item.objects.select_related(
        "queue", "owner", "reporter", "program", "channel", "cycle", "summary", "rank_range"
    )
    try:
        item = rows.get(product=product, number=number)
    except Item.DoesNotExist as error:
        raise NotFound from error
    item.product = product
    return item


def item_of(actor: Actor, product: Product, key: str) -> Item:
    """An item of ``product`` that a form or body refers to. Raises Invalid (not NotFound: the input is at fault)."""
    match = _KEY.match(key.strip())
    item = None
    if match is not None and match[1].upper() == product.key:
        item = items_in(actor, product).filter(number=int(match[2])).first()
    if item is None:
        raise Invalid(
            f"There is no item {key.strip()[:20]} in {product.name}.", code="no_such_item"
        )
    return item


def items_of(actor: Actor, product: Product, keys: Iterable[str]) -> dict[str, Item]:
    """Items of ``product`` by the keys that a body refers to, as given -> item. Raises Invalid naming the missing ones.

    One query a thousand.
    """
    numbers: dict[str, int] = {}
    for key in keys:
        match = _KEY.match(key.strip())
        numbers[key] = int(match[2]) if match is not None and match[1].upper() == product.key else 0
    wanted = sorted(set(numbers.values()) - {0})
    found: dict[int, Item] = {}
    for start in range(0, len(wanted), 1000):
        for item in items_in(actor, product).filter(number__in=wanted[start : start + 1000]):
            found[item.number] = item
    missing = sorted(key.strip()[:20] for key, number in numbers.items() if number not in found)
    if missing:
        named = ", ".join(missing[:5]) + (
            f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        )
        raise Invalid(f"There is no item {named} in {product.name}.", code="no_such_item")
    return {key: found[number] for key, number in numbers.items()}


def queue_of(product: Product, kind: str) -> Queue:
    """A product's queue by kind. Raises Invalid."""
    queue = Queue.objects.filter(product=product, kind=kind).first()
    if queue is None:
        raise Invalid(
            "There is no such queue.",
            fields={"queue": [f"Choose one of: {', '.join(QueueKind.values)}."]},
        )
    return queue


def member_of(product: Product, email: str) -> User:
    """A member by e-mail address, as a form or body refers to them. Raises Invalid."""
    membership = (
        Membership.objects.filter(
            product=product, user__email=email.strip().lower(), user__is_active=True
        )
        .select_related("user")
        .first()
    )
    if membership is None:
        raise Invalid(
            f"{email.strip()[:80]} is not a member of {product.name}.",
            code="no_such_member",
            fields={"owner": ["Choose a member of this product."]},
        )
    return membership.user


def members(product: Product) -> QuerySet[User]:
    """Active members, by name: for choosing an owner."""
    return User.objects.filter(memberships__product=product, is_active=True).order_by(
        "name", "email"
    )


def comment_for(actor: Actor, item: Item, pk: int) -> Comment:
    """A comment on an item that was fetched with rights."""
    comment = Comment.objects.filter(item=item, pk=pk).select_related("author").first()
    if comment is None:
        raise NotFound
    comment.item = item
    return comment


def criterion_for(actor: Actor, item: Item, pk: int) -> SuccessCriterion:
    """A success criterion of an item that was fetched with rights."""
    criterion = SuccessCriterion.objects.filter(item=item, pk=pk).first()
    if criterion is None:
        raise NotFound
    criterion.item = item
    return criterion


def link_for(actor: Actor, item: Item, pk: int) -> ItemLink:
    """A link from or to an item that was fetched with rights."""
    link = (
        ItemLink.objects.filter(product=item.product, pk=pk)
        .select_related("source__product", "target__product")
        .first()
    )
    if link is None or item.pk not in (link.source_id, link.target_id):
        raise NotFound
    return link


def saved_views_of(actor: Actor, product: Product) -> QuerySet[SavedView]:
    """The person's own views and the shared ones, in order."""
    views = SavedView.objects.filter(product=product).select_related("owner")
    mine = views.filter(owner=actor.user) if actor.user else views.none()
    return (mine | views.filter(shared=True)).order_by("position", "name", "pk")


def saved_view_for(actor: Actor, product: Product, pk: int) -> SavedView:
    """A saved view that the person may see."""
    view = saved_views_of(actor, product).filter(pk=pk).first()
    if view is None:
        raise NotFound
    return view


def queue_for(product: Product, kind: str) -> Queue:
    """A queue that an address names. NotFound when there is none."""
    queue = (
        Queue.objects.filter(product=product, kind=kind).first()
        if kind in QueueKind.values
        else None
    )
    if queue is None:
        raise NotFound
    queue.product = product
    return queue


def membership_for(actor: Actor, product: Product, pk: int) -> Membership:
    """A membership of a product that was fetched with rights."""
    membership = Membership.objects.filter(product=product, pk=pk).select_related("user").first()
    if membership is None:
        raise NotFound
    membership.product = product
    return membership


def memberships_in(product: Product) -> QuerySet[Membership]:
    """Members of a product with their person, by name."""
    return (
        Membership.objects.filter(product=product)
        .select_related("user")
        .order_by("user__name", "user__email", "pk")
    )


def invitation_for(actor: Actor, product: Product, pk: int) -> Invitation:
    """An invitation to a product that was fetched with rights."""
    invitation = Invitation.objects.filter(product=product, pk=pk).first()
    if invitation is None:
        raise NotFound
    invitation.product = product
    return invitation


def decisions_in(actor: Actor, product: Product) -> QuerySet[Decision]:
    """The product's decisions with who took them and what superseded them. No order: lists set their own."""
    rights.require(actor, "product.read", product)
    rows = Decision.objects.filter(product=product)
    return rows.select_related("decided_by", "supersedes", "superseded_by", "cycle")


def decision_for(actor: Actor, product: Product, number: int) -> Decision:
    """A decision by its number in a product that was fetched with rights."""
    decision = decisions_in(actor, product).filter(number=number).first()
    if decision is None:
        raise NotFound
    decision.product = product
    return decision


def requests_in(actor: Actor, product: Product) -> QuerySet[Request]:
    """What was asked in the product, by anybody. No order."""
    rights.require(actor, "product.read", product)
    rows = Request.objects.filter(product=product)
    return rows.select_related("asked_by", "answered_by", "item")


def request_for(actor: Actor, product: Product, pk: int) -> Request:
    """A request of a product that was fetched with rights."""
    request = requests_in(actor, product).filter(pk=pk).first()
    if request is None:
        raise NotFound
    request.product = product
    if request.item is not None:
        request.item.product = product
    return request


# --- Briefs and increments ---------------------------------------------------------------------


def briefs_in(actor: Actor, product: Product) -> QuerySet[Brief]:
    """The product's briefs with their owner. No order: lists set their own."""
    rights.require(actor, "product.read", product)
    return Brief.objects.filter(product=product).select_related("owner")


def brief_for(actor: Actor, product: Product, number: int) -> Brief:
    """A brief by its number in a product that was fetched with rights."""
    brief = briefs_in(actor, product).filter(number=number).first()
    if brief is None:
        raise NotFound
    brief.product = product
    return brief


def brief_of(actor: Actor, product: Product, key: str) -> Brief:
    """A brief that a form or body refers to as ``BR-3``. Raises Invalid."""
    bare = key.strip().upper().removeprefix("BR-")
    found = None
    if bare.isascii() and bare.isdecimal() and len(bare) < 10:
        found = briefs_in(actor, product).filter(number=int(bare)).first()
    if found is None:
        raise Invalid(
            f"There is no brief {key.strip()[:20]} in {product.name}.", code="no_such_brief"
        )
    found.product = product
    return found


def line_for(actor: Actor, brief: Brief, number: int) -> BriefLine:
    """A line, removed ones too, by its number in a brief that was fetched with rights."""
    line = BriefLine.objects.filter(brief=brief, number=number).first()
    if line is None:
        raise NotFound
    line.brief = brief
    return line


def line_of(actor: Actor, product: Product, key: str) -> BriefLine:
    """A line that a form or body refers to as ``BR-3.7``. Raises Invalid."""
    match = _LINE.match(key.strip())
    found = None
    if match is not None:
        rows = BriefLine.objects.filter(product=product, brief__number=int(match[1]))
        found = rows.select_related("brief").filter(number=int(match[2])).first()
    if found is None:
        raise Invalid(
            f"There is no line {key.strip()[:20]} in {product.name}.", code="no_such_line"
        )
    found.brief.product = product
    return found


def line_named(actor: Actor, product: Product, key: str) -> BriefLine:
    """A line that an address names as ``BR-3.7``."""
    try:
        return line_of(actor, product, key)
    except Invalid as error:
        raise NotFound from error


def item_named(actor: Actor, product: Product, key: str) -> Item:
    """An item of ``product`` that an address names."""
    item = item_for(actor, key)
    if item.product_id != product.pk:
        raise NotFound
    item.product = product
    return item


def input_for(actor: Actor, brief: Brief, pk: int) -> BriefInput:
    """An input of a brief that was fetched with rights."""
    found = BriefInput.objects.filter(brief=brief, pk=pk).select_related("person").first()
    if found is None:
        raise NotFound
    found.brief = brief
    return found


def signal_for(actor: Actor, brief: Brief, pk: int) -> BriefSignal:
    """A measurement signal of a brief that was fetched with rights."""
    found = BriefSignal.objects.filter(brief=brief, pk=pk).first()
    if found is None:
        raise NotFound
    found.brief = brief
    return found


def brief_version_for(actor: Actor, brief: Brief, number: int) -> BriefVersion:
    """A frozen version, whole, of a brief that was fetched with rights."""
    found = (
        BriefVersion.objects.filter(brief=brief, number=number)
        .select_related("made_by", "signed_by")
        .first()
    )
    if found is None:
        raise NotFound
    found.brief = brief
    return found


def confirmation_for(actor: Actor, product: Product, pk: int) -> Confirmation:
    """Something to confirm in a product that was fetched with rights."""
    rows = Confirmation.objects.filter(product=product, pk=pk)
    found = rows.select_related("brief", "line", "item", "increment").first()
    if found is None:
        raise NotFound
    found.product = found.brief.product = found.item.product = product
    if found.increment is not None:
        found.increment.item = found.item
    return found


def increments_in(actor: Actor, product: Product) -> QuerySet[Increment]:
    """The product's increments. No order: lists set their own."""
    rights.require(actor, "product.read", product)
    return Increment.objects.filter(product=product)


def increment_for(actor: Actor, item: Item, number: int) -> Increment:
    """An increment by its number in an item that was fetched with rights."""
    found = (
        Increment.objects.filter(item=item, number=number)
        .select_related("kind", "owner", "gate_decision", "checkpoint_by", "closed_by")
        .first()
    )
    if found is None:
        raise NotFound
    found.item, found.product = item, item.product
    return found


def increment_of(actor: Actor, product: Product, key: str) -> Increment:
    """An increment that a body refers to as ``ATLAS-12.3``. Raises Invalid."""
    match = _INCREMENT.match(key.strip())
    found = None
    if match is not None:
        item = item_of(actor, product, match[1])
        rows = Increment.objects.filter(item=item, number=int(match[2]))
        found = rows.select_related("kind").first()
    if found is None:
        raise Invalid(
            f"There is no increment {key.strip()[:24]} in {product.name}.",
            code="no_such_increment",
        )
    found.item, found.product = item, product
    return found


def increment_criterion_for(actor: Actor, increment: Increment, pk: int) -> IncrementCriterion:
    """A criterion of an increment that was fetched with rights."""
    found = IncrementCriterion.objects.filter(increment=increment, pk=pk).first()
    if found is None:
        raise NotFound
    return found


def criterion_of(item: Item, pk: int) -> SuccessCriterion:
    """A criterion of ``item`` that a body refers to. Raises Invalid."""
    found = SuccessCriterion.objects.filter(item=item, pk=pk).first()
    if found is None:
        raise Invalid("There is no such criterion.", fields={"covers": ["Not of this item."]})
    return found


def conformance_for(actor: Actor, increment: Increment, pk: int) -> Conformance:
    """A declaration of an increment that was fetched with rights."""
    rows = Conformance.objects.filter(increment=increment, pk=pk)
    found = rows.select_related("standard_version__standard").first()
    if found is None:
        raise NotFound
    found.increment = increment
    return found


def kinds_in(actor: Actor, product: Product) -> QuerySet[IncrementKind]:
    """The product's kinds of increment in their order, retired ones too."""
    rights.require(actor, "product.read", product)
    return IncrementKind.objects.filter(product=product).order_by("position", "pk")


def kind_for(actor: Actor, product: Product, pk: int) -> IncrementKind:
    """A kind of increment that an address names."""
    found = kinds_in(actor, product).filter(pk=pk).first()
    if found is None:
        raise NotFound
    found.product = product
    return found


def kind_of(actor: Actor, product: Product, slug: str) -> IncrementKind:
    """A kind of increment that a body names. Raises Invalid."""
    found = kinds_in(actor, product).filter(slug=slug).first()
    if found is None:
        raise Invalid(
            "There is no such kind of increment.",
            fields={"kind": ["Use one of the product's kinds."]},
        )
    found.product = product
    return found


def standards_in(actor: Actor, product: Product) -> QuerySet[Standard]:
    """The product's standards by name, retired ones too."""
    rights.require(actor, "product.read", product)
    return Standard.objects.filter(product=product).order_by("kind", "name", "pk")


def standard_for(actor: Actor, product: Product, pk: int) -> Standard:
    """A standard that an address names."""
    found = standards_in(actor, product).filter(pk=pk).first()
    if found is None:
        raise NotFound
    found.product = product
    return found


def standard_of(actor: Actor, product: Product, pk: int) -> Standard:
    """A standard that a body names. Raises Invalid."""
    found = standards_in(actor, product).filter(pk=pk).first()
    if found is None:
        raise Invalid("There is no such standard.", fields={"standard": ["Choose one of here."]})
    found.product = product
    return found


def templates_in(actor: Actor, product: Product) -> QuerySet[Template]:
    """The product's templates by kind and name."""
    rights.require(actor, "product.read", product)
    rows = Template.objects.filter(product=product).select_related("made_by")
    return rows.order_by("kind", "name", "pk")


def template_for(actor: Actor, product: Product, pk: int) -> Template:
    """A template that an address names."""
    found = templates_in(actor, product).filter(pk=pk).first()
    if found is None:
        raise NotFound
    found.product = product
    return found


def template_asked(actor: Actor, product: Product, asked: str, kind: str) -> Template:
    """The offered template of a kind that a query (``?template=``) names. Raises NotFound."""
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 10):
        raise NotFound
    found = template_for(actor, product, int(asked))
    if found.kind != kind or found.retired_at is not None:
        raise NotFound
    return found


def citation_for(actor: Actor, product: Product, pk: int) -> Citation:
    """A citation in a product that was fetched with rights."""
    rows = Citation.objects.filter(product=product, pk=pk)
    found = rows.select_related("increment__item", "brief", "item").first()
    if found is None:
        raise NotFound
    found.product = found.increment.product = found.increment.item.product = product
    for citing in (found.brief, found.item):
        if citing is not None:
            citing.product = product
    return found
