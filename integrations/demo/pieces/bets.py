"""Strategic bets under way, and the milestones in which they show something."""

from __future__ import annotations

from integrations.demo.piece import Adjusted, Piece, Sign

PIECES = (
    Piece(
        "offline-rounds",
        "Offline rounds: films and records on board, without a network",
        "feature",
        """
        **Hypothesis.** Shipping companies with more than ten vessels buy if crews can learn between ports and
        the records arrive by themselves in the next one.

        **Milestones**

        1. packages of at most 500 MB on one tablet, records by hand *(done)*
        2. records return by themselves; two ships for six weeks
        3. a captain sees the state of the whole crew

        **We stop** if fewer than half of the records of milestone 2 come back complete.
        """,
        came=97,
        life="accepted 93, started 40",
        by="henrik",
        queue="strategic_bet",
        owner="ingrid",
        effort=34,
        efforts=((38, "ingrid", 34, "Milestone 3 was not in the first estimate."),),
        horizon="roadmap",
        due=85,
        program="Go-to-market",
        channel="Mobile app",
        segments=("Port operators",),
        labels=("offline",),
        rated="553 441 321",
        sure="iii",
        again=(
            (
                9,
                "henrik",
                {"business_value": (5, "certain")},
                "The second shipping company has signed for the trial.",
            ),
        ),
        criteria=(
            (
                "Of the records of two ships, 95% arrive complete within a day of the port call.",
                "Six weeks",
            ),
            ("Two of five companies in talks sign for a year.", "Contracts"),
        ),
        said=(
            (
                39,
                "ingrid",
                "The tablets survive the engine room. What does not survive is our assumption about clocks.",
            ),
            (
                10,
                "henrik",
                "@ingrid @amara the second company signed for the trial. Please keep the date of milestone 2.",
            ),
        ),
        adjusted=(
            Adjusted(
                70,
                "henrik",
                8,
                40,
                "The trade fair decides whether we have a partner for the tablets.",
                "Invitation and stand plan",
            ),
        ),
    ),
    Piece(
        "offline-packages",
        "Offline rounds, step 1: a course in 500 MB on one tablet",
        "module",
        """
        One course, one tablet, one ship, no records. Shows whether people use it at all when nobody asks them to.
        """,
        came=72.5,
        life="accepted 69, started 39, reviewed 17, done 11",
        by="ingrid",
        queue="strategic_bet",
        owner="ingrid",
        effort=13,
        program="Go-to-market",
        channel="Mobile app",
        segments=("Port operators",),
        labels=("offline",),
        rated="443 332 211",
        sure="iii",
        criteria=(
            (
                "Eight of twelve crew members finish the course without being told.",
                "Tablet, after four weeks",
            ),
        ),
        verified=1,
        said=((10.5, "ingrid", "Nine of twelve. The other three were on leave."),),
        links=(("part_of", "offline-rounds"),),
    ),
    Piece(
        "voice-languages",
        "One recording, eleven languages: voices built from the narrator's own",
        "feature",
        """
        **Hypothesis.** If a translation costs a tenth, customers take all languages instead of two, and the
        narrators earn more, not less.

        The narrator agrees in writing for every language and can take it back. Learners are told on the first
        screen. Without both we do not do it.
        """,
        came=90,
        life="accepted 86, started 45, reviewed 13",
        by="amara",
        queue="strategic_bet",
        owner="amara",
        effort=20,
        horizon="release",
        due=60,
        program="Go-to-market",
        channel="Learning platform",
        segments=("Regional airports", "Port operators"),
        labels=("sound", "localisation"),
        rated="454 231 241",
        sure="iic",
        links=(("blocks", "dutch-narrator"),),
        criteria=(
            (
                "Native speakers find it no worse than the present voice.",
                "Twelve per language, blind",
            ),
            ("Both narrators sign for a second year.", "Contracts"),
            "The notice on the first screen is understood by nine of ten.",
        ),
        verified=1,
        said=(
            (
                44,
                "camille",
                "The agreement needs an end date and a price per language. Draft is in the folder.",
            ),
            (
                12,
                "henrik",
                "I want to hear from both narrators myself before this goes further. Lunch is on Thursday.",
            ),
        ),
    ),
    Piece(
        "voice-minute",
        "One recording, eleven languages, step 1: a minute of Dutch, judged by twelve people",
        "script",
        """
        One minute of “Office basics” in a built voice, one in the old one, order by lot. Twelve native speakers who
        do not know why they are asked.
        """,
        came=68.5,
        life="accepted 66, started 44, reviewed 38, done 32",
        by="tomas",
        queue="strategic_bet",
        owner="tomas",
        effort=5,
        program="Go-to-market",
        labels=("sound", "localisation"),
        rated="343 111 121",
        sure="iii",
        criteria=(
            ("Twelve answers, written down before the solution is told.", "Sheets in the folder"),
        ),
        verified=1,
        said=(
            (
                31,
                "tomas",
                "Seven to five for the built voice. The five named the same word: “kantoor”. We can fix a word.",
            ),
        ),
        links=(("part_of", "voice-languages"),),
    ),
    Piece(
        "adaptive-course",
        "Skip what you can show: courses that get shorter",
        "feature",
        """
        **Hypothesis.** People who repeat “Office basics” every year would do it with better grace in three minutes.
        Four questions at the start decide which parts remain. Insurers must accept it as full training, which
        is the part that can fail.
        """,
        came=85.5,
        life="accepted 81, started 20",
        by="ingrid",
        queue="strategic_bet",
        owner="amara",
        effort=8,
        horizon="release",
        due=40,
        program="Training",
        channel="Learning platform",
        segments=("Municipal buyers", "Self-serve teams"),
        labels=("quiz",),
        rated="544 443 121",
        sure="iic",
        criteria=(
            ("One insurer accepts it in writing.", "Letter"),
            (
                "People who skip do not fail more often a year later.",
                "Compared with a control group",
            ),
        ),
        said=(
            (
                18,
                "camille",
                "The insurer wants to see which questions decide. A page on that would help more than a call.",
            ),
        ),
    ),
    Piece(
        "self-serve-catalogue",
        "A catalogue for small teams: choose, pay, start within ten minutes",
        "feature",
        """
        **Hypothesis.** Teams below fifty people buy without talking to us. Twelve courses, a price per site, a card.
        No contract, no staff list, no call.
        """,
        came=122,
        life="accepted 118, started 108, reviewed 70, reworked 69, reviewed 63, done 58",
        by="henrik",
        queue="strategic_bet",
        owner="amara",
        effort=34,
        program="Go-to-market",
        channel="Website",
        segments=("Self-serve teams",),
        labels=("website",),
        rated="554 332 221",
        sure="iii",
        criteria=(
            (
                "A stranger has a running course after ten minutes.",
                "Ten strangers, seven of them did",
            ),
            ("Forty teams in the first quarter.", "Forty-four"),
        ),
        verified=2,
        said=(
            (
                62,
                "camille",
                "Terms are fine. The cancellation button is where people would look for it; please leave it there.",
            ),
            (57, "henrik", "First team at 9:12, we knew nobody there. Thank you all."),
        ),
        signs=(Sign(57, "affected_users", 44, "sales-notes", "Teams that started without a call"),),
    ),
    Piece(
        "headset-scenes",
        "Confined spaces with a headset",
        "scene",
        """
        **Hypothesis.** The fear in a tank can only be taught in one. Headsets are heavy, dirty and different every
        year; the ports that asked have two of them in a cupboard.
        """,
        came=87.5,
        life="accepted 84, parked 54 until 120",
        why={
            "parked": "Asked five ports: nobody would buy it this year. We look again when their headsets are replaced."
        },
        by="tomas",
        queue="strategic_bet",
        owner="tomas",
        effort=34,
        horizon="roadmap",
        program="Training",
        segments=("Port operators",),
        labels=("footage",),
        rated="243 321 331",
        sure="gii",
    ),
    Piece(
        "partner-market",
        "A marketplace where partner studios sell scenes",
        "feature",
        """
        **Hypothesis.** Studios in other countries film what we cannot. We would sell, check and support the work of
        others, with our name on it.
        """,
        came=102.5,
        life="accepted 98, declined 55 by henrik",
        why={
            "declined": "Four of six studios want to sell to our customers themselves, and the checking would be ours."
        },
        by="henrik",
        queue="strategic_bet",
        owner="amara",
        effort=60,
        program="Go-to-market",
        labels=("website",),
        rated="343 121 442",
        sure="igi",
    ),
)
