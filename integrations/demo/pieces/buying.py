"""Films on buying: the craft."""

from __future__ import annotations

from integrations.demo.piece import Adjusted, Piece, series

PIECES = (
    Piece(
        "three-quotes",
        "“Three quotes”: script for the flagship of the new procurement course",
        "script",
        """
        A buyer in a small town needs six benches and gets three quotes, one of them from her cousin. The
        script follows her for a week and never says what she should have done; the learner does. Eleven
        minutes in three parts that also work alone.

        This is the film by which municipal buyers will judge the course.
        """,
        came=123,
        life="accepted 121, started 117, reviewed 106, reworked 104, reviewed 98, done 91",
        by="tomas",
        queue="enhancement",
        owner="tomas",
        effort=13,
        program="Go-to-market",
        channel="Learning platform",
        segments=("Municipal buyers",),
        labels=("script",),
        rated="444 333 122",
        sure="iii",
        criteria=(
            (
                "Ten buyers disagree about what she should have done.",
                "Reading at the regional meeting",
            ),
            (
                "No sentence is wrong in any of the four legal systems that we serve.",
                "Legal review",
            ),
        ),
        verified=2,
        said=(
            (
                105,
                "camille",
                "The cousin must appear before the quotes are opened, or the whole week reads as an excuse.",
            ),
            (92, "amara", "Ten buyers, seven opinions, one of them shouted. That is the film."),
        ),
    ),
    Piece(
        "supplier-visit",
        "“On time”: a supplier visit that is not an inspection",
        "scene",
        """
        Second part of “Supplier on time”. She visits the workshop that is late and asks to be shown the
        order's way through the hall. What she finds is her own missing drawing. Two actors, one hall, one
        day; the printing works we used before would have us again.
        """,
        came=45,
        life="accepted 42, started 11",
        by="tomas",
        queue="enhancement",
        owner="tomas",
        effort=5,
        horizon="sprint",
        program="Training",
        channel="Learning platform",
        segments=("Retail chains", "Hospital groups"),
        labels=("footage",),
        rated="333 232 121",
        criteria=("Viewers name the missing drawing as the cause, unprompted.",),
        said=(
            (
                10,
                "tomas",
                "The printing works offers the 14th or the 21st. I take the earlier one.",
            ),
        ),
    ),
    Piece(
        "lifecycle-cost",
        "Lifecycle cost: a worked example with cleaning machines",
        "module",
        """
        Price on delivery against cost over seven years: two machines, one table, one surprise (the pads).
        The learner fills in four cells and sees the order flip. Numbers come from a hospital group that
        lets us use its real tender.
        """,
        came=53,
        life="accepted 49",
        by="amara",
        queue="enhancement",
        owner="",
        effort=5,
        horizon="release",
        program="Training",
        channel="Learning platform",
        segments=("Hospital groups", "Municipal buyers"),
        labels=("exercise",),
        rated="343 222 111",
        sure="gii",
        criteria=(("Nine of ten learners find out why the order flips.", "Free-text answer"),),
    ),
    Piece(
        "call-off",
        "Call-off from a framework agreement, in six screens",
        "module",
        """
        Buyers in hospitals order from framework agreements every day and run a tender once a year. Our course
        teaches the tender. Six screens: find the agreement, check what it covers, mini-competition or not,
        order, record, file.
        """,
        came=84,
        life="accepted 82, started 69, reviewed 61, done 57",
        by="priya",
        queue="enhancement",
        owner="amara",
        effort=5,
        program="Training",
        channel="Learning platform",
        segments=("Hospital groups",),
        labels=("exercise",),
        rated="343 342 111",
        sure="iii",
        criteria=(
            ("A buyer completes a call-off in the sandbox without asking.", "Three hospitals"),
        ),
        verified=1,
        said=(
            (
                58,
                "priya",
                "The purchasing office in Lübeck has printed the six screens. Screen 3 is the one they point at.",
            ),
        ),
    ),
    Piece(
        "glossary",
        "One glossary for the procurement course, in the four languages that we sell",
        "task",
        """
        “Award”, “commission”, “call-off” and “direct order” are used loosely, and translators ask every time.
        Sixty terms, one definition each, checked by Camille, linked from the subtitles.
        """,
        came=113,
        life="accepted 111, started 105, reviewed 98, done 93",
        by="camille",
        queue="stability",
        owner="camille",
        effort=5,
        program="Training",
        channel="Learning platform",
        segments=("Municipal buyers",),
        labels=("wording", "localisation"),
        rated="234 221 132",
        criteria=(
            (
                "Translators ask about none of the sixty terms in the next course.",
                "Their question list",
            ),
        ),
        verified=1,
    ),
    Piece(
        "contract-end",
        "Ending a contract without ending the relationship",
        "script",
        """
        Notice, last delivery, data back, references. The conversation is the hard part and the course leaves
        it out. Script for five minutes: a caretaker and the manager of a cleaning company who will meet
        again at the supermarket.
        """,
        came=31,
        life="accepted 29",
        by="tomas",
        queue="enhancement",
        owner="tomas",
        horizon="roadmap",
        program="Training",
        channel="Learning platform",
        segments=("Municipal buyers",),
        labels=("script",),
        rated="232 221 1-1",
        sure="ggg",
        criteria=("Both sides are played by people over fifty.",),
    ),
    Piece(
        "bid-table",
        "Scoring bids: a table that shows what a changed weight does",
        "feature",
        """
        Learners set the weights of price, quality and delivery and watch four bids change places. Half of
        the fairness questions we get are about weights that were chosen after the bids were known. The table
        makes that visible in one movement.

        Works in the player and inside Slipway's exercise block; needs keyboard control and a text
        alternative.
        """,
        came=57,
        life="accepted 54",
        by="amara",
        queue="enhancement",
        owner="ingrid",
        effort=5,
        horizon="release",
        program="Training",
        channel="Learning platform",
        segments=("Municipal buyers", "Hospital groups"),
        labels=("exercise", "player"),
        rated="443 332 221",
        sure="iii",
        next_cycle=True,
        criteria=(
            ("Usable with the keyboard and a screen reader.", "Session with a blind buyer"),
            ("Learners can say why weights are fixed beforehand.", "Question after the exercise"),
        ),
        said=(
            (
                52,
                "ingrid",
                "The exercise block can carry it. What takes time is the text alternative, and that is worth it.",
            ),
        ),
        adjusted=(
            Adjusted(
                20,
                "amara",
                4,
                60,
                "The purchasing association wants to show it at its annual meeting and recommend the course.",
                "Mail of the association's training lead",
            ),
        ),
    ),
    Piece(
        "market-dialogue",
        "Talking to the market before the tender: what is allowed",
        "module",
        """
        Buyers avoid every conversation because they fear the complaint. The rules allow far more than people
        think. Wanted by everybody, but the authority announced guidance of its own, and we should follow it
        instead of racing it.
        """,
        came=71,
        life="accepted 70, parked 49 until 32",
        why={"parked": "The authority's guidance is announced; we write when it is out."},
        queue="enhancement",
        owner="amara",
        effort=8,
        program="Compliance",
        channel="Learning platform",
        segments=("Municipal buyers",),
        labels=("script",),
        rated="333 332 131",
        criteria=("Every example is covered by the guidance.",),
    ),
    Piece(
        "negotiation-course",
        "A course on negotiating prices",
        "module",
        """
        Two retail chains asked for something on negotiation. We have neither the people nor a position on it,
        and the market is full of trainers who stand in front of a room.
        """,
        came=98,
        life="declined 96",
        why={"declined": "Outside of what we are good at; the market has plenty of it."},
        by="priya",
        program="Go-to-market",
        segments=("Retail chains",),
        signs=series(
            "support_ticket", (98, 97), (1, 1), "sales-notes", "Asks for a negotiation course"
        ),
    ),
)
