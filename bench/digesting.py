"""Digests in processes of their own. `python -m bench.digesting people N | sweep | post PORT`. Prints JSON.

people: N readers of the product BIG in four time zones, all due now, with 200 changes to be told of. sweep: one worker
until nothing is due. post: a mail server that takes everything and says at its end how many mails it took.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from datetime import timedelta
from typing import Any

import django

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "UTC")
NEWS = 200


def people(count: int) -> dict[str, Any]:
    """Every tenth reader has seen the first half of the news already; every fifth owns an item that is due."""
    from django.utils import timezone

    from accounts.actors import Actor, Via
    from accounts.models import Membership, Product, User
    from accounts.roles import Role
    from backlog.jobs.seals import seal_product
    from backlog.models import ChainHead, Item
    from backlog.services import changes
    from insights.models import DigestPreference

    now = timezone.now()
    product = Product.objects.get(key="BIG")
    users = User.objects.bulk_create(
        User(email=f"reader{n}@example.com", name=f"Reader {n}", time_zone=ZONES[n % 4])
        for n in range(count)
    )
    Membership.objects.bulk_create(
        Membership(product=product, user=user, role=Role.CONTRIBUTOR) for user in users
    )
    seal_product(product.pk)
    head = ChainHead.objects.get(product=product)
    items = list(Item.objects.filter(product=product).order_by("-pk")[: max(NEWS, count // 5)])
    states = [("accepted", "in_progress"), ("in_progress", "in_review"), ("in_review", "done")]
    changes.record(
        actor=Actor(users[0], Via.PAGE),
        product=product,
        entries=[
            changes.Entry("item.edited", item, item, {"state": states[n % 3]}, reason="As planned")
            for n, item in enumerate(items[:NEWS])
        ],
        now=now,
    )
    for n, item in enumerate(items):
        item.state, item.owner, item.due_at = "accepted", users[5 * n % count], now
        item.due_at += timedelta(hours=n % 72 - 24)
    Item.objects.bulk_update(items, ["state", "owner", "due_at"], batch_size=500)
    DigestPreference.objects.bulk_create(
        DigestPreference(
            product=product,
            user=user,
            cadence="daily",
            hour=8,
            zone=user.time_zone,
            next_on=now.date(),
            next_at=now - timedelta(minutes=1),
            covered_until=now - timedelta(days=1),
            covered_through=head.position + (NEWS // 2 if n % 10 == 0 else 0),
        )
        for n, user in enumerate(users)
    )
    return {"readers": count}


def sweep() -> dict[str, Any]:
    """As the worker's task does, again and again: one sweep ends after some minutes."""
    from django.utils import timezone

    from insights.jobs import digests

    now = timezone.now()
    began = time.perf_counter()
    found = digests.Tally()
    while True:
        tally = digests.sweep(now=now)
        if tally == digests.Tally():
            break
        for name, number in vars(tally).items():
            setattr(found, name, getattr(found, name) + number)
    return {
        **vars(found),
        "seconds": time.perf_counter() - began,
        "processor": time.process_time(),
    }


async def post(port: int) -> None:
    """Enough of SMTP for Python's client."""
    taken = 0
    bytes_taken = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken, bytes_taken
        writer.write(b"220 bench\r\n")
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                said = (await reader.readuntil(b"\r\n"))[:4].upper()
                if said == b"DATA":
                    writer.write(b"354 go on\r\n")
                    bytes_taken += len(await reader.readuntil(b"\r\n.\r\n"))
                    taken += 1
                writer.write(b"221 bye\r\n" if said == b"QUIT" else b"250 ok\r\n")
                await writer.drain()
                if said == b"QUIT":
                    break
        writer.close()

    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    server = await asyncio.start_server(serve, "127.0.0.1", port, limit=1 << 24)
    print("ready", flush=True)
    await over.wait()
    server.close()
    print(json.dumps({"taken": taken, "bytes": bytes_taken}))


def main() -> None:
    if sys.argv[1] == "post":
        asyncio.run(post(int(sys.argv[2])))
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
    django.setup()
    print(json.dumps(people(int(sys.argv[2])) if sys.argv[1] == "people" else sweep()))


if __name__ == "__main__":
    main()
