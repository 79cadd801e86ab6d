"""The six people of the example data: one for each role. Domain and password stand in ``accounts.demo``."""

from __future__ import annotations

from dataclasses import dataclass

from accounts import demo
from accounts.roles import Role


@dataclass(frozen=True)
class Person:
    """``key`` is how the other modules name them, and the local part of their address."""

    key: str
    name: str
    role: str
    time_zone: str
    does: str
    is_staff: bool = False

    @property
    def email(self) -> str:
        return f"{self.key}@{demo.DOMAIN}"


PEOPLE = (
    Person(
        "ingrid",
        "Ingrid Halvorsen",
        Role.ADMINISTRATOR,
        "Europe/Oslo",
        "leads engineering and looks after the installation",
        is_staff=True,
    ),
    Person("amara", "Amara Okafor", Role.PRODUCT_OWNER, "Europe/London", "owns the product"),
    Person("tomas", "Tomás Ferreira", Role.CONTRIBUTOR, "Europe/Lisbon", "writes and directs"),
    Person(
        "camille",
        "Camille Desrosiers",
        Role.REVIEWER,
        "America/Toronto",
        "reviews for law, safety and accuracy",
    ),
    Person("henrik", "Henrik Aalto", Role.LEADERSHIP, "Europe/Helsinki", "runs the studio"),
    Person("priya", "Priya Raman", Role.VIEWER, "Asia/Kolkata", "looks after customers"),
)
