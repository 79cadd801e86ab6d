import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import path

from tests.append_only import guards_lifted

ran: list[str] = []


def leaves_work_for_after_commit(request):  # type: ignore[no-untyped-def]
    from django.http import HttpResponse

    transaction.on_commit(lambda: ran.append("after commit"))
    ran.append("view")
    return HttpResponse()


urlpatterns = [path("work", leaves_work_for_after_commit)]


@pytest.mark.django_db
@pytest.mark.urls("tests.ground.test_isolation")
def test_the_client_runs_what_a_request_left_for_after_its_commit(client: Client) -> None:
    ran.clear()
    client.get("/work")
    assert ran == ["view", "after commit"]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="TRUNCATE needs no lifting")
@pytest.mark.django_db
def test_guards_are_lifted_for_the_block_only() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept (a)")
        cursor.execute("INSERT INTO kept VALUES (1), (2)")
        cursor.execute(
            "CREATE TRIGGER kept_stays BEFORE DELETE ON kept"
            " BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        )
        with guards_lifted():
            cursor.execute("DELETE FROM kept WHERE a = 1")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute("DELETE FROM kept")
        cursor.execute("SELECT a FROM kept")
        assert cursor.fetchall() == [(2,)]


@pytest.mark.parametrize("turn", [1, 2])
def test_cache_and_files_begin_empty(turn: int) -> None:
    assert cache.get("left") is None
    assert not default_storage.exists("left.txt")
    cache.set("left", turn)
    default_storage.save("left.txt", ContentFile(b"x"))
