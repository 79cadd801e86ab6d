"""Strategic bets that wait for their turn."""

from __future__ import annotations

from integrations.demo.piece import Piece

PIECES = (
    Piece(
        "practice-rooms",
        "Practice rooms: say the answer aloud and hear how it lands",
        "feature",
        """
        **Hypothesis.** Counter staff who speak an answer aloud three times use it at work; those who click it do
        not. The learner speaks, hears themselves, hears two colleagues, and tries again. Nothing is scored,
        nothing is kept.
        """,
        came=80,
        life="accepted 76",
        by="tomas",
        queue="strategic_bet",
        owner="tomas",
        effort=20,
        horizon="roadmap",
        program="Training",
        channel="Learning platform",
        segments=("Hospital groups", "Municipal buyers"),
        labels=("sound", "counter"),
        rated="453 442 331",
        sure="igi",
        criteria=("Half of a test group uses one of the sentences in the following week.",),
        said=(
            (
                30,
                "amara",
                "Smallest trial that would tell us something: two wards, one sentence, a recorder. @tomas?",
            ),
        ),
        links=(("relates", "calm-counter"),),
    ),
    Piece(
        "own-minutes",
        "Slipway for customers: safety officers cut their own two minutes",
        "feature",
        """
        **Hypothesis.** Safety officers do not want more films from us, they want their own gate in ours. Two
        minutes of phone footage, our captions, our player, their approval.

        First step: three officers, one template, a week. We stop if none of them publishes.
        """,
        came=66,
        life="accepted 62",
        by="amara",
        queue="strategic_bet",
        owner="amara",
        effort=34,
        horizon="roadmap",
        due=110,
        program="Go-to-market",
        channel="Learning platform",
        segments=("Port operators", "Retail chains"),
        labels=("slipway",),
        rated="555 342 331",
        sure="iii",
        criteria=(
            "Two of three officers publish without our help.",
            "Somebody pays for it within half a year.",
        ),
        said=((43, "henrik", "This is the one that I would regret not having tried."),),
    ),
    Piece(
        "signed-records",
        "Learning records as evidence: a certificate that an auditor can check without us",
        "feature",
        """
        **Hypothesis.** After the incident, customers pay for records that do not depend on our word. A certificate
        carries a signature; the auditor checks it offline with the open key.
        """,
        came=41.2,
        life="accepted 37",
        by="henrik",
        queue="strategic_bet",
        owner="ingrid",
        effort=13,
        horizon="roadmap",
        program="Compliance",
        channel="Learning platform",
        segments=("Port operators", "Hospital groups"),
        labels=("logbook", "certificate"),
        rated="553 332 231",
        sure="iii",
        again=(
            (
                8,
                "amara",
                {"trust": (4, "informed")},
                "Asked in two of three contract talks since the incident.",
            ),
        ),
        criteria=("Two auditors check a certificate without calling us.",),
        links=(("relates", "wrong-learner"),),
    ),
    Piece(
        "nudge-seconds",
        "Forty seconds at the moment of need",
        "feature",
        """
        **Hypothesis.** A reminder at the gate, triggered by the badge and a risk of the day, changes more than a
        yearly course. Starts with one port, one gate, ice on the ladder.
        """,
        came=55.5,
        life="accepted 50",
        by="tomas",
        queue="strategic_bet",
        owner="",
        effort=20,
        horizon="roadmap",
        program="Training",
        channel="Mobile app",
        segments=("Port operators",),
        labels=("offline",),
        rated="343 331 331",
        sure="ggg",
        criteria=("Near misses on the ladder fall in the trial and not at the other gates.",),
    ),
    Piece(
        "buyer-year",
        "A year as a buyer: a simulation of twelve months",
        "module",
        """
        **Hypothesis.** Municipal buyers take part in pairs and talk about it afterwards, which no film achieves.
        Twelve decisions, a budget, and consequences that arrive months later.
        """,
        came=47.5,
        life="accepted 42",
        by="amara",
        queue="strategic_bet",
        owner="",
        effort=34,
        horizon="roadmap",
        program="Training",
        channel="Learning platform",
        segments=("Municipal buyers",),
        labels=("exercise",),
        rated="343 221 221",
        sure="gig",
        criteria=("Three councils book it again for the next year.",),
    ),
    Piece(
        "measure-behaviour",
        "Measure behaviour, not completion: near-miss reports beside course data",
        "feature",
        """
        **Hypothesis.** Safety officers keep what they can prove. Two ports give us their near-miss reports by gate
        and month; we show them beside the courses, with the uncertainty, without claiming a cause.
        """,
        came=30.5,
        life="accepted 26",
        by="henrik",
        queue="strategic_bet",
        owner="amara",
        effort=13,
        horizon="roadmap",
        program="Product adoption",
        channel="Learning platform",
        segments=("Port operators",),
        labels=("reporting",),
        rated="453 332 231",
        sure="igi",
        criteria=("A safety officer uses the page in a meeting that we did not arrange.",),
        said=(
            (
                24,
                "camille",
                "Reports contain names. They must be gone before anything leaves the port.",
            ),
        ),
    ),
    Piece(
        "sign-language",
        "A sign language edition with deaf presenters",
        "scene",
        """
        **Hypothesis.** Deaf presenters instead of an interpreter in the corner are a reason to choose us. Six films,
        one sign language first, made by a deaf director.
        """,
        came=43.8,
        life="accepted 38",
        by="tomas",
        queue="strategic_bet",
        owner="tomas",
        effort=20,
        horizon="roadmap",
        program="Go-to-market",
        channel="Learning platform",
        segments=("Municipal buyers", "Hospital groups"),
        labels=("accessibility",),
        rated="354 431 121",
        sure="iii",
        criteria=("The association recommends it to its members.",),
        links=(("relates", "lip-reading"),),
    ),
)
