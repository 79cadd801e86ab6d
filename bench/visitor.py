"""Who asks: a token and a session on a filled database, and what there is to ask for. Prints JSON."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import django


def visitor(key: str) -> dict[str, Any]:
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.db import connection
    from django.utils.crypto import get_random_string

    from accounts.actors import Actor
    from accounts.models import Product, User
    from accounts.services import tokens
    from accounts.sessions import SessionStore
    from backlog.models import Item, ItemSummary

    user = User.objects.get(email="person0@example.com")
    product = Product.objects.get(key=key)
    _, token = tokens.create_token(
        actor=Actor.system(), user=user, name="bench", scope="write", days=30
    )
    session = SessionStore()
    session.update(
        {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: user.get_session_auth_hash(),
            "signed_in_at": time.time(),
            "seen_at": time.time(),
        }
    )
    session.create()
    csrf = get_random_string(32)
    bare_token = get_random_string(40, "0123456789abcdef")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM authtoken_token WHERE user_id = %s", [user.pk])
        cursor.execute(
            "INSERT INTO authtoken_token (key, created, user_id) VALUES (%s, now(), %s)",
            [bare_token, user.pk],
        )
    open_ones = ItemSummary.objects.filter(product=product, queue_kind="enhancement", is_open=True)
    busy = list(
        open_ones.order_by("order_score", "item_id").values_list("item__number", flat=True)[:20]
    )
    waiting = Item.objects.filter(product=product, state="triage").order_by("created_at", "pk")
    words = Item.objects.filter(product=product, number__lte=60).order_by("number")
    return {
        "product": product.pk,
        "token": token,
        "bare_token": bare_token,
        "cookie": f"{settings.SESSION_COOKIE_NAME}={session.session_key}; {settings.CSRF_COOKIE_NAME}={csrf}",
        "csrf": csrf,
        "busy": busy,
        "waiting": list(waiting.values_list("number", flat=True)[:2000]),
        # two words of a text that exists, so that each search finds something
        "searches": [
            " ".join(description.split()[3:9:5])
            for description in words.values_list("description", flat=True)
        ],
    }


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
    django.setup()
    print(json.dumps(visitor(sys.argv[1])))


if __name__ == "__main__":
    main()
