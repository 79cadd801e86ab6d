"""Films on customers: calls, letters, chat."""

from __future__ import annotations

from integrations.demo.piece import Piece

PIECES = (
    Piece(
        "bad-news",
        "Bad news by phone: three openings, one call",
        "scene",
        """
        The same call three times: apologising first, explaining first, saying it first. The learner picks
        before hearing the reactions. Recorded as sound only, because that is how it happens.
        """,
        came=110,
        life="accepted 108, started 104, reviewed 93, done 88",
        by="tomas",
        queue="enhancement",
        owner="tomas",
        effort=5,
        program="Training",
        channel="Learning platform",
        segments=("Hospital groups", "Self-serve teams"),
        labels=("sound", "counter"),
        rated="333 332 111",
        criteria=("Most learners change their pick after hearing all three.",),
        verified=1,
    ),
    Piece(
        "silence-hold",
        "Silence is not hold music",
        "scene",
        """
        Agents fill the pause in which they are looking something up, and the caller hears panic. Ninety
        seconds: the same pause filled, apologised for, and announced. Uses the sound set of “Bad news by
        phone”.
        """,
        came=81,
        life="accepted 80, started 73, done 64",
        by="priya",
        queue="enhancement",
        owner="tomas",
        effort=2,
        program="Training",
        channel="Learning platform",
        segments=("Self-serve teams",),
        labels=("sound",),
        rated="223 232 010",
        criteria=("The announced pause is rated the shortest, although it is the longest.",),
        verified=1,
    ),
    Piece(
        "complaint-letter",
        "Answering a complaint: the first three lines",
        "module",
        """
        People read three lines before they decide whether to be angry. The module takes twelve real letters
        (names removed) and lets the learner write only the beginning. A checklist compares it: thanks,
        what we understood, what happens when.
        """,
        came=74,
        life="accepted 71, started 56, reviewed 41, done 36",
        by="amara",
        queue="enhancement",
        owner="amara",
        effort=8,
        program="Training",
        channel="Learning platform",
        segments=("Municipal buyers", "Retail chains"),
        labels=("exercise",),
        rated="343 332 111",
        criteria=(
            (
                "Two letter writers agree with the checklist in ten of twelve cases.",
                "Blind comparison",
            ),
        ),
        verified=1,
    ),
    Piece(
        "gate-delay",
        "Delay at the gate: what you know, and when you will know more",
        "scene",
        """
        Three announcements of the same delay. The one that people forgive names a time for the next
        announcement and keeps it. Filmed at night at a regional airport that gives us gate 4 for free.
        """,
        came=67,
        life="accepted 64, started 42, reviewed 34, done 31",
        by="priya",
        queue="enhancement",
        owner="tomas",
        effort=5,
        program="Training",
        channel="Learning platform",
        segments=("Regional airports",),
        labels=("footage",),
        rated="332 332 111",
        criteria=("Passengers in the survey prefer the third announcement.",),
        verified=1,
        said=(
            (
                40,
                "amara",
                "The night at gate 4 fell into the two weeks of the incident. Thank you all for going anyway.",
            ),
        ),
    ),
    Piece(
        "long-title",
        "When the same customer calls for the fifth time about the same parcel and the colleague who knows the "
        "story is on leave: taking over in the middle of a case without asking for everything again, and saying "
        "honestly what will happen next",
        "module",
        """
        The title is what the retail chain asked for, word for word, and we kept it, because the case says
        more than “case handover” would. The module opens with the file as it really looks: eleven entries,
        two of them useful.
        """,
        came=35,
        life="accepted 32",
        by="priya",
        queue="enhancement",
        owner="amara",
        effort=8,
        horizon="roadmap",
        program="Training",
        channel="Learning platform",
        segments=("Retail chains",),
        labels=("exercise",),
        rated="232 331 111",
        criteria=("Learners find the two useful entries within a minute.",),
    ),
    Piece(
        "chat-writing",
        "Writing in chat: short, warm, complete",
        "module",
        """
        Answers in chat are either three words or a letter. The module trains the middle: one sentence that
        answers, one that says what happens next, no “unfortunately”. Sixteen exercises, feedback at once.
        """,
        came=49,
        life="accepted 46, started 38, reviewed 27, done 23",
        by="priya",
        queue="enhancement",
        owner="amara",
        effort=5,
        program="Training",
        channel="Learning platform",
        segments=("Self-serve teams", "Retail chains"),
        labels=("exercise",),
        rated="333 332 111",
        criteria=(
            ("Half of the learners stop writing “unfortunately”.", "Exercises 1 and 16 compared"),
        ),
        verified=1,
    ),
    Piece(
        "nunez-refund",
        "“Señora Núñez’s refund”: her name is mispronounced in the Spanish cut",
        "fix",
        """
        The synthetic guide track was never replaced in two lines. Spanish learners laugh, and they are right.
        Two lines, one hour in the booth.
        """,
        came=14,
        life="accepted 13, started 4",
        by="priya",
        queue="stability",
        owner="tomas",
        effort=1,
        severity=4,
        horizon="sprint",
        program="Training",
        channel="Learning platform",
        segments=("Retail chains",),
        labels=("sound", "localisation"),
        rated="222 322 132",
        sure="iii",
        criteria=("A speaker from Madrid finds nothing to laugh at.",),
    ),
    Piece(
        "handover-repeat",
        "Handing over a caller without making them repeat it",
        "scene",
        """
        Thirty seconds of a warm handover: name, what it is about, what was promised. The receiving colleague
        repeats it aloud, so the caller hears that it arrived. Two phones, one split screen.
        """,
        came=37,
        life="accepted 36, started 19, reviewed 4",
        by="tomas",
        queue="enhancement",
        owner="tomas",
        effort=3,
        horizon="sprint",
        program="Training",
        channel="Learning platform",
        segments=("Self-serve teams", "Hospital groups"),
        labels=("sound", "counter"),
        rated="333 332 111",
        criteria=("The caller says nothing twice.",),
    ),
    Piece(
        "dutch-narrator",
        "A new narrator for the Dutch catalogue",
        "task",
        """
        Our Dutch narrator retires. Twelve films carry her voice, and the next ones should not sound like a
        different company. Casting makes sense when we know whether voices will be built from one recording.
        """,
        came=89,
        life="accepted 87, parked 65 until 61",
        why={"parked": "Depends on what the voice bet shows."},
        by="tomas",
        queue="stability",
        owner="tomas",
        effort=5,
        program="Training",
        channel="Learning platform",
        labels=("sound", "localisation"),
        rated="223 111 112",
    ),
)
