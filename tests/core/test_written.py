"""What was written into a form that was not taken comes back, and nothing else of it."""

import pytest
from django.test import RequestFactory

from backlog.models import Comment
from core.written import came_from, written
from tests.backlog.making import make
from tests.cast import PASSWORD, Cast

WORDS = "Two wards lost\ntheir completions."
FROM = "http://testserver/items/ATLAS-1/"
FRAGMENT = {"HX-Request": "true", "HX-Current-URL": FROM}


def test_texts_come_back_and_choices_and_secrets_do_not() -> None:
    request = RequestFactory().post(
        "/",
        {
            "queue": "hotfix", "body": ["first one", "second one"], "password": "a long secret",
            "new_password1": "another one here", "payload": '{"a": 1, "b": 2}', "empty": "",
        },
    )  # fmt: skip
    assert written(request) == ["first one", "second one"]
    assert written(RequestFactory().get("/", {"body": WORDS})) == []


@pytest.mark.parametrize(
    ("referer", "path"),
    [
        (FROM, "/items/ATLAS-1/"),
        ("http://testserver/p/A/?x=1#y", "/p/A/?x=1"),
        ("https://evil.example/items/ATLAS-1/", ""),
        ("", ""),
    ],
)
def test_where_a_form_was_sent_from(referer: str, path: str) -> None:
    assert came_from(RequestFactory().post("/", headers={"Referer": referer})) == path


def test_a_page_that_was_loaded_again_leads_nowhere() -> None:
    headers = {"Referer": "http://testserver/p/A/?x=1"}
    assert came_from(RequestFactory().get("/p/A/?x=1", headers=headers)) == ""
    assert came_from(RequestFactory().get("/p/A/?x=2", headers=headers)) == "/p/A/?x=1"


def test_a_refused_form_gives_back_what_was_written_and_the_way_back(cast: Cast) -> None:
    item = make(cast)
    words = "much <too> long " * 2000
    answer = cast.client("owner").post(
        f"/items/{item.key}/comments/", {"body": words}, headers={"Referer": FROM}
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "much &lt;too&gt; long" in page
    assert 'href="/items/ATLAS-1/"' in page


def test_a_session_that_ended_while_somebody_wrote_loses_nothing(cast: Cast) -> None:
    item = make(cast)
    address = f"/items/{item.key}/comments/"
    answer = cast.client("anonymous").post(address, {"body": WORDS}, headers={"Referer": FROM})
    assert answer.status_code == 401
    page = answer.content.decode()
    assert WORDS in page
    assert "/sign-in/?next=%2Fitems%2FATLAS-1%2F" in page  # not the address that takes only a POST
    fragment = cast.client("anonymous").post(address, {"body": WORDS}, headers=FRAGMENT)
    assert (fragment.status_code, fragment["Ballast-Status"]) == (422, "401")
    assert fragment["HX-Retarget"] == "#toasts"
    assert "HX-Redirect" not in fragment
    assert not Comment.objects.exists()


def test_a_form_without_words_leads_to_sign_in_and_back_to_its_page(cast: Cast) -> None:
    item = make(cast)
    answer = cast.client("anonymous").post(
        f"/items/{item.key}/state/", {"state": "done"}, headers={"Referer": FROM}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/?next=%2Fitems%2FATLAS-1%2F")


def test_a_form_of_an_older_session_gives_back_what_was_written_but_no_secret(cast: Cast) -> None:
    item = make(cast)
    client = cast.client("owner", csrf=True)
    answer = client.post(
        f"/items/{item.key}/comments/",
        {"body": WORDS, "password": f"{PASSWORD} and more"},
        headers={"Referer": FROM},
    )
    assert answer.status_code == 403
    page = answer.content.decode()
    assert WORDS in page
    assert PASSWORD not in page
    assert 'href="/items/ATLAS-1/"' in page
    fragment = client.post(f"/items/{item.key}/comments/", {"body": WORDS}, headers=FRAGMENT)
    assert (fragment.status_code, fragment["Ballast-Status"]) == (422, "403")
    assert fragment["HX-Retarget"] == "#toasts"
