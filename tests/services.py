"""Run a command with PostgreSQL and Redis: `python tests/services.py pytest …`.

Takes DATABASE_URL and REDIS_URL, else the servers on this machine's standard ports. Says plainly
which of them does not answer and ends with 1. Without a command it only asks.
"""

import os
import sys

import psycopg2
import redis

DATABASE_URL = "postgres://postgres@127.0.0.1:5432/postgres"
REDIS_URL = "redis://127.0.0.1:6379/9"


def missing(database_url: str, redis_url: str) -> list[str]:
    """One sentence for each service that does not answer within three seconds."""
    sentences = []
    try:
        psycopg2.connect(database_url, connect_timeout=3).close()
    except psycopg2.Error as error:
        reason = str(error).strip().splitlines()[0]
        sentences.append(
            f"PostgreSQL does not answer at {without_password(database_url)} ({reason})."
            " Start it or set DATABASE_URL."
        )
    try:
        with redis.from_url(redis_url, socket_connect_timeout=3, socket_timeout=3) as server:
            server.ping()
    except (redis.RedisError, ValueError) as error:
        sentences.append(
            f"Redis does not answer at {without_password(redis_url)} ({error})."
            " Start it or set REDIS_URL."
        )
    return sentences


def without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    user, at, place = rest.rpartition("@")
    return f"{scheme}://{user.partition(':')[0]}{at}{place}"


def main(command: list[str]) -> int:
    environment = {"DATABASE_URL": DATABASE_URL, "REDIS_URL": REDIS_URL, **os.environ}
    sentences = missing(environment["DATABASE_URL"], environment["REDIS_URL"])
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    if sentences:
        return 1
    if command:
        os.execvpe(command[0], command, environment)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
