"""The real server on a free port with its own SQLite file, filled by ``seed.py``, and the API as its tests ask it."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parents[2]


class Server:
    """Runs from the first test that asks for it to the end of the session."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        self._environment = environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "DATABASE_URL": f"sqlite:///{folder / 'browser.sqlite3'}",
            "BALLAST_VAR": str(folder / "var"),
            "REDIS_URL": "",
        }
        (folder / "var").mkdir()
        seed = [sys.executable, "-m", "tests.browser.seed", str(folder / "seed.json")]
        subprocess.run(seed, cwd=ROOT, env=environment, check=True, timeout=120)
        self.seed: dict[str, Any] = json.loads((folder / "seed.json").read_text())
        self._process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "config.wsgi", "-b", f"127.0.0.1:{self.port}",
             "-w", "1", "--threads", "6", "--log-level", "warning"],
            cwd=ROOT, env=environment, stdout=self.log.open("wb"), stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._rooms = iter(range(1, self.seed["rooms"] + 1))
        self._sessions: dict[str, list[dict[str, Any]]] = {}
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if self._process.poll() is not None:
                break
            try:
                if requests.get(f"{self.url}/healthz", timeout=5).status_code == 200:
                    return
            except requests.RequestException:  # not yet there, or loading its first page
                time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"The server did not start: {self.log.read_text()[-2000:]}")

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def sweep(self) -> None:
        """What the worker does each minute: go on with imports that wait."""
        code = "import django; django.setup(); from integrations.jobs.imports import sweep; sweep()"
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=self._environment, check=True, timeout=120
        )

    def room(self) -> str:
        """The key of a product that no other test has."""
        return f"R{next(self._rooms):02}"

    def cookies(self, name: str) -> list[dict[str, Any]]:
        """The cookies of a signed-in person, for a browser's context. Signs in once."""
        if name not in self._sessions:
            with requests.Session() as client:
                form = client.get(f"{self.url}/sign-in/", timeout=30).text
                token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
                assert token
                answer = client.post(
                    f"{self.url}/sign-in/",
                    data={
                        "csrfmiddlewaretoken": token[1], "email": f"{name}@example.org",
                        "password": self.seed["password"],
                    },
                    allow_redirects=False, timeout=30,
                )  # fmt: skip
                assert answer.status_code == 302, answer.text
                self._sessions[name] = [
                    {"name": each.name, "value": each.value or "", "url": self.url}
                    for each in client.cookies
                ]
        return self._sessions[name]

    def api(self, name: str = "ada") -> Api:
        return Api(self.url, self.seed["secrets"][name])


class Api:
    """The API with one person's token. What it is told goes in, or the test fails."""

    def __init__(self, url: str, secret: str) -> None:
        self.url = f"{url}/api/v1/"
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {secret}"

    def _ask(self, method: str, path: str, version: int | None = None, **how: Any) -> Any:
        headers = {} if version is None else {"If-Match": f'"{version}"'}
        answer = self.session.request(method, self.url + path, headers=headers, timeout=30, **how)
        assert answer.status_code < 300, f"{answer.status_code}: {answer.text}"
        return answer.json() if answer.content else None

    def get(self, path: str, **query: Any) -> Any:
        return self._ask("GET", path, params=query)

    def post(self, path: str, version: int | None = None, **body: Any) -> Any:
        return self._ask("POST", path, version, json=body)

    def add(self, product: str, title: str, **more: Any) -> str:
        """A new item in triage; accepted when ``queue`` is given, and then brought to ``state``. Its key."""
        queue, state = more.pop("queue", None), more.pop("state", None)
        made = self.post("items/", product=product, title=title, **more)
        key: str = made["key"]
        if queue:
            made = self.post(f"items/{key}/accept/", made["version"], queue=queue)
        if state:
            self.post(f"items/{key}/state/", made["version"], state=state)
        return key

    def edit(self, key: str, **values: Any) -> Any:
        return self._ask("PATCH", f"items/{key}/", self.item(key)["version"], json=values)

    def item(self, key: str) -> Any:
        return self.get(f"items/{key}/")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
