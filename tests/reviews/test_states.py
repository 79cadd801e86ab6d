"""A review's life as a machine (T-STATE): whatever is done in whatever order, what holds is what a small model says."""

from __future__ import annotations

from itertools import count
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from core.errors import DomainError
from reviews.jobs import checks
from reviews.models import ReviewCycle
from reviews.services.cycles import withdraw_review
from reviews.services.decisions import decide
from tests.cast import Cast
from tests.reviews.rounds import new_version, start

#: Who is asked in which stage: legal waits for subject matter.
STAGE = {"reviewer": 0, "leadership": 1}
WORDS = count(1)


class Review(RuleBasedStateMachine):
    """One asset. The model: ``round`` is the newest one's state (None: none yet), ``at`` the stage that decides."""

    cast: Cast

    @initialize()
    def begin(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.version = new_version(self.cast, f"words {next(WORDS)}")
        self.cycle: ReviewCycle | None = None
        self.round: str | None = None
        self.at, self.approved = 0, False

    def teardown(self) -> None:
        if hasattr(self, "atomic"):
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    def tried(self, act: Any, **how: Any) -> str:
        """The code of the refusal, or nothing."""
        try:
            with transaction.atomic():
                act(**how)
        except DomainError as error:
            return error.code
        return ""

    @rule()
    def upload(self) -> None:
        self.version = new_version(self.cast, f"words {next(WORDS)}", self.version.asset)
        self.approved = False
        if self.round == "open":
            self.round = "superseded"

    @rule()
    def ask(self) -> None:
        made: list[ReviewCycle] = []
        refused = self.tried(lambda: made.append(start(self.cast, self.version)))
        expected = "decided" if self.approved else "in_review" if self.round == "open" else ""
        assert refused == expected
        if made:
            self.cycle, self.round, self.at = made[0], "open", 0

    @rule(
        who=st.sampled_from(["reviewer", "leadership", "owner", "contributor"]),
        verdict=st.sampled_from(["approve", "approve", "request_changes"]),
        other_bytes=st.booleans(),
    )
    def judge(self, who: str, verdict: str, other_bytes: bool) -> None:
        if self.cycle is None:
            return
        cycle = ReviewCycle.objects.select_related("product", "version", "asset__item").get(
            pk=self.cycle.pk
        )
        changes = verdict == "request_changes"
        refused = self.tried(
            decide,
            actor=self.cast.actor(who),
            cycle=cycle,
            verdict=verdict,
            sha256="0" * 64 if other_bytes else cycle.version.sha256,
            weight="detail" if changes else "",
            note="The date is wrong." if changes else "",
        )
        assert refused == self.expected(who, other_bytes)
        if refused:
            return
        if changes:
            self.round = "changes_requested"
        elif self.at == 0:
            self.at = 1
        else:
            self.round, self.approved = "approved", True

    def expected(self, who: str, other_bytes: bool) -> str:
        """Why a verdict is refused, by the model alone."""
        if who == "contributor":
            return "not_allowed"
        if self.round != "open":
            return "superseded" if self.round == "superseded" else "closed"
        if other_bytes:
            return "other_content"
        stage = STAGE.get(who)
        if stage is None:
            return "not_asked"
        return "" if stage == self.at else "stage_waits" if stage > self.at else "decided_already"

    @rule(other_bytes=st.booleans())
    def judge_in_turn(self, other_bytes: bool) -> None:
        """Who is asked now approves: chance alone seldom comes to the end of a round."""
        self.judge(("reviewer", "leadership")[self.at], "approve", other_bytes)

    @rule()
    def withdraw(self) -> None:
        if self.cycle is None:
            return
        cycle = ReviewCycle.objects.select_related("product", "version", "asset__item").get(
            pk=self.cycle.pk
        )
        refused = self.tried(
            withdraw_review, actor=self.cast.actor("owner"), cycle=cycle, reason="Not now."
        )
        assert refused == ("" if self.round == "open" else "closed")
        if not refused:
            self.round = "withdrawn"

    @invariant()
    def it_is_as_the_model_says(self) -> None:
        if not hasattr(self, "version"):
            return
        self.version.refresh_from_db()
        assert self.version.state == ("approved" if self.approved else "draft")
        if self.cycle is not None:
            self.cycle.refresh_from_db()
            assert self.cycle.state == self.round
        assert not list(checks.findings())


def test_a_review_lives_as_its_model(cast: Cast) -> None:
    machine = type("Machine", (Review,), {"cast": cast})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=6,
            stateful_step_count=10,
            deadline=None,
            phases=[
                Phase.generate
            ],  # ten steps are read as they are; making them fewer takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
