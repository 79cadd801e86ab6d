"""Reads over variants: which are outdated, and by what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Case, F, Q, When

from accounts.models import Product
from assets.models import Asset, Segment, SegmentMap, Version, VersionPart
from assets.variants import CHANGED, NEW, changed_parts, changed_segments, held_against
from assets.vocabulary import PART_NAMES

_WORDS = {CHANGED: "changed", NEW: "is new"}


@dataclass
class Stand:
    """How a variant stands to its source. ``changes``: what it follows and is another now, in words; empty: up to date.

    ``made_from``: number of the source's version that it was made from, None where nobody knows (then it is outdated).
    ``against``: the number of the one that it is held against.
    """

    variant: Asset
    version: Version | None
    made_from: int | None
    against: int
    follows: int
    changes: list[str] = field(default_factory=list)

    @property
    def outdated(self) -> bool:
        return bool(self.changes)


#: More variants than this in doubt are not looked into for one list.
MOST_IN_DOUBT = 2000


def outdated_ids(product: Product) -> set[int]:
    """The variants of a product that are outdated. Five queries.

    Most were made from the version of their source that they are held against; only the others are looked into.
    """
    made, in_force = F("source_version__number"), F("asset__variant_of__published_version")
    rows = (
        Version.objects.filter(
            asset__product=product,
            asset__variant_of__isnull=False,
            number=F("asset__versions_count"),
        )
        .annotate(
            against=Case(
                When(
                    asset__variant_of__published_version=None,
                    then=F("asset__variant_of__versions_count"),
                ),
                When(source_version__number__gt=in_force, then=made),
                default=in_force,
            ),
        )
        .filter(Q(source_version=None) | ~Q(against=made))
        .select_related("asset__variant_of", "source_version")
        .only(
            "asset__variant_of__published_version",
            "asset__variant_of__versions_count",
            "source_version__number",
        )
        .order_by("-asset__updated_at", "-asset")[:MOST_IN_DOUBT]
    )
    newest = {row.asset_id: row for row in rows}
    found = _stands([row.asset for row in newest.values()], newest)
    return {pk for pk, stand in found.items() if stand.outdated}


def stands(variants: Sequence[Asset], against: Version | None = None) -> dict[int, Stand]:
    """How variants stand to their sources, by id. ``variant_of`` is loaded. ``against``: a version of their one source
    that is supposed to be in force. Five queries, however many variants.
    """
    if not variants:
        return {}
    newest = Version.objects.filter(
        asset__in=[each.pk for each in variants], number=F("asset__versions_count")
    ).select_related("source_version")
    return _stands(variants, {row.asset_id: row for row in newest}, against)


def _stands(
    variants: Sequence[Asset], newest: Mapping[int, Version], against: Version | None = None
) -> dict[int, Stand]:
    follows: dict[int, set[int]] = defaultdict(set)
    for variant_id, key in SegmentMap.objects.filter(variant__in=variants).values_list(
        "variant_id", "source_key"
    ):
        follows[variant_id].add(key)
    numbers: dict[int, tuple[int | None, int]] = {}
    for each in variants:
        source = each.variant_of
        if source is None:
            continue
        version = newest.get(each.pk)
        made = version.source_version.number if version and version.source_version else None
        numbers[each.pk] = (
            made,
            against.number
            if against
            else held_against(made or 1, source.published_version, source.versions_count),
        )
    shas, parts, labels = _contents(variants, numbers)
    found = {}
    for each in variants:
        if each.pk not in numbers:
            continue
        made, now = numbers[each.pk]
        source_id = each.variant_of_id or 0
        stand = Stand(each, newest.get(each.pk), made, now, len(follows[each.pk]))
        if made is None:
            stand.changes = ["nobody said which version it was made from"]
        elif made != now:
            then_key, now_key = (source_id, made), (source_id, now)
            if shas.get(then_key) or shas.get(now_key):
                stand.changes = [
                    f"{labels.get((source_id, int(change.what))) or f'segment {change.what}'}"
                    f" {_WORDS.get(change.how, 'is gone')}"
                    for change in changed_segments(
                        shas.get(then_key, {}), shas.get(now_key, {}), follows[each.pk] or None
                    )
                ]
            else:
                stand.changes = [
                    f"{_part(str(change.what))} {_WORDS.get(change.how, 'is gone')}"
                    for change in changed_parts(parts.get(then_key, {}), parts.get(now_key, {}))
                ]
        found[each.pk] = stand
    return found


_Key = tuple[int, int]


def _contents(
    variants: Sequence[Asset], numbers: dict[int, tuple[int | None, int]]
) -> tuple[dict[_Key, dict[int, str]], dict[_Key, dict[str, str]], dict[_Key, str]]:
    """Segments and parts of the versions that are compared, by (source, number); labels by (source, key)."""
    sources = {each.variant_of_id for each in variants if each.variant_of_id}
    wanted = {number for pair in numbers.values() for number in pair if number is not None}
    of = {"version__asset__in": sources, "version__number__in": wanted}
    shas: dict[_Key, dict[int, str]] = defaultdict(dict)
    labels: dict[_Key, str] = {}
    for asset_id, number, key, sha256, label in (
        Segment.objects.filter(**of)
        .order_by("version__number", "position")
        .values_list("version__asset_id", "version__number", "key", "sha256", "label")
    ):
        shas[asset_id, number][key] = sha256
        labels[asset_id, key] = label
    parts: dict[_Key, dict[str, str]] = defaultdict(dict)
    for asset_id, number, name, sha256 in VersionPart.objects.filter(**of).values_list(
        "version__asset_id", "version__number", "name", "sha256"
    ):
        parts[asset_id, number][name] = sha256
    return shas, parts, labels


def _part(name: str) -> str:
    return next((names[name] for names in PART_NAMES.values() if name in names), name)


def of_source(source: Asset, against: Version | None = None) -> list[Stand]:
    """The variants of a source, by label, each with how it stands. Six queries."""
    variants = list(
        Asset.objects.filter(variant_of=source)
        .select_related("item", "variant_of")
        .order_by("variant_kind", "variant_label", "pk")[:200]
    )
    found = stands(variants, against)
    return [found[each.pk] for each in variants]
