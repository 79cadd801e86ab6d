"""Who may sign in with a password."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from accounts import demo
from accounts.models import User


class PasswordBackend(BaseBackend):
    """Address and password. A wrong address costs the same hashing as a wrong password."""

    def authenticate(
        self, request: HttpRequest | None, email: str = "", password: str = "", **_: Any
    ) -> User | None:
        try:
            user = User.objects.get_by_natural_key(email)
        except User.DoesNotExist:
            User().set_password(password)
            return None
        fits = user.check_password(password)
        return user if fits and _may_come_in(user) else None

    def get_user(self, user_id: int) -> User | None:
        user = User.objects.filter(pk=user_id).first()
        return user if user is not None and _may_come_in(user) else None


def _may_come_in(user: User) -> bool:
    return user.is_active and not demo.is_locked_out(user)
