"""What publication and placements show on other pages: beside a version, on My work, in lists of versions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from assets import placed, varied
from assets.models import Version
from assets.panels import Mark
from assets.vocabulary import VersionState
from backlog.panels import Panel

HOME_ROWS = 8
#: How long My work tells of a version that came into force.
NEWS = timedelta(days=7)


def version_marks(*, actor: Actor, versions: Sequence[Version]) -> dict[int, Mark]:
    """Which version is in force, wherever versions are listed (R127). No query."""
    found = {}
    for version in versions:
        word, tone = "", ""
        if version.state == VersionState.PUBLISHED:
            word, tone = _("In force"), "good"
        elif version.state == VersionState.RETIRED:
            word, tone = _("Retired"), "bad"
        elif version.published_at is not None:
            word = _("Was in force")
        elif version.asset.published_version is not None and (
            version.number == version.asset.versions_count
        ):
            word = _("Version %(n)s is in force") % {"n": version.asset.published_version}
        if word:
            data = {
                "in_force": version.state == VersionState.PUBLISHED,
                "published_at": version.published_at,
                "retired_at": version.retired_at,
            }
            found[version.pk] = Mark("publication", word, tone, data=data)
    return found


def publication_panel(*, actor: Actor, version: Version) -> Panel | None:
    """Whether the version is in force, and what may be done about it."""
    asset = version.asset
    may = rights.allowed(actor, "asset.publish", asset.product)
    newest = version.number == asset.versions_count
    if version.state == VersionState.DRAFT and asset.published_version is None and not newest:
        return None
    context = {
        "may": may and version.state != VersionState.DRAFT,
        "in_force": asset.published_version,
        "can_publish": version.state == VersionState.APPROVED,
        "is_in_force": version.state == VersionState.PUBLISHED,
        "retired": version.state == VersionState.RETIRED,
    }
    return Panel("publication", _("In force"), "assets/_publication_panel.html", context)


def use_panel(*, actor: Actor, version: Version) -> Panel:
    """Where the asset is used, and how often (R126)."""
    use = placed.use_of(version.asset, now=timezone.now())
    context = {
        "use": use,
        "may_place": rights.allowed(actor, "placement.edit", version.asset.product),
        "more": use.placed - len(use.rows),
    }
    return Panel("use", _("Where it is used"), "assets/_use_panel.html", context)


def variants_panel(*, actor: Actor, version: Version) -> Panel | None:
    """What the asset is a variant of, or its variants, and which are outdated (R125, N18)."""
    asset = version.asset
    may = rights.allowed(actor, "asset.upload", asset.product)
    stands = [] if asset.variant_of_id else varied.of_source(asset)
    stand = None
    if asset.variant_of_id:
        stand = varied.stands([asset]).get(asset.pk)
    if not stands and stand is None and not may:
        return None
    context = {
        "stand": stand,
        "stands": stands,
        "outdated": sum(1 for each in stands if each.outdated),
        "may": may,
    }
    return Panel("variants", _("Variants"), "assets/_variants_panel.html", context)


def home_panel(*, actor: Actor, product: Product) -> Panel | None:
    """Replacements that are mine, and versions that came into force in the last days."""
    if actor.user is None:
        return None
    tasks = placed.tasks_of(actor.user, product, HOME_ROWS + 1)
    news = placed.lately_in_force(product, since=timezone.now() - NEWS, size=HOME_ROWS)
    if not tasks and not news:
        return None
    context = {"tasks": tasks[:HOME_ROWS], "more": len(tasks) > HOME_ROWS, "news": news}
    return Panel("placements", _("Placements"), "assets/_placements_home.html", context)
