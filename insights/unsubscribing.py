"""The secret of an unsubscribe link: 256 bits derived from the server's key and the preference's salt.

Nothing is stored that would let a reader of the database unsubscribe anybody. A change of ``SECRET_KEY`` keeps links
alive as long as the old key stands in ``SECRET_KEY_FALLBACKS``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from django.conf import settings

from insights.models import DigestPreference


def token_of(preference: DigestPreference) -> str:
    """What the link carries: ``<id>-<43 characters>``."""
    return f"{preference.pk}-{_code(preference, settings.SECRET_KEY)}"


def preference_behind(token: str) -> DigestPreference | None:
    """The preference that a link's token speaks of; None for anything else. One query."""
    pk, _, code = token.partition("-")
    if not pk.isdecimal() or not pk.isascii() or len(pk) > 18 or not code.isascii():
        return None
    found = DigestPreference.objects.select_related("product", "user").filter(pk=int(pk)).first()
    if found is None:
        return None
    keys = [str(settings.SECRET_KEY), *map(str, settings.SECRET_KEY_FALLBACKS)]
    return found if any(hmac.compare_digest(_code(found, key), code) for key in keys) else None


def _code(preference: DigestPreference, key: str) -> str:
    pepper = hashlib.sha256(b"ballast digest unsubscribe" + key.encode()).digest()
    mac = hmac.new(pepper, f"{preference.pk} {preference.salt}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")
