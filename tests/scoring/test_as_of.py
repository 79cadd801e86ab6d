"""The past worked out again: priorities and orders as of an instant, against kept scores and a slow reading."""

import random
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from backlog.models import Change, Item, Segment
from backlog.services import items as item_services
from backlog.services import states, words
from backlog.services.undo import undo
from backlog.vocabulary import OPEN_STATES, State
from core.errors import Conflict
from scoring import asof, standings
from scoring.current import published_versions
from scoring.engine import order_key, score_one
from scoring.jobs import rescore
from scoring.models import Adjustment, RubricVersion, Signal, Snapshot
from scoring.rubrics import DEFAULT_RUBRIC, digest, parse_rubric, rubric_data
from scoring.services import adjustments, evidence, ratings, signals
from tests.backlog.making import PILLARS, accepted, again, queue
from tests.cast import Cast

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
KINDS = ("stability", "enhancement")
SEGMENTS = ("Schools", "Clinics", "Retail")
SIGNALS = ("support_ticket", "incident", "affected_users", "gossip")
EXACT = 1e-9


def priority_as_of(item: Item, at: datetime) -> float | None:
    """The priority of one item as of an instant, read for that item alone."""
    past = asof.of_items(item.product_id, at, [item.pk])
    found = past.snapshot(at, item.pk)
    return None if found is None else score_one(found.rubric, found.item, at).priority


def play(
    cast: Cast, seed: int, acts: int = 90, count: int = 12
) -> tuple[list[Item], list[datetime]]:
    """Some weeks of a backlog by every act that a score can hang on; returns the items and the instants of the acts."""
    rng = random.Random(seed)
    actor = cast.actor("administrator")
    made: list[Item] = []
    instants = []
    now = START
    for _ in range(acts):
        now += timedelta(hours=rng.uniform(0.1, 40))
        instants.append(now)
        if len(made) < count and (len(made) < 4 or rng.random() < 0.2):
            draft = item_services.Draft(
                f"Item {len(made)}",
                queue=queue(cast.a, rng.choice(KINDS)),
                state=rng.choice((State.ACCEPTED, State.TRIAGE)),
                effort=rng.choice((None, 1.0, 5.0)),
                due_at=rng.choice((None, now + 20 * DAY)),
                segments=some_segments(cast, rng),
            )
            item = item_services.create_item(actor=actor, product=cast.a, draft=draft, now=now)
            made.append(item)
            entries = {key: ratings.Entry(rng.randint(0, 5), "guess") for key in PILLARS}
            ratings.rate_item(actor=actor, item=item, entries=entries, now=now)
            continue
        act(rng, actor, cast, again(rng.choice(made)), [again(each) for each in made], now)
    return [again(each) for each in made], instants


def act(rng, actor, cast: Cast, item: Item, others: Sequence[Item], now: datetime) -> None:
    kind = rng.choice(
        ("rate", "rate", "unrate", "signal", "signal", "adjust", "end", "edit", "move", "state")
        + ("merge", "merge", "unmerge", "rubric", "sweep", "segments", "segments", "of_segment")
        + ("of_segment", "attach", "attach", "withdraw", "restore", "correct", "take_back")
    )
    if kind in ("of_segment", "attach", "withdraw", "restore", "correct", "take_back"):
        act_on_evidence(kind, rng, actor, cast, item, now)
        return
    if kind == "rate":
        key = rng.choice([each.key for each in DEFAULT_RUBRIC.criteria])
        entry = ratings.Entry(rng.randint(0, 5), rng.choice(("guess", "informed", "certain")))
        ratings.rate_item(actor=actor, item=item, entries={key: entry}, now=now)
    elif kind == "unrate":
        ratings.rate_item(actor=actor, item=item, entries={"trust": ratings.Entry(None)}, now=now)
    elif kind == "signal":
        draft = signals.Draft(
            rng.choice(SIGNALS),
            rng.uniform(0, 40),
            now - rng.uniform(-0.5, 60) * DAY,
            "desk",
            item=item,
            segment=rng.choice(("", *SEGMENTS)),
        )
        signals.add_signals(actor=actor, product=cast.a, drafts=[draft], now=now)
    elif kind == "adjust":
        adjustments.adjust(
            actor=actor,
            item=item,
            points=rng.choice((-6.5, 2.25, 9.0)),
            claim="A claim.",
            expires_at=now + rng.uniform(1, 12) * DAY,
            now=now,
        )
    elif kind == "end":
        running = Adjustment.objects.filter(ended_at=None, expires_at__gt=now).first()
        if running:
            adjustments.end_adjustment(actor=actor, adjustment=running, now=now)
    elif kind == "edit":
        values = rng.choice(
            ({"effort": rng.choice((None, 2.0, 8.0))}, {"due_at": now + 9 * DAY}, {"due_at": None})
        )
        item_services.edit_item(actor=actor, item=item, values=values, version=None, now=now)
    elif kind == "move" and item.state not in (State.DONE, State.DECLINED, State.PARKED):
        states.move_item(
            actor=actor,
            item=item,
            queue=queue(cast.a, rng.choice(KINDS)),
            reason="Another sort.",
            now=now,
        )
    elif kind == "state":
        to = {
            State.ACCEPTED: (State.DONE, State.DECLINED, State.PARKED),
            State.TRIAGE: (State.ACCEPTED,),
        }.get(State(item.state), (State.ACCEPTED,))
        states.set_state(
            actor=actor,
            item=item,
            state=rng.choice(to),
            reason="So it goes.",
            until=(now + 300 * DAY).date(),
            now=now,
        )
    elif kind == "merge" and item.state in OPEN_STATES:
        into = [each for each in others if each.pk != item.pk and each.state in OPEN_STATES]
        if into:
            states.merge_item(actor=actor, item=item, into=rng.choice(into), now=now)
    elif kind == "unmerge":
        undone = Change.objects.exclude(undoes=None).values("undoes")
        merge = Change.objects.filter(verb="item.merged").exclude(batch__in=undone).order_by("-id")
        chosen = rng.choice(list(merge)) if merge else None
        if chosen is not None:
            with suppress(Conflict):  # the item was reopened since
                undo(actor=actor, product=cast.a, batch=chosen.batch, now=now)
    elif kind == "segments":
        values = {"segments": some_segments(cast, rng)}
        item_services.edit_item(actor=actor, item=item, values=values, version=None, now=now)
    elif kind == "rubric":
        publish(cast, now, rng)
    elif kind == "sweep":
        rescore.mark_expired(now=now)
        rescore.rescore_stale(now=now)
        rescore.rescore_open(now=now)


def some_segments(cast: Cast, rng) -> list[Segment]:
    names = rng.sample(SEGMENTS, rng.randint(0, 2))
    return list(words.named(Segment, product=cast.a, names=names).values())


def act_on_evidence(kind: str, rng, actor, cast: Cast, item: Item, now: datetime) -> None:
    """One act on a signal, whichever; nothing where there is none for it."""
    there = list(Signal.objects.order_by("pk").select_related("product"))
    if kind == "of_segment":
        size, age = rng.uniform(0, 90), rng.uniform(-0.5, 60) * DAY
        draft = signals.Draft(
            rng.choice(SIGNALS), size, now - age, "desk", segment=rng.choice(SEGMENTS)
        )
        signals.add_signals(actor=actor, product=cast.a, drafts=[draft], now=now)
    elif kind == "take_back":
        batch = evidence.last_act(actor, cast.a)
        if batch is not None:
            with suppress(Conflict):  # undone already, changed since, or its items were taken apart
                evidence.undo(actor=actor, product=cast.a, batch=batch, now=now)
    elif kind == "restore":
        out = [each for each in there if each.withdrawn_at is not None]
        if out:
            evidence.restore(actor=actor, signal=rng.choice(out), now=now)
    else:
        counting = [each for each in there if each.withdrawn_at is None]
        if not counting:
            return
        chosen = rng.choice(counting)
        if kind == "withdraw":
            evidence.withdraw(
                actor=actor, product=cast.a, signals=[chosen], reason="Spam.", now=now
            )
        elif kind == "correct":
            values = {
                "kind": rng.choice(SIGNALS),
                "magnitude": rng.uniform(0, 60),
                "occurred_at": now - rng.uniform(0, 60) * DAY,
            }
            evidence.correct(actor=actor, signal=chosen, values=values, version=None, now=now)
        else:
            evidence.attach(
                actor=actor,
                product=cast.a,
                signals=rng.sample(counting, min(3, len(counting))),
                item=rng.choice((item, None)),
                segment=rng.choice((None, *SEGMENTS)),
                now=now,
            )


def publish(cast: Cast, now: datetime, rng) -> None:
    data = rubric_data(DEFAULT_RUBRIC)
    data["segment_share"] = rng.choice((0, 0.3, 0.5, 1))
    data["criteria"][0]["weight"] = rng.choice((1, 2, 7))
    last = published_versions(cast.a.pk)[-1].number
    RubricVersion.objects.create(
        product=cast.a,
        number=last + 1,
        data=data,
        digest=digest(parse_rubric(data)),
        published_at=now,
    )
    rescore.rescore_open(now=now)


def seeds(count: int) -> list[Any]:
    """One history for every run, the others for the long one."""
    return [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, count))]


@pytest.mark.parametrize("seed", seeds(3))
def test_the_past_gives_every_kept_score_again(cast: Cast, seed: int) -> None:
    RubricVersion.objects.filter(product=cast.a).update(published_at=START - DAY)
    made, _ = play(cast, seed)
    kept = list(
        Snapshot.objects.filter(item__in=made).select_related("item__product").order_by("pk")
    )
    assert len(kept) > 30
    last = {}
    for row in kept:  # of two acts at one instant the later one is as of it
        last[row.item_id, row.at] = row
    for row in last.values():
        found = priority_as_of(row.item, row.at)
        assert (found is None) == (row.priority is None), (row.item, row.at)
        assert found is None or abs(found - row.priority) <= EXACT, (row.item, row.at)


@pytest.mark.parametrize("seed", seeds(3))
def test_orders_of_a_queue_are_those_of_each_item_by_itself(cast: Cast, seed: int) -> None:
    RubricVersion.objects.filter(product=cast.a).update(published_at=START - DAY)
    made, instants = play(cast, seed + 100)
    for kind in KINDS:
        chosen = instants[10::20]
        found = standings.standings(cast.a.pk, kind, chosen)
        for at, standing in zip(chosen, found, strict=True):
            slow = slow_order(made, kind, at)
            assert standing.ids.tolist() == [pk for pk, _ in slow]
            for (_, priority), fast in zip(slow, standing.priority.tolist(), strict=True):
                assert priority is None and np.isnan(fast) or abs(priority - fast) <= EXACT


def slow_order(made: Sequence[Item], kind: str, at: datetime) -> list[tuple[int, float | None]]:
    """The ids of a queue's open items as of ``at`` with their priorities, from the log forwards, one item at a time."""
    ranked = []
    for item in made:
        now: dict[str, object] = {}
        for change in Change.objects.filter(item_id=item.pk, at__lte=at).order_by("at", "id"):
            if change.verb.startswith("item."):
                now |= {name: after for name, (_, after) in change.fields.items()}
        in_queue = now.get("queue") and now["queue"]["id"] == queue(item.product, kind).pk
        if not in_queue or now["state"] not in OPEN_STATES:
            continue
        due = datetime.fromisoformat(now["due_at"]) if now.get("due_at") else None
        priority = priority_as_of(item, at)
        created = item.created_at.timestamp()
        key = order_key(priority, due.timestamp() if due else None, created, item.pk, 0)
        ranked.append((key, item.pk, priority))
    return [(pk, priority) for _, pk, priority in sorted(ranked)]


def slow_evidence(made: Sequence[Item], at: datetime) -> dict[int, tuple[list, dict[int, list]]]:
    """By item, its own signals and those of each segment that it named as of ``at``: the log read forwards."""
    now: dict[int, dict] = {}
    naming: dict[int, set[int]] = {}
    merged: dict = {}
    into: dict[int, int] = {}
    for change in Change.objects.filter(at__lte=at).order_by("id"):
        fields = change.fields
        if change.verb == "signal.added":
            (kind, (_, magnitude)) = next(iter(fields.items()))
            now[change.subject_id] = first_of(change.subject_id) | {
                "kind": kind,
                "magnitude": magnitude,
                "item": change.item_id,
                "from": None,
            }
        elif change.subject_type == "signal":
            row = now[change.subject_id]
            for name, (_, after) in fields.items():
                name = {"merged_from": "from"}.get(name, name)
                row[name] = after["id"] if isinstance(after, dict) else after
        elif change.verb.startswith("item."):
            if "segments" in fields:
                naming[change.item_id] = {each["id"] for each in fields["segments"][1]}
            if change.verb == "item.merged":
                source, target = change.item_id, fields["merged_into"][1]["id"]
                merged[change.batch], into[source] = source, target
                for row in now.values():
                    if row["item"] == source:
                        row["from"], row["item"] = row["from"] or source, target
            if change.undoes in merged:
                source = merged[change.undoes]
                del into[source]
                level, below = {source}, set()
                while level:
                    level = {pk for pk, to in into.items() if to in level} - below
                    below |= level
                for row in now.values():
                    if row["from"] == source:
                        row["from"], row["item"] = None, source
                    elif row["from"] in below:
                        row["item"] = source
    found = {}
    for item in made:
        own, theirs = [], {}
        for row in now.values():
            told = (row["kind"], row["magnitude"], row["occurred_at"])
            if row["withdrawn_at"] or row["kind"] == "gossip":
                continue
            if row["item"] == item.pk:
                own.append(told)
            elif row["item"] is None and row["segment"] in naming.get(item.pk, ()):
                theirs.setdefault(row["segment"], []).append(told)
        found[item.pk] = sorted(own), {pk: sorted(rows) for pk, rows in theirs.items()}
    return found


def first_of(signal_id: int) -> dict:
    """What the line of its arrival does not say of a signal: as it was before all that was done to it."""
    signal = Signal.objects.get(pk=signal_id)
    found = {
        "occurred_at": signal.occurred_at.isoformat(),
        "segment": signal.segment_id,
        "withdrawn_at": None,
    }
    lines = Change.objects.filter(subject_type="signal", subject_id=signal_id)
    for line in lines.exclude(verb="signal.added").order_by("-id"):
        for name in ("occurred_at", "segment"):
            if name in line.fields:
                before = line.fields[name][0]
                found[name] = before["id"] if isinstance(before, dict) else before
    return found


@pytest.mark.parametrize("seed", seeds(4))
def test_evidence_is_what_the_log_says_read_forwards(cast: Cast, seed: int) -> None:
    RubricVersion.objects.filter(product=cast.a).update(published_at=START - DAY)
    made, instants = play(cast, seed + 300)
    ids = [item.pk for item in made]
    for at, since in zip(instants[10::7], [*instants[10::14], *instants[10::14]], strict=False):
        since = min(at, since)
        slow = slow_evidence(made, at)
        for pk, found in asof.of_items(cast.a.pk, since, ids).snapshots(at).items():
            own, theirs = slow[pk]
            assert sorted(map(as_told, found.item.signals)) == own, (at, pk)
            segments = [sorted(map(as_told, rows)) for rows in found.item.segments]
            assert segments == [theirs[name] for name in sorted(theirs)], (at, pk)


def as_told(signal) -> tuple[str, float, str]:
    return signal.kind, signal.magnitude, signal.occurred_at.isoformat()


@pytest.mark.parametrize("seed", seeds(2))
def test_rank_moves_are_counted_exactly_and_each_list_holds_what_it_says(
    cast: Cast, seed: int
) -> None:
    made, instants = play(cast, seed + 200)
    for kind in KINDS:
        before, after = standings.standings(cast.a.pk, kind, [instants[30], instants[-1]])
        was, is_ = before.ids.tolist(), after.ids.tolist()
        for pk in set(was) & set(is_):
            found = standings.rank_moves(before, after, pk)
            above, now_above = set(was[: was.index(pk)]), set(is_[: is_.index(pk)])
            assert set(found.left.tolist()) == above - set(is_)
            assert set(found.arrived.tolist()) == now_above - set(was)
            assert set(found.it_overtook.tolist()) == (above & set(is_)) - now_above
            assert set(found.overtook_it.tolist()) == (now_above & set(was)) - above
            counted = (
                len(found.arrived)
                + len(found.overtook_it)
                - len(found.left)
                - len(found.it_overtook)
            )
            assert is_.index(pk) - was.index(pk) == counted
    assert standings.rank_moves(before, after, 0) is None


def test_a_merge_moves_evidence_from_its_instant_and_back_with_its_undo(cast: Cast) -> None:
    actor = cast.actor("administrator")
    a, b, c = (accepted(cast, "stability", title) for title in "abc")
    base = again(a).created_at
    for item, magnitude in ((a, 3.0), (b, 5.0)):
        draft = signals.Draft("incident", magnitude, base, "desk", item=item)
        signals.add_signals(actor=actor, product=cast.a, drafts=[draft], now=base + DAY)
    states.merge_item(actor=actor, item=again(a), into=again(b), now=base + 2 * DAY)
    states.merge_item(actor=actor, item=again(b), into=again(c), now=base + 3 * DAY)
    batch = Change.objects.get(verb="item.merged", item_id=b.pk).batch
    undo(actor=actor, product=cast.a, batch=batch)

    def held(at: datetime, since: datetime) -> dict[str, list[float]]:
        found = asof.of_items(cast.a.pk, since, [a.pk, b.pk, c.pk]).snapshots(at)
        return {
            item.title: sorted(each.magnitude for each in found[item.pk].item.signals)
            for item in (a, b, c)
        }

    hours = timedelta(hours=1)
    undone_at = Change.objects.get(verb="item.undone").at
    assert undone_at < base + DAY, (
        "undone at the present, the merges lie in the future of this test"
    )
    assert held(base + DAY + hours, base) == {"a": [3.0], "b": [5.0], "c": []}
    assert held(base + 2 * DAY + hours, base) == {"a": [], "b": [3.0, 5.0], "c": []}
    assert Signal.objects.filter(item=b).count() == 2


def test_what_people_attach_stays_when_a_merge_is_taken_apart(cast: Cast) -> None:
    actor = cast.actor("administrator")
    a, b, c = (accepted(cast, "stability", title) for title in "abc")
    drafts = [
        signals.Draft("incident", size, again(a).created_at, "desk", item=a) for size in (3, 5)
    ]
    first, second = signals.add_signals(actor=actor, product=cast.a, drafts=drafts).stored
    states.merge_item(actor=actor, item=again(a), into=again(b))
    merge = Change.objects.get(verb="item.merged")

    def put(signal: Signal, item: Item) -> None:
        evidence.attach(actor=actor, product=cast.a, signals=[signal], item=item)

    def held() -> list[str]:
        rows = Signal.objects.order_by("pk").select_related("item")
        return [row.item.title if row.item else "" for row in rows]

    put(first, c)
    put(second, c)
    assert held() == ["c", "c"]
    back = evidence.last_act(actor, cast.a)
    evidence.undo(actor=actor, product=cast.a, batch=back)
    assert held() == ["c", "b"]
    put(second, c)
    late = evidence.last_act(actor, cast.a)
    evidence.undo(actor=actor, product=cast.a, batch=late)
    undo(actor=actor, product=cast.a, batch=merge.batch)
    assert held() == ["c", "a"], "what was only carried along returns, what was put stays"


def test_an_undo_does_not_put_evidence_where_it_was_only_merged(cast: Cast) -> None:
    actor = cast.actor("administrator")
    a, b, c = (accepted(cast, "stability", title) for title in "abc")
    draft = signals.Draft("incident", 3, again(a).created_at, "desk", item=a)
    stored = signals.add_signals(actor=actor, product=cast.a, drafts=[draft]).stored
    states.merge_item(actor=actor, item=again(a), into=again(b))
    merge = Change.objects.get(verb="item.merged")
    evidence.attach(actor=actor, product=cast.a, signals=stored, item=c)
    batch = evidence.last_act(actor, cast.a)
    undo(actor=actor, product=cast.a, batch=merge.batch)
    with pytest.raises(Conflict, match="are taken apart now"):
        evidence.undo(actor=actor, product=cast.a, batch=batch)
    assert Signal.objects.get().item_id == c.pk


def test_what_was_rated_by_an_import_counts_from_the_import_on(cast: Cast) -> None:
    actor = cast.actor("administrator")
    item = accepted(cast, "stability")
    came = Change.objects.get(item_id=item.pk, verb="item.created").at
    ratings.propose_ratings(
        actor=actor, product=cast.a, proposals=[(item.pk, dict.fromkeys(PILLARS, 2.0))], now=came
    )
    rescore.rescore_items(product_id=cast.a.pk, item_ids=[item.pk], now=came + DAY)
    kept = again(item).summary.priority
    entry = {"business_value": ratings.Entry(5, "certain")}
    ratings.rate_item(actor=actor, item=item, entries=entry, now=came + 60 * DAY)
    assert priority_as_of(item, came + DAY) == pytest.approx(kept, abs=EXACT)
    assert priority_as_of(item, came - DAY) is None, "it was not there yet"


def test_an_order_is_remembered_until_something_happens(
    cast: Cast, django_assert_num_queries
) -> None:
    item = accepted(cast, "stability")
    at = again(item).created_at + DAY
    standings.standings(cast.a.pk, "stability", [at])
    with django_assert_num_queries(1):
        first = standings.standings(cast.a.pk, "stability", [at])[0]
    assert first.ids.tolist() == [item.pk]
    states.set_state(
        actor=cast.actor("owner"), item=again(item), state=State.DONE, now=at - DAY / 2
    )
    assert standings.standings(cast.a.pk, "stability", [at])[0].ids.tolist() == []
