"""Digests go out once per person and period, say everything once, and lose nothing when something fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage as Parsed
from email.parser import BytesParser
from email.policy import default
from typing import Any

import pytest
import time_machine
from django.core import mail
from pytest_django import Settings

from accounts.models import DecisionRight, Membership, User
from accounts.services import people
from backlog.jobs.seals import seal_all
from backlog.models import Change
from backlog.services import comments, items, members, products, states
from insights.digest import shared
from insights.jobs import digests
from insights.jobs.checks import findings
from insights.jobs.delivery import Tally
from insights.models import Digest, DigestPreference
from insights.selectors.news import product_news
from insights.services import preferences
from scoring.services import adjustments
from tests.insights import outbox
from tests.insights.scene import NOW, Scene

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def quiet_server(settings: Settings) -> Iterator[None]:
    settings.EMAIL_BACKEND = "tests.insights.outbox.Scripted"
    outbox.SCRIPT.clear()
    outbox.AWAY.clear()
    yield
    outbox.SCRIPT.clear()
    outbox.AWAY.clear()


@pytest.fixture(autouse=True)
def sound_rows(db: None) -> Iterator[None]:
    yield
    assert list(findings()) == []


def wish(
    scene: Scene, name: str, *, cadence: str = "daily", hour: int = 8, **more: Any
) -> DigestPreference:
    """As of NOW, a Monday at nine in UTC."""
    values = {"cadence": cadence, "hour": hour, "weekday": 0, "now": NOW, **more}
    return preferences.set_preference(actor=scene.cast.actor(name), product=scene.product, **values)


def sweep_at(moment: datetime) -> Tally:
    """A sweep with every clock at ``moment``."""
    with time_machine.travel(moment, tick=False):
        return digests.sweep()


def happens(scene: Scene, title: str, at: datetime) -> None:
    """Something that the next digest has to tell."""
    with time_machine.travel(at, tick=False):
        items.create_item(actor=scene.actor, product=scene.product, draft=items.Draft(title=title))


def receivers() -> list[str]:
    return sorted(message.to[0].split("@")[0] for message in mail.outbox)


def parsed(message: Any) -> Parsed:
    found = BytesParser(policy=default).parsebytes(message.message().as_bytes())
    assert isinstance(found, Parsed)
    return found


TUESDAY, WEDNESDAY, THURSDAY = (NOW + DAY * n - timedelta(hours=1) for n in (1, 2, 3))


# --- Once ------------------------------------------------------------------------------------------


def test_a_digest_comes_at_its_hour_once(scene: Scene) -> None:
    wish(scene, "viewer")
    happens(scene, "Captions drift", NOW + timedelta(hours=2))
    assert sweep_at(TUESDAY - timedelta(minutes=1)).sent == 0
    assert sweep_at(TUESDAY).sent == 1
    assert sweep_at(TUESDAY).sent == 0
    assert sweep_at(TUESDAY + timedelta(hours=23)).sent == 0
    assert receivers() == ["viewer"]
    digest = Digest.objects.get()
    assert (digest.state, digest.period, digest.sent_at) == ("sent", "2026-03-17", TUESDAY)
    assert (digest.window_from, digest.window_to) == (NOW, TUESDAY)


def test_it_comes_on_the_readers_own_clock_and_their_weekday(scene: Scene) -> None:
    User.objects.filter(pk=scene.cast.viewer.pk).update(time_zone="Asia/Kathmandu")
    scene.cast.viewer.refresh_from_db()
    wish(scene, "viewer", cadence="weekly", hour=7, weekday=2)
    scene.item("Captions", created=0)
    seven = datetime.fromisoformat("2026-03-18T07:00+05:45")
    assert sweep_at(seven - timedelta(minutes=1)).sent == 0
    assert sweep_at(seven).sent == 1
    assert Digest.objects.get().period == "2026-W12"
    assert "From Mon 16 Mar, 14:45 to Wed 18 Mar, 07:00." in mail.outbox[0].body


def test_after_a_standstill_one_digest_catches_up(scene: Scene) -> None:
    wish(scene, "viewer")
    happens(scene, "First", NOW + timedelta(hours=2))
    happens(scene, "Second", NOW + timedelta(days=4))
    assert sweep_at(NOW + timedelta(days=5)).sent == 1
    assert sweep_at(NOW + timedelta(days=5)).sent == 0
    assert "First" in mail.outbox[0].body
    assert "Second" in mail.outbox[0].body
    assert Digest.objects.get().period == "2026-03-21"


def test_windows_follow_each_other_without_gap_and_tell_everything_once(scene: Scene) -> None:
    wish(scene, "viewer")
    for at, title in (
        (NOW + timedelta(hours=1), "Alpha"),
        (TUESDAY, "Beta"),
        (WEDNESDAY - timedelta(seconds=1), "Gamma"),
    ):
        happens(scene, title, at)
        sweep_at(TUESDAY if at <= TUESDAY else WEDNESDAY)
    sweep_at(TUESDAY)
    sweep_at(WEDNESDAY)
    rows = list(Digest.objects.order_by("period"))
    assert [row.window_to for row in rows[:-1]] == [row.window_from for row in rows[1:]]
    assert [row.through for row in rows[:-1]] == [row.after for row in rows[1:]]
    bodies = [message.body for message in mail.outbox]
    for title in ("Alpha", "Beta", "Gamma"):
        told = [
            title in body[body.index("WHAT MOVED") : body.index("DUE WITHIN")] for body in bodies
        ]
        assert sum(told) == 1, title


def test_a_change_that_is_committed_late_comes_with_the_next_digest(scene: Scene) -> None:
    """Its instant lies in a window that was sent already, its place in the chain does not."""
    wish(scene, "viewer")
    happens(scene, "Early", NOW + timedelta(hours=1))
    sweep_at(TUESDAY)
    items.create_item(
        actor=scene.actor,
        product=scene.product,
        draft=items.Draft(title="Slow import"),
        now=NOW + timedelta(hours=2),
    )
    sweep_at(WEDNESDAY)
    assert ["Slow import" in message.body for message in mail.outbox] == [False, True]


def test_a_reader_who_moves_gets_one_digest_for_each_local_day(scene: Scene) -> None:
    wish(scene, "viewer")
    for n in range(6):
        happens(scene, f"Day {n}", NOW + n * DAY + timedelta(minutes=1))
    for hour in range(24 * 6):
        moment = NOW + timedelta(hours=hour)
        if hour == 50:
            with time_machine.travel(moment, tick=False):
                people.edit_settings(
                    actor=scene.cast.actor("viewer"),
                    name="Viewer",
                    time_zone="Asia/Tokyo",
                    language="en",
                    theme="system",
                    density="",
                    single_keys=True,
                )
        sweep_at(moment)
    periods = list(Digest.objects.order_by("pk").values_list("period", flat=True))
    assert periods == [f"2026-03-{day}" for day in range(17, 23)]


def test_nothing_to_say_is_not_mailed(scene: Scene) -> None:
    wish(scene, "viewer")
    assert sweep_at(TUESDAY).skipped == 1
    assert mail.outbox == []
    assert Digest.objects.get().state == "skipped"
    happens(scene, "At last", TUESDAY + timedelta(hours=1))
    assert sweep_at(WEDNESDAY).sent == 1


# --- What fails ------------------------------------------------------------------------------------


def test_a_failing_address_does_not_stop_the_others_and_its_news_roll_over(scene: Scene) -> None:
    for name in ("viewer", "contributor", "owner"):
        wish(scene, name)
    happens(scene, "Alpha", NOW + timedelta(hours=1))
    outbox.SCRIPT["contributor"] = outbox.refused(550)
    done = sweep_at(TUESDAY)
    assert (done.sent, done.failed) == (2, 1)
    assert receivers() == ["owner", "viewer"]
    outbox.SCRIPT.clear()
    mail.outbox.clear()
    happens(scene, "Beta", TUESDAY + timedelta(hours=1))
    assert sweep_at(TUESDAY + timedelta(hours=2)).sent == 0  # not again for the same day
    assert sweep_at(WEDNESDAY).sent == 3
    told = {message.to[0].split("@")[0]: "Alpha" in message.body for message in mail.outbox}
    assert told == {"contributor": True, "owner": False, "viewer": False}
    late = Digest.objects.filter(user=scene.cast.contributor).order_by("period")
    assert [row.state for row in late] == ["failed", "sent"]
    assert late[1].window_from == NOW


def test_an_address_that_is_refused_three_times_rests_until_its_person_asks_again(
    scene: Scene,
) -> None:
    wish(scene, "viewer")
    outbox.SCRIPT["viewer"] = outbox.refused(550)
    for n in range(6):
        happens(scene, f"Day {n}", NOW + n * DAY + timedelta(hours=1))
        sweep_at(TUESDAY + n * DAY)
    assert Digest.objects.filter(state="failed").count() == 3
    page = scene.cast.client("viewer").get("/p/ATLAS/digest/").content.decode()
    assert "refused your address three times" in page
    outbox.SCRIPT.clear()
    wish(scene, "viewer", now=NOW + 7 * DAY)
    happens(scene, "Back", NOW + 7 * DAY)
    assert sweep_at(TUESDAY + 7 * DAY).sent == 1


def test_a_server_that_asks_to_come_back_later_is_asked_again(scene: Scene) -> None:
    wish(scene, "viewer")
    happens(scene, "Alpha", NOW + timedelta(hours=1))
    outbox.SCRIPT["viewer"] = outbox.refused(451, "greylisted")
    assert sweep_at(TUESDAY).waiting == 1
    assert sweep_at(TUESDAY + timedelta(seconds=30)).waiting == 0
    outbox.SCRIPT.clear()
    assert sweep_at(TUESDAY + timedelta(minutes=2)).sent == 1
    assert Digest.objects.get().attempts == 2
    assert receivers() == ["viewer"]


def test_a_digest_that_is_put_off_for_ever_fails_and_rolls_over(scene: Scene) -> None:
    wish(scene, "viewer")
    happens(scene, "Alpha", NOW + timedelta(hours=1))
    outbox.SCRIPT["viewer"] = outbox.refused(451)
    for minute in range(60):
        sweep_at(TUESDAY + timedelta(minutes=minute))
    assert Digest.objects.get().state == "failed"
    outbox.SCRIPT.clear()
    sweep_at(WEDNESDAY)
    assert "Alpha" in mail.outbox[0].body


def test_a_connection_that_breaks_after_the_mail_leaves_it_in_doubt_and_never_doubles_it(
    scene: Scene,
) -> None:
    for name in ("owner", "viewer", "contributor"):
        wish(scene, name)
    happens(scene, "Alpha", NOW + timedelta(hours=1))
    outbox.SCRIPT["viewer"] = outbox.ACCEPT_AND_HANG_UP
    done = sweep_at(TUESDAY)
    assert (done.sent, done.in_doubt) == (2, 1)
    outbox.SCRIPT.clear()
    for minutes in (1, 10, 100):
        assert sweep_at(TUESDAY + timedelta(minutes=minutes)).sent == 0
    assert receivers() == ["contributor", "owner", "viewer"]
    assert Digest.objects.get(user=scene.cast.viewer).state == "in_doubt"
    sweep_at(WEDNESDAY)
    again = [message for message in mail.outbox if message.to[0].startswith("viewer")]
    assert ["Alpha" in message.body for message in again] == [True, True]  # no news is lost


def test_while_the_mail_server_is_away_nothing_is_claimed(scene: Scene) -> None:
    wish(scene, "viewer")
    happens(scene, "Alpha", NOW + timedelta(hours=1))
    outbox.AWAY.append(ConnectionRefusedError(111, "refused"))
    assert sweep_at(TUESDAY).sent == 0
    assert Digest.objects.count() == 0
    outbox.AWAY.clear()
    assert sweep_at(TUESDAY + timedelta(minutes=30)).sent == 1


def test_a_server_that_goes_away_in_the_middle_loses_nobody(scene: Scene) -> None:
    for name in ("owner", "viewer", "contributor", "reviewer"):
        wish(scene, name)
    happens(scene, "Alpha", NOW + timedelta(hours=1))

    class GoesAway(ConnectionResetError):
        """The first one that is raised takes the server along."""

        def __str__(self) -> str:
            outbox.AWAY.append(ConnectionRefusedError(111, "refused"))
            return "reset"

    outbox.SCRIPT["viewer"] = GoesAway()
    first = sweep_at(TUESDAY)
    outbox.AWAY.clear()
    outbox.SCRIPT.clear()
    second = sweep_at(TUESDAY + timedelta(minutes=1))
    assert first.in_doubt == 1
    assert first.sent + second.sent == 3
    assert first.waiting == second.sent
    assert receivers() == sorted({"owner", "contributor", "reviewer"})


def test_a_worker_that_dies_before_it_hands_over_is_taken_over_when_its_lease_has_run_out(
    scene: Scene,
) -> None:
    wish(scene, "viewer")
    happens(scene, "Alpha", NOW + timedelta(hours=1))
    assert len(digests.claim(TUESDAY)) == 1  # and then the power fails
    assert sweep_at(TUESDAY + timedelta(minutes=1)).sent == 0
    assert sweep_at(TUESDAY + digests.LEASE).sent == 1
    assert receivers() == ["viewer"]


def test_a_worker_that_dies_behind_the_hand_over_is_not_repeated(scene: Scene) -> None:
    wish(scene, "viewer")
    happens(scene, "Alpha", NOW + timedelta(hours=1))
    digests.claim(TUESDAY)
    Digest.objects.update(state="in_doubt")
    assert sweep_at(TUESDAY + timedelta(hours=1)).sent == 0
    assert sweep_at(WEDNESDAY).sent == 1
    assert "Alpha" in mail.outbox[0].body


# --- Rights ---------------------------------------------------------------------------------------


def test_who_lost_the_right_meanwhile_gets_nothing(scene: Scene) -> None:
    for name in ("viewer", "contributor", "reviewer", "leadership", "owner"):
        wish(scene, name)
    happens(scene, "Secret plan", NOW + timedelta(hours=1))
    claimed = digests.claim(TUESDAY)
    assert len(claimed) == 5
    actor = scene.actor
    members.remove_member(
        actor=actor,
        membership=Membership.objects.get(product=scene.product, user=scene.cast.viewer),
    )
    people.deactivate(actor=actor.system(), user=scene.cast.contributor)
    DecisionRight.objects.create(
        product=scene.product, action="digest.receive", role="reviewer", allowed=False
    )
    preferences.unsubscribe(
        preference=DigestPreference.objects.get(user=scene.cast.leadership), now=TUESDAY
    )
    sweep_at(TUESDAY + digests.LEASE)
    assert receivers() == ["owner"]
    assert Digest.objects.filter(state="skipped").count() == 4


def test_a_digest_speaks_of_its_own_product_alone(scene: Scene) -> None:
    wish(scene, "viewer")
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        actor = scene.cast.actor("outsider")
        items.create_item(actor=actor, product=scene.cast.b, draft=items.Draft(title="Canary of B"))
    happens(scene, "Alpha", NOW + timedelta(hours=1))
    sweep_at(TUESDAY)
    assert "Canary" not in mail.outbox[0].message().as_string()


# --- The mail --------------------------------------------------------------------------------------


def test_the_mail_can_be_read_as_text_and_html_and_unsubscribed_in_one_click(scene: Scene) -> None:
    wish(scene, "viewer")
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        items.create_item(
            actor=scene.actor,
            product=scene.product,
            draft=items.Draft(title='Player <b>"stalls"</b> & stops'),
        )
    sweep_at(TUESDAY)
    message = parsed(mail.outbox[0])
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = re.fullmatch(
        r"<(http://testserver/digest/stop/\d+-[\w-]{43}/)>", message["List-Unsubscribe"].strip()
    )
    assert link
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == Digest.objects.get().message_id
    text = message.get_body(("plain",))
    page = message.get_body(("html",))
    assert text
    assert page
    body, html = text.get_content(), page.get_content()
    assert 'Player <b>"stalls"</b> & stops' in body
    assert "&lt;b&gt;&quot;stalls&quot;&lt;/b&gt; &amp; stops" in html
    assert "<b>" not in html.replace("<body", "")
    assert link[1] in body
    assert link[1] in html
    assert "http://testserver/items/ATLAS-1/" in body
    assert set(re.findall(r'href="([^"]{1,18})', html)) == {"http://testserver/"}
    assert all(len(line) < 998 for line in body.splitlines())
    answer = scene.cast.client("anonymous", csrf=True).post(
        link[1].removeprefix("http://testserver"), {"List-Unsubscribe": "One-Click"}
    )
    assert answer.status_code == 200
    happens(scene, "Beta", TUESDAY + timedelta(hours=1))
    assert sweep_at(WEDNESDAY).sent == 0


def test_a_name_cannot_write_headers_or_turn_the_subject_round(scene: Scene) -> None:
    products.edit_product(
        actor=scene.actor,
        product=scene.product,
        name="Atlas\r\nBcc: all@example.org \u202egnp.exe\u2069",
    )
    wish(scene, "viewer")
    happens(scene, "Alpha", NOW + timedelta(hours=1))
    sweep_at(TUESDAY)
    message = parsed(mail.outbox[0])
    assert message["Bcc"] is None
    assert message["Subject"].startswith("Atlas Bcc: all@example.org gnp.exe: ")
    assert not re.search("[\u202a-\u202e\u2066-\u2069\r\n]", message["Subject"])


def test_every_line_leads_to_what_it_speaks_of_and_says_why(scene: Scene) -> None:
    """One of each: work under way, a move with its reason, a deadline, a review's mention, what waits in triage."""
    running = scene.item(
        "Captions", queue="stability", created=9, started=6, level=4, effort=2, owner="owner"
    )
    due = scene.item("Voice track", queue="enhancement", created=9, due=-0.5, owner="viewer")
    scene.item("New wish", created=0)
    wish(scene, "contributor")
    wish(scene, "viewer")
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        adjustments.adjust(
            actor=scene.actor,
            item=running,
            points=9,
            claim="The port asked twice",
            expires_at=NOW + 30 * DAY,
        )
        comments.add_comment(actor=scene.actor, item=due, body="@contributor look")
        states.set_state(actor=scene.actor, item=scene.again(due), state="in_review")
    sweep_at(TUESDAY)
    bodies = {message.to[0].split("@")[0]: message.body for message in mail.outbox}
    text = " ".join(bodies["contributor"].split())
    assert (
        "ATLAS-1 Captions: in progress, started 6 days ago, with Owner, place 1 in stability."
        in text
    )
    assert "points from impact on customers" in text
    assert "+9 points by judgement (Administrator). Why: The port asked twice" in text
    assert "ATLAS-2 Voice track: state Accepted → In review (Administrator)." in text
    late = "overdue by less than a day, it was due Mon 16 Mar, 21:00; in review, with Viewer."
    assert f"ATLAS-2 Voice track: {late}" in text
    assert "1 item waits in triage." in text
    assert "ATLAS-2 Voice track: Administrator mentioned you." in text
    mine = " ".join(bodies["viewer"].split())
    assert "1 item of yours is overdue." in mine
    assert "triage." not in mine
    for body in bodies.values():
        for address in re.findall(r"http://testserver(\S+)", body):
            if not address.startswith("/digest/stop/"):
                assert scene.cast.client("viewer").get(address).status_code == 200, address


def test_the_changes_of_a_window_are_all_told_folded_or_counted(scene: Scene) -> None:
    """Many items, more than get a line; their ids together are those of the log, each once."""
    for n in range(30):
        scene.item(
            f"Item {n}", queue="stability", created=1, started=0.9, level=n % 6, owner="owner"
        )
    item = scene.item("Talked about", created=1)
    comments.add_comment(actor=scene.actor, item=item, body="Hm.")
    items.edit_item(
        actor=scene.actor,
        item=item,
        values={"title": "Talked over"},
        version=item.version,
        reason="Clearer.",
    )
    seal_all()
    news = product_news(scene.product, now=NOW, after=0)
    told = shared(news, position=0, window_from=NOW - 2 * DAY, period=DAY)
    assert list(told.changes) == sorted(
        Change.objects.filter(product=scene.product).values_list("pk", flat=True)
    )
    assert len(told.changes) > 100
    said = told.moved.lines[-1].parts[0].text
    assert said == "11 more items"
    assert "1 comment or note" in told.moved.note
    assert "30 ratings" in told.moved.note
