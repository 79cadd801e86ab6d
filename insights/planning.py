"""When a preference's next digest is due. Reads and sets fields; saves nothing."""

from __future__ import annotations

from datetime import datetime

from insights.cadence import Schedule, Slot, next_slot, period, slot_following, zone_named
from insights.models import DigestPreference
from insights.vocabulary import Cadence


def schedule_of(preference: DigestPreference) -> Schedule:
    """Its schedule, on the clocks of the zone that it was planned for."""
    return Schedule(
        zone_named(preference.zone), preference.cadence, preference.hour, preference.weekday
    )


def planned(preference: DigestPreference) -> Slot | None:
    """The slot that stands on the row."""
    if preference.next_on is None or preference.next_at is None:
        return None
    return Slot(preference.next_on, preference.next_at)


def plan(preference: DigestPreference, slot: Slot | None) -> None:
    """Put a slot on the row."""
    preference.next_on = slot.day if slot else None
    preference.next_at = slot.at if slot else None


def plan_anew(preference: DigestPreference, *, now: datetime, had: set[str]) -> None:
    """After its person changed it: the first slot later than ``now`` whose period is not in ``had`` already."""
    if preference.cadence == Cadence.OFF:
        plan(preference, None)
        return
    schedule = schedule_of(preference)
    slot = next_slot(schedule, now)
    while period(schedule.cadence, slot.day) in had:
        slot = slot_following(schedule, slot.day)
    plan(preference, slot)


def plan_for_zone(preference: DigestPreference, zone: str, *, now: datetime) -> None:
    """After its person moved to another zone: the period after the last one, so that no local day is left out."""
    preference.zone = zone
    schedule = schedule_of(preference)
    if preference.last_on is None:
        plan(preference, next_slot(schedule, now))
    else:
        plan(preference, slot_following(schedule, preference.last_on))
