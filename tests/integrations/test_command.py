"""``manage.py import_items``."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import Membership, Product
from backlog.models import Item
from integrations.models import ImportRun
from tests.cast import Cast, make_person
from tests.integrations.exports import ISSUES, THIRD, jira, table


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "export.csv"
    path.write_bytes(jira(*ISSUES, {**THIRD, "Issue key": "AT-7", "Summary": ""}))
    return path


def run(*args: Any, **options: Any) -> tuple[dict[str, int], str]:
    """The JSON of the last line, and everything before it."""
    out = io.StringIO()
    call_command("import_items", *map(str, args), stdout=out, **options)
    *lines, last = out.getvalue().strip().split("\n")
    return json.loads(last), "\n".join(lines)


def test_it_makes_the_product_and_ends_with_the_counts(db: None, export: Path) -> None:
    counts, said = run(export, product="new")
    assert counts == {
        "rows": 4,
        "created": 3,
        "updated": 0,
        "unchanged": 0,
        "skipped": 1,
        "errors": 0,
    }
    assert "Made the product NEW. Nobody can open it: " in said
    assert "row 5 AT-7 skipped: no title" in said
    product = Product.objects.get(key="NEW")
    items = Item.objects.filter(product=product)
    assert items.count() == 3
    assert not items.filter(summary__is_open=True, summary__priority=None).exists()
    again, _ = run(export, product="NEW")
    assert (again["created"], again["unchanged"]) == (0, 3)


def test_whoever_may_add_products_can_open_the_new_one(sound: None, export: Path) -> None:
    boss = make_person("boss", is_staff=True)
    make_person("guest")
    _, said = run(export, product="new")
    assert "Made the product NEW. Boss can open it." in said
    members = Membership.objects.filter(product__key="NEW").values_list("user", "role")
    assert list(members) == [(boss.pk, "administrator")]


def test_a_dry_run_writes_nothing(db: None, export: Path, settings: Settings) -> None:
    counts, said = run(export, product="NEW", dry_run=True)
    assert counts["created"] == 3
    assert "row 5 AT-7 skipped: no title" in said
    assert not Product.objects.exists()
    assert not ImportRun.objects.exists()
    assert not (Path(settings.MEDIA_ROOT) / "imports").exists()


def test_a_dry_run_knows_what_is_there(cast: Cast, export: Path) -> None:
    run(export, product=cast.a.key)
    counts, _ = run(export, product=cast.a.key, dry_run=True)
    assert (counts["created"], counts["unchanged"], counts["skipped"]) == (0, 3, 1)


def test_parts_of_the_mapping_can_be_given(db: None, export: Path, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.json"
    mapping.write_text('{"kinds": {"default": "module"}, "ratings": null}')
    run(export, product="NEW", mapping=mapping)
    assert set(Item.objects.values_list("kind", flat=True)) == {"module"}
    assert not Item.objects.filter(ratings__isnull=False).exists()


def test_the_delimiter_can_be_given(db: None, tmp_path: Path) -> None:
    path, mapping = tmp_path / "a.csv", tmp_path / "mapping.json"
    path.write_text("Title~Status\nx,y~Done\n")
    mapping.write_text('{"delimiter": "~"}')
    run(path, product="NEW", mapping=mapping)
    assert [(each.title, each.state) for each in Item.objects.all()] == [("x,y", "done")]


@pytest.mark.parametrize(
    ("content", "options", "says"),
    [
        (None, {"product": "NEW"}, "No such file"),
        (b"", {"product": "NEW"}, "empty"),
        (b"PK\x03\x04", {"product": "NEW"}, "Excel"),
        (b"<html>", {"product": "NEW"}, "web page"),
        (table(["Title"], ["x"]), {"product": "not a key"}, "2 to 10 capital letters"),
        (table(["Title"], ["x"]), {"product": "NEW", "mapping": "{"}, "is no JSON"),
        (
            table(["Title"], ["x"]),
            {"product": "NEW", "mapping": '{"kind": "x"}'},
            "'kind' has to be",
        ),
        (table(["Title"], ["x"]), {"product": "NEW", "mapping": "[]"}, "has to be an object"),
    ],
)
def test_what_cannot_be_done_ends_with_a_sentence(
    db: None, tmp_path: Path, content: bytes | None, options: dict[str, Any], says: str
) -> None:
    path = tmp_path / "file.csv"
    if content is not None:
        path.write_bytes(content)
    if "mapping" in options:
        mapping = tmp_path / "mapping.json"
        mapping.write_text(options["mapping"])
        options = {**options, "mapping": mapping}
    with pytest.raises(CommandError, match=says):
        run(path, **options)
    assert not Product.objects.exists()
    assert not Item.objects.exists()
