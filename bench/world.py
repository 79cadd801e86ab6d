"""Where a run happens: its databases, its folder, the environment of what it starts."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import redis

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "ballast_bench"


class Missing(Exception):
    """Something that a run needs is not there; the sentence says what to do."""


@dataclass
class World:
    """One run. ``server``: address of a PostgreSQL database in which databases may be made."""

    server: str
    redis_url: str
    folder: Path
    secret_key: str
    keep: bool = False

    @classmethod
    def open(cls, *, keep: bool) -> World:
        """Asks PostgreSQL and Redis before anything is built. Raises Missing."""
        server = os.environ.get("DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
        if not server.startswith(("postgres://", "postgresql://")):
            raise Missing(
                "DATABASE_URL is not PostgreSQL. The floors need it: set postgres://user@host:5432/postgres."
            )
        redis_url = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/9")
        try:
            psycopg2.connect(server, connect_timeout=3).close()
        except psycopg2.Error as error:
            reason = str(error).strip().splitlines()[0]
            raise Missing(
                f"PostgreSQL does not answer ({reason}). Start it, or set DATABASE_URL to a server where this"
                " user may create databases."
            ) from error
        try:
            with redis.from_url(redis_url, socket_connect_timeout=3) as client:
                client.ping()
        except redis.RedisError as error:
            raise Missing(
                f"Redis does not answer ({error}). Start it, or set REDIS_URL."
            ) from error
        folder = Path(tempfile.gettempdir()) / f"{PREFIX}-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        return cls(server, redis_url, folder, secrets.token_urlsafe(60), keep)

    def database_url(self, name: str) -> str:
        return urlunsplit(urlsplit(self.server)._replace(path=f"/{name}"))

    def connect(self, name: str) -> Any:
        """An autocommitting connection to one of our databases."""
        connection = psycopg2.connect(self.database_url(name))
        connection.autocommit = True
        return connection

    def has_database(self, name: str) -> bool:
        with psycopg2.connect(self.server) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            return cursor.fetchone() is not None

    def create_database(self, name: str) -> None:
        self.drop_database(name)
        self.administer(f'CREATE DATABASE "{name}"')

    def drop_database(self, name: str) -> None:
        if not name.startswith(PREFIX):
            raise ValueError(f"{name} is not ours to drop")
        self.administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def rename_database(self, old: str, new: str) -> None:
        self.administer(f'ALTER DATABASE "{old}" RENAME TO "{new}"')

    def forget(self, what: str) -> None:
        """Take what the cache holds under keys with these words."""
        with redis.from_url(self.redis_url) as client:
            for key in client.scan_iter(f"*{what}*", count=1000):
                client.delete(key)

    def administer(self, statement: str) -> None:
        connection = psycopg2.connect(self.server)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
        finally:
            connection.close()

    def environment(
        self, database_url: str, settings: str = "config.settings.production"
    ) -> dict[str, str]:
        """Production settings on loopback: without TLS, all else as shipped."""
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": settings,
            "DATABASE_URL": database_url,
            "REDIS_URL": self.redis_url,
            "SECRET_KEY": self.secret_key,
            "SITE_URL": "https://ballast.bench.invalid",
            "ALLOWED_HOSTS": "127.0.0.1",
            "EMAIL_URL": "dummymail://",
            "SECURE_SSL_REDIRECT": "false",
            "BALLAST_VAR": str(self.folder / "var"),
            "BALLAST_STATIC_ROOT": str(self.folder / "static"),
            "BALLAST_STATEMENT_TIMEOUT_MS": "120000",
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def run(
        self, arguments: list[str], database_url: str, settings: str = "config.settings.production"
    ) -> str:
        """Run one of our programs to its end; its output. An error of it ends the run with its last lines."""
        done = subprocess.run(
            [sys.executable, *arguments],
            env=self.environment(database_url, settings),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(
                f"{' '.join(arguments)} failed:\n{done.stderr[-4000:] or done.stdout[-4000:]}"
            )
        return done.stdout
