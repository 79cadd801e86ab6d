"""Making and editing items: by service, by page, by API."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from html5lib import parse
from hypothesis import given
from hypothesis import strategies as st

from backlog.models import Change, Item, ItemSummary, Label
from backlog.services import items
from core.errors import Invalid, NotAllowed, NotFound, Stale
from tests.backlog.making import again, ask, label, make, many, queue
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("sound")

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

FORM = {
    "title": "From a form",
    "description": "",
    "kind": "task",
    "horizon": "",
    "owner": "",
    "effort": "",
    "due_at": "",
    "severity": "",
    "labels": "",
    "segments": "",
    "program": "",
    "channel": "",
    "cycle": "",
}


# --- Making -------------------------------------------------------------------------------------


def test_a_new_item_waits_in_triage_with_everything_that_was_said(cast: Cast) -> None:
    body = {
        "product": "atlas",
        "title": "  Captions\tlag  behind ",
        "description": "# Seen\r\non **phones**",
        "kind": "fix",
        "queue": "stability",
        "horizon": "release",
        "owner": "Contributor@Example.org",
        "effort": 3.5,
        "due_at": "2026-12-24T12:00:00+01:00",
        "severity": 2,
        "program": "Training",
        "channel": "Web",
        "cycle": "Sprint 7",
        "labels": ["b", "a", "b", " a "],
        "segments": ["Schools"],
        "criteria": [
            {"text": "Captions in time", "verification": "Watch one"},
            {"text": "On phones"},
        ],
        "reason": "A customer called.",
    }
    answer = ask(cast, "contributor", "POST", "items/", body)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert answer["Location"] == f"/api/v1/items/{made['key']}/"
    assert answer["ETag"] == '"1"'
    assert made["key"] == "ATLAS-1"
    assert made["title"] == "Captions lag behind"
    assert made["description"] == "# Seen\non **phones**"
    assert made["owner"] == "contributor@example.org"
    assert made["reporter"] == "contributor@example.org"
    assert made["due_at"] == "2026-12-24T11:00:00Z"
    assert (made["state"], made["queue"], made["accepted_at"]) == ("triage", "stability", None)
    assert made["labels"] == ["a", "b"]
    assert [each["text"] for each in made["criteria"]] == ["Captions in time", "On phones"]
    for name in (
        "kind",
        "horizon",
        "effort",
        "severity",
        "program",
        "channel",
        "cycle",
        "segments",
    ):
        assert made[name] == body[name], name
    read = ask(cast, "viewer", "GET", "items/ATLAS-1/").json()
    assert {**read, "scoring": None} == {**made, "scoring": None}
    row = Change.objects.get(item_id=again_by_key(cast, "ATLAS-1").pk)
    assert (row.verb, row.channel, row.right, row.reason) == (
        "item.created",
        "api",
        "item.create",
        "A customer called.",
    )
    assert row.fields["title"] == [None, "Captions lag behind"]
    assert row.fields["queue"][1]["label"] == "Stability"
    assert [each["label"] for each in row.fields["labels"][1]] == ["a", "b"]


def again_by_key(cast: Cast, key: str) -> Item:
    return Item.objects.get(product=cast.a, number=int(key.rpartition("-")[2]))


def test_the_page_makes_the_same(cast: Cast) -> None:
    answer = cast.client("contributor").post(
        "/p/ATLAS/items/new/",
        {
            **FORM,
            "title": "From a form",
            "owner": str(cast.owner.pk),
            "labels": "a, b,a",
            "due_at": "2026-12-24T12:00",
            "program": "Training",
            "effort": "2.5",
        },
    )
    assert (answer.status_code, answer["Location"]) == (302, "/items/ATLAS-1/")
    item = Item.objects.get()
    assert (item.owner, item.reporter) == (cast.owner, cast.contributor)
    assert sorted(item.labels.values_list("name", flat=True)) == ["a", "b"]
    assert item.due_at == datetime(2026, 12, 24, 12, tzinfo=UTC)
    assert (item.program.name, item.effort, item.kind) == ("Training", 2.5, "task")
    assert Change.objects.get(item_id=item.pk).channel == "page"


WRONG: list[tuple[str, Any]] = [
    ("title", ""),
    ("title", " "),
    ("title", None),
    ("title", "x" * 256),
    ("title", ["x"]),
    ("title", {"a": 1}),
    ("description", "x" * 50_001),
    ("kind", "nonsense"),
    ("kind", None),
    ("kind", "\ud800"),
    ("horizon", "soon"),
    ("owner", "nobody@example.org"),
    ("owner", "outsider@example.org"),
    ("owner", "not an address"),
    ("effort", -0.01),
    ("effort", 100_001),
    ("effort", "NaN"),
    ("effort", "inf"),
    ("effort", [1]),
    ("due_at", "tomorrow"),
    ("due_at", "0001-01-01T00:00:00+14:00"),
    ("due_at", "9999-12-31T23:59:59-14:00"),
    ("due_at", "1969-12-31T23:59:59Z"),
    ("due_at", 5),
    ("severity", 5),
    ("severity", 0),
    ("severity", "worst"),
    ("labels", "a"),
    ("labels", ["x" * 81]),
    ("labels", [None]),
    ("labels", [f"l{number}" for number in range(51)]),
    ("program", "x" * 81),
    ("version", 1),
    ("state", "done"),
    ("id", 1),
    ("number", 7),
    ("priority", 99),
    ("reporter", "owner@example.org"),
    ("created_at", "2020-01-01T00:00:00Z"),
    ("score", 1),
    ("\ud800", 1),
]


def test_wrong_values_are_refused_by_name_and_nothing_is_written(cast: Cast) -> None:
    item = make(cast, "Stays")
    before = everything()
    for name, value in WRONG:
        good = {"title": "Good", "product": "ATLAS"}
        for answer in (
            ask(cast, "owner", "POST", "items/", {**good, name: value}),
            ask(cast, "owner", "PATCH", f"items/{item.key}/", {name: value}, version=1),
        ):
            assert answer.status_code == 400, (name, value, answer.content)
            body = answer.json()
            assert answer["Content-Type"] == "application/problem+json"
            assert body["code"] in ("invalid", "no_such_member"), body
            shown = name if name != "\ud800" else "?"
            assert any(field.partition(".")[0] == shown for field in body["fields"]), (name, body)
    assert everything() == before


def everything() -> tuple[Any, ...]:
    return (
        list(Item.objects.order_by("pk").values_list("pk", "version", "title", "updated_at")),
        Change.objects.count(),
        Label.objects.count(),
        ItemSummary.objects.count(),
    )


@pytest.mark.parametrize(
    "body", ["", "null", "[]", '"x"', "5", "{", "[" * 100_000, '{"title": NaN}', "\x00"]
)
def test_a_body_that_is_no_object(cast: Cast, body: str) -> None:
    answer = cast.api("owner").post("/api/v1/items/", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_who_may_make_items(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        make(cast, by="viewer")
    with pytest.raises(NotFound):
        make(cast, by="outsider")


# --- Numbers ------------------------------------------------------------------------------------


def test_numbers_have_no_gap_and_are_not_given_twice(cast: Cast) -> None:
    make(cast)
    many(cast.a, 120)
    with pytest.raises(Invalid):
        items.create_items(
            actor=cast.actor("owner"),
            product=cast.a,
            drafts=[items.Draft(title="Good"), items.Draft(title="")],
            right="item.create",
        )
    make(cast)
    numbers = list(Item.objects.order_by("pk").values_list("number", flat=True))
    assert numbers == list(range(1, 123))
    cast.a.refresh_from_db()
    assert cast.a.items_numbered == 122


def test_many_items_take_few_queries(cast: Cast, django_assert_max_num_queries: Any) -> None:
    words = [label(cast.a, "a"), label(cast.a, "b")]
    with django_assert_max_num_queries(40):
        made = many(cast.a, 1500, labels=words, criteria=[("It works", "")])
    assert ItemSummary.objects.filter(product=cast.a).count() == 1500
    assert Item.labels.through.objects.count() == 3000
    assert made[-1].number == 1500
    assert Change.objects.filter(verb="item.created").count() == 1500


# --- Editing ------------------------------------------------------------------------------------


def test_an_edit_changes_what_it_names_and_counts_the_version(cast: Cast) -> None:
    item = make(cast, "Before", effort=3, labels=[label(cast.a, "old")])
    answer = ask(
        cast,
        "contributor",
        "PATCH",
        f"items/{item.key}/",
        {"title": "After", "labels": ["new"], "effort": None, "reason": "Talked."},
        version=1,
    )
    assert answer.status_code == 200
    assert answer["ETag"] == '"2"'
    body = answer.json()
    assert (body["title"], body["labels"], body["effort"], body["version"]) == (
        "After",
        ["new"],
        None,
        2,
    )
    row = Change.objects.filter(item_id=item.pk).latest("id")
    assert set(row.fields) == {"title", "labels", "effort"}
    assert row.fields["title"] == ["Before", "After"]
    assert row.fields["effort"] == [3.0, None]
    assert [[each["label"] for each in side] for side in row.fields["labels"]] == [["old"], ["new"]]
    assert (row.verb, row.right, row.reason, row.item_version, row.actor) == (
        "item.edited",
        "item.edit",
        "Talked.",
        2,
        cast.contributor,
    )


def test_an_edit_that_changes_nothing_writes_nothing(cast: Cast) -> None:
    item = make(cast, "Same", labels=[label(cast.a, "a")], effort=3)
    before = Change.objects.count()
    body = {"title": " Same ", "labels": ["a"], "effort": 3.0, "kind": "task"}
    answer = ask(cast, "owner", "PATCH", f"items/{item.key}/", body, version=1)
    assert (answer.status_code, answer["ETag"]) == (200, '"1"')
    assert Change.objects.count() == before
    assert again(item).updated_at == item.updated_at


def test_fields_that_have_verbs_of_their_own_are_not_edited(cast: Cast) -> None:
    item = make(cast)
    for name in ("state", "queue", "number", "version", "created_at", "reporter", "parked_until"):
        with pytest.raises(Invalid) as refused:
            items.edit_item(actor=cast.actor("owner"), item=item, values={name: None}, version=1)
        assert name in refused.value.fields


def test_an_owner_who_left_does_not_stop_an_edit(cast: Cast) -> None:
    item = make(cast, owner=cast.reviewer)
    cast.reviewer.is_active = False
    cast.reviewer.save()
    answer = ask(cast, "owner", "PATCH", f"items/{item.key}/", {"title": "x"}, version=1)
    assert answer.status_code == 200


# --- Two editors --------------------------------------------------------------------------------


def test_the_second_editor_is_told_what_changed(cast: Cast) -> None:
    item = make(cast, "First")
    ok = ask(cast, "owner", "PATCH", f"items/{item.key}/", {"title": "Owner's"}, version=1)
    assert ok.status_code == 200
    late = ask(
        cast,
        "contributor",
        "PATCH",
        f"items/{item.key}/",
        {"title": "Late", "effort": 2},
        version=1,
    )
    assert late.status_code == 409
    body = late.json()
    assert (body["code"], body["version"]) == ("stale", 2)
    assert body["changed"] == {"title": {"was": "First", "is": "Owner's", "yours": "Late"}}
    assert "title" in body["detail"]
    assert again(item).title == "Owner's"
    assert again(item).effort is None


IF_MATCH: list[tuple[str | None, int, str | None]] = [
    (None, 428, "version_needed"),
    ("", 428, "version_needed"),
    ('"0"', 409, "stale"),
    ('"99"', 409, "stale"),
    ("*", 400, "invalid"),
    ('"x"', 400, "invalid"),
    ('"-1"', 400, "invalid"),
    ('"1", "2"', 400, "invalid"),
    ('"99999999999999999999"', 400, "invalid"),
    ('W/"1"', 200, None),
    ("1", 200, None),
]


def test_if_match(cast: Cast) -> None:
    for header, status, code in IF_MATCH:
        item = make(cast)
        answer = cast.api("owner").patch(
            f"/api/v1/items/{item.key}/",
            {"title": "Changed"},
            content_type="application/json",
            headers={} if header is None else {"If-Match": header},
        )
        assert answer.status_code == status, header
        assert answer.json().get("code") == code
        assert (again(item).title == "Changed") is (status == 200)


def test_every_verb_asks_for_the_version(cast: Cast) -> None:
    item = make(cast)
    other = make(cast)
    bodies = {
        "accept": {"queue": "stability"},
        "move": {"queue": "stability", "reason": "x"},
        "state": {"state": "declined", "reason": "x"},
        "park": {"until": "2999-01-01"},
        "decline": {"reason": "x"},
        "merge": {"into": other.key},
    }
    for verb, body in bodies.items():
        path = f"items/{item.key}/{verb}/"
        assert ask(cast, "owner", "POST", path, body).status_code == 428, verb
        assert ask(cast, "owner", "POST", path, body, version=7).status_code == 409, verb
    assert again(item).version == 1


def test_the_page_shows_both_versions_and_keeps_what_was_entered(cast: Cast) -> None:
    item = make(cast, "First", labels=[label(cast.a, "old")])
    page = cast.client("contributor").get(f"/items/{item.key}/edit/").content.decode()
    seen = re.search(r'name="version" value="(\d+)"', page)
    assert seen is not None
    items.edit_item(
        actor=cast.actor("owner"),
        item=item,
        values={"title": "Owner's", "labels": [label(cast.a, "new")], "due_at": NOW},
        version=1,
    )
    mine = {
        **FORM,
        "title": "Mine",
        "labels": "old",
        "version": seen[1],
        "description": "Long work",
    }
    late = cast.client("contributor").post(f"/items/{item.key}/edit/", mine)
    assert late.status_code == 409
    html = late.content.decode()
    cells = re.findall(r"<tr><th scope=\"row\">([^<]*)</th>((?:<td>[^<]*</td>){3})</tr>", html)
    rows = {name: re.findall(r"<td>([^<]*)</td>", values) for name, values in cells}
    assert rows["title"] == ["First", "Owner&#x27;s", "Mine"]
    assert rows["labels"] == ["old", "new", "old"]
    assert rows["due at"] == ["–", "2 Mar 2026, 09:30", "–"]
    assert "Long work" in html
    assert 'value="Mine"' in html
    assert again(item).title == "Owner's"
    assert 'name="version" value="2"' in html
    saved = cast.client("contributor").post(f"/items/{item.key}/edit/", {**mine, "version": "2"})
    assert saved.status_code == 302
    assert again(item).title == "Mine"


def test_a_page_whose_version_is_nonsense_counts_as_the_one_shown_now(cast: Cast) -> None:
    item = make(cast)
    for nonsense in ("x", "-1", "9" * 30, "\x00"):
        answer = cast.client("owner").post(
            f"/items/{item.key}/edit/", {**FORM, "version": nonsense}
        )
        assert answer.status_code == 302


# --- What a page does not touch -----------------------------------------------------------------


def test_saving_the_form_unchanged_changes_nothing(cast: Cast) -> None:
    """Values that a form cannot show exactly survive it: fine effort, seconds, commas in labels."""
    item = make(
        cast,
        "Fine grained",
        description="Two\n\nparts",
        effort=1234.56789,
        due_at=datetime(2026, 12, 24, 12, 0, 59, 123456, tzinfo=UTC),
        labels=[label(cast.a, "red, green"), label(cast.a, "blue")],
        severity=3,
        horizon="sprint",
        owner=cast.owner,
    )
    client = cast.client("owner")
    cast.owner.time_zone = "America/St_Johns"
    cast.owner.save()
    html = client.get(f"/items/{item.key}/edit/").content.decode()
    shown: dict[str, str] = {}
    tree = parse(html, namespaceHTMLElements=False)
    for element in tree.iter():
        name = element.attrib.get("name", "") if isinstance(element.tag, str) else ""
        if name not in {*FORM, "version"}:
            continue
        if element.tag == "input":
            shown[name] = element.attrib.get("value", "")
        elif element.tag == "textarea":
            shown[name] = (element.text or "").removeprefix("\n")
        elif element.tag == "select":
            chosen = [each for each in element.iter("option") if "selected" in each.attrib]
            shown[name] = chosen[0].attrib["value"] if chosen else ""
    assert set(shown) == {*FORM, "version"}
    assert client.post(f"/items/{item.key}/edit/", shown).status_code == 302
    after = again(item)
    assert after.version == 1, Change.objects.filter(item_id=item.pk).latest("id").fields
    shown["title"] = "Renamed"
    assert client.post(f"/items/{item.key}/edit/", shown).status_code == 302
    row = Change.objects.filter(item_id=item.pk).latest("id")
    assert list(row.fields) == ["title"]


def test_a_day_entered_on_a_page_is_meant_in_the_persons_zone(cast: Cast) -> None:
    cast.owner.time_zone = "Pacific/Auckland"
    cast.owner.save()
    cast.client("owner").post("/p/ATLAS/items/new/", {**FORM, "due_at": "2026-01-15T08:00"})
    assert Item.objects.get().due_at == datetime(2026, 1, 14, 19, tzinfo=UTC)
    assert "2026-01-15T08:00" in cast.client("owner").get("/items/ATLAS-1/edit/").content.decode()


def test_an_instant_out_of_reach_is_said_at_its_field(cast: Cast) -> None:
    days = ["0001-01-01", "9999-12-31", "1969-01-01", "2026-02-30"]
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        cast.owner.time_zone = zone
        cast.owner.save()
        for due in [*(f"{day}T12:00" for day in days), "x"]:
            answer = cast.client("owner").post("/p/ATLAS/items/new/", {**FORM, "due_at": due})
            assert answer.status_code == 422
            assert "due_at_error" in answer.content.decode()
            assert 'value="From a form"' in answer.content.decode()
    assert Item.objects.count() == 0


# --- Rules, by property -------------------------------------------------------------------------


@given(st.floats(allow_nan=True, allow_infinity=True) | st.none())
def test_effort_is_finite_and_bounded_or_refused(value: float | None) -> None:
    if value is None or 0 <= value <= 100_000:
        assert items.clean({"effort": value})["effort"] == value
    else:
        with pytest.raises(Invalid) as refused:
            items.clean({"effort": value})
        assert "effort" in refused.value.fields


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        items.clean(
            {
                "title": "",
                "description": "x" * 50_001,
                "kind": "x",
                "horizon": "x",
                "severity": 9,
                "effort": -1,
                "due_at": datetime(1950, 1, 1, tzinfo=UTC),
            }
        )
    assert set(refused.value.fields) == {
        "title",
        "description",
        "kind",
        "horizon",
        "severity",
        "effort",
        "due_at",
    }


def test_a_summary_follows_every_edit_without_touching_the_version(cast: Cast) -> None:
    due = timezone.now() + timedelta(days=3)
    item = make(cast, queue=queue(cast.a, "stability"))
    assert again(item).summary.queue_kind == "stability"
    items.edit_item(actor=cast.actor("owner"), item=item, values={"due_at": due}, version=1)
    after = again(item)
    assert after.summary.due_order == due
    assert after.version == 2
    with pytest.raises(Stale):
        items.edit_item(actor=cast.actor("owner"), item=item, values={"due_at": None}, version=1)
