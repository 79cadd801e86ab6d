import pytest
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer


@pytest.mark.django_db
def test_the_document_is_openapi_3_and_open_to_read(client: Client) -> None:
    response = client.get("/api/v1/schema", {"format": "json"})
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("application/vnd.oai.openapi")
    assert response.json()["openapi"].startswith("3.")
    assert client.get("/api/v1/schema").content.startswith(b"openapi: 3.")


@pytest.mark.django_db(transaction=True)
def test_the_page_shows_it_under_the_strict_policy(page: Page, live_server: LiveServer) -> None:
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{live_server.url}/api/v1/docs")
    expect(page.get_by_role("heading", name="Ballast API")).to_be_visible()
    assert complaints == []
