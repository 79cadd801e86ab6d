"""Safety films: yards, quays, aprons, warehouses."""

from __future__ import annotations

from integrations.demo.piece import Adjusted, Piece, series

PIECES = (
    Piece(
        "forklift-corner",
        "Reshoot the blind corner in “Forklift ahead”",
        "scene",
        """
        The corner in scene 3 was filmed before the mirror became standard. Port operators point out
        that the driver in our film does something their own instruction forbids: he edges out until
        he can see. The rest of the film stands. One morning at the training yard, same driver, same
        jacket, mirror in the picture from the first second.
        """,
        came=128,
        life="accepted 126, started 121, reviewed 115, done 112",
        by="priya",
        queue="stability",
        owner="tomas",
        effort=5,
        program="Training",
        channel="Learning platform",
        segments=("Port operators",),
        labels=("footage",),
        rated="323 332 142",
        criteria=(
            ("The mirror is visible before the driver reaches the corner.", "Still at 1:12"),
            (
                "No take shows the forks beyond the marked line.",
                "Frame by frame, with the yard's instructor",
            ),
        ),
        verified=2,
        said=(
            (
                120,
                "tomas",
                "The yard gives us Thursday from seven. Rain is forecast, which would match the old shots.",
            ),
            (
                114,
                "camille",
                "The mirror is the right one: round, 60 cm, at the height the standard asks for.",
            ),
        ),
    ),
    Piece(
        "forklift-opening",
        "New opening for “Forklift ahead”: the near miss, told by both people",
        "script",
        """
        Learners skip our first minute because it explains. The new opening begins two seconds before
        the near miss and then tells it twice: by the driver, who saw nothing wrong, and by the picker,
        who did not hear the truck. Only then comes the title.

        What it must keep:

        - both people acted reasonably from where they stood
        - nobody is hurt, nobody is scolded
        - the distance is said in metres, once

        Length: at most 95 seconds. The script goes through subject matter and legal before we book
        the yard, because the second telling touches the question of who is liable.
        """,
        came=64,
        life="accepted 61, started 33, reviewed 27, reworked 24, reviewed 14",
        by="tomas",
        queue="enhancement",
        owner="tomas",
        effort=8,
        efforts=((24, "tomas", 8, "The second telling needs its own location."),),
        horizon="sprint",
        program="Training",
        channel="Learning platform",
        segments=("Port operators", "Retail chains"),
        labels=("forklift", "script"),
        rated="434 343 212",
        sure="iii",
        again=(
            (
                15,
                "amara",
                {"customer_pain": (4, "certain")},
                "Two port operators asked for exactly this.",
            ),
        ),
        criteria=(
            (
                "Six of six drivers in the reading say that the driver is treated fairly.",
                "Reading at the yard",
            ),
            (
                "At least 80% of learners watch past 1:35.",
                "Player telemetry, four weeks after release",
            ),
            "No sentence assigns fault.",
        ),
        verified=1,
        said=(
            (
                32,
                "tomas",
                "First version is up. I know it is long; I wanted both voices complete before cutting.",
            ),
            (
                23,
                "camille",
                "@tomas the sentence “he should have looked” is the one the insurer would quote. See my note.",
            ),
            (
                13,
                "amara",
                "Version 3 reads well aloud. @camille it is with you now, the yard is reserved until Friday.",
            ),
        ),
        signs=series(
            "satisfaction_drop",
            (66, 38, 12),
            (3, 2, 2),
            "learner-survey",
            "“The beginning drags” named by learners",
        ),
    ),
    Piece(
        "hot-works-hour",
        "“Hot works”: the hour after the work",
        "module",
        """
        Most fires from welding and grinding start after everybody has gone. The module follows a fire
        watch through sixty minutes in which nothing happens, and lets the learner decide when to check
        what. Four decision points, two of them about being tired and wanting to go home.

        Port operators use it with contractors, so it must work without an account and in under twelve
        minutes.
        """,
        came=72,
        life="accepted 70, started 12",
        by="amara",
        queue="enhancement",
        owner="tomas",
        effort=13,
        horizon="sprint",
        due=24,
        program="Compliance",
        channel="Learning platform",
        segments=("Port operators", "Regional airports"),
        labels=("hot works",),
        rated="444 332 221",
        again=(
            (
                18,
                "amara",
                {"business_value": (4, "certain")},
                "Named in the renewal of two port operators.",
            ),
        ),
        criteria=(
            (
                "The permit on screen has the fields of the customers' own permits.",
                "Laid beside five of them",
            ),
            ("A learner finishes in twelve minutes or less.", "Median of twenty test runs"),
        ),
        said=(
            (
                11,
                "tomas",
                "Filming the fire watch at night is booked for two evenings next week, 20:00 to 23:00.",
            ),
            (
                6,
                "amara",
                "Contractors need it in Polish as well. I keep that out of this item; see the inbox.",
            ),
        ),
    ),
    Piece(
        "gangway-low-tide",
        "“Gangway”: boarding a moored vessel at low tide",
        "script",
        """
        The existing film shows a level gangway on a calm day. At low tide it is a steep ladder with a net
        beside it, and that is where people fall. Script for three minutes: steepness, net, one hand free,
        who says when it is safe. The harbour pilots' association offered two people who have told the
        story of their own fall before.
        """,
        came=54,
        life="accepted 51",
        by="amara",
        queue="enhancement",
        owner="tomas",
        effort=8,
        horizon="release",
        program="Training",
        channel="Learning platform",
        segments=("Port operators",),
        labels=("script",),
        rated="333 343 221",
        next_cycle=True,
        criteria=(("Two pilots read the script and would say it that way.", "Reading on board"),),
        said=(
            (
                50,
                "tomas",
                "Met both. One of them laughs when she tells it; that is the tone to keep.",
            ),
        ),
    ),
    Piece(
        "snap-back",
        "Snap-back zone of mooring lines: draw it from above",
        "scene",
        """
        A line under tension that parts sweeps an area nobody can see from the deck. The drawing from above,
        laid over the real deck, was the strongest moment of the workshop at the yard. One shot from the crane,
        four drawn areas, no narration.
        """,
        came=38,
        life="accepted 35",
        by="tomas",
        queue="enhancement",
        owner="tomas",
        effort=3,
        program="Training",
        channel="Learning platform",
        segments=("Port operators",),
        labels=("mooring", "footage"),
        rated="333 442 212",
        sure="igi",
        horizon="release",
        next_cycle=True,
        criteria=(
            (
                "A deckhand points at the right area on a photograph.",
                "Five people, before and after",
            ),
        ),
        adjusted=(
            Adjusted(
                33,
                "amara",
                6,
                35,
                "A port operator lets us use its crane for free until the end of the quarter.",
                "Letter of the harbour master",
                ended=14,
                ended_why="The crane is in the dock for repairs; the offer stands for later.",
            ),
        ),
    ),
    Piece(
        "night-palette",
        "Night shift: a palette that survives a cheap projector",
        "visual_system",
        """
        Half of our night scenes vanish on the projectors in break rooms. We need six colours and two light
        set-ups that stay readable at a contrast of 1:200, and one style frame per set-up that camera and
        grading can work from. The frames go through review like a script.
        """,
        came=58,
        life="accepted 55, started 30, reviewed 16",
        by="tomas",
        queue="enhancement",
        owner="tomas",
        effort=5,
        horizon="sprint",
        program="Training",
        channel="Classroom kit",
        segments=("Port operators", "Hospital groups"),
        labels=("pictures", "footage"),
        rated="234 332 111",
        criteria=(
            (
                "Faces are recognisable on the oldest projector we could find.",
                "Break room test with six people",
            ),
            "Each colour passes 4.5:1 against the background it is meant for.",
        ),
        verified=1,
        said=(
            (17, "tomas", "Frame B carries the idea. The sodium light is gone, the faces stay."),
        ),
    ),
    Piece(
        "vest-class",
        "High-visibility vests: class 2 is shown where class 3 is meant",
        "fix",
        """
        In “On the apron” two people beside the taxiway wear class 2 vests. Airports require class 3 there. An
        auditor of a regional airport noticed it on the projector. Four shots, together eleven seconds; the
        sleeves can be added in post.
        """,
        came=79,
        life="accepted 78, started 76, reviewed 73, done 71",
        by="priya",
        queue="stability",
        owner="tomas",
        effort=3,
        severity=3,
        program="Compliance",
        channel="Learning platform",
        segments=("Regional airports",),
        labels=("footage", "wording"),
        rated="322 322 143",
        criteria=(("All four shots show sleeves with two bands.", "Stills in the asset"),),
        verified=1,
    ),
    Piece(
        "dock-leveller",
        "Dock leveller: the gap that opens when the lorry drives off",
        "scene",
        """
        Four seconds decide it: the lorry leaves early, the plate drops, the pallet truck is on it. We show
        the wheel chock first and the drop once, from inside. Depends on the retail chain's permission to
        film at their dock on a Sunday.
        """,
        came=50,
        life="accepted 44",
        by="tomas",
        queue="enhancement",
        owner="tomas",
        horizon="release",
        program="Training",
        channel="Learning platform",
        segments=("Retail chains",),
        labels=("footage",),
        rated="323 332 321",
        sure="gii",
        criteria=("The plate drops on camera without anybody near it.",),
        said=(
            (
                30,
                "amara",
                "The permission is with their legal department since three weeks. I ask again every Monday.",
            ),
        ),
    ),
    Piece(
        "near-miss-card",
        "A card for reporting near misses, to print and to tap",
        "task",
        """
        Goes with “Forklift ahead” and “Gangway”. One side paper, one side phone: where, what could have
        happened, who should know. Three fields. The phone version opens the customer's own form by a link
        that an administrator sets.
        """,
        came=62,
        life="accepted 60, started 37, reviewed 31, done 28",
        by="tomas",
        queue="enhancement",
        owner="ingrid",
        effort=3,
        program="Training",
        channel="Classroom kit",
        segments=("Port operators", "Retail chains"),
        labels=("forklift",),
        rated="334 232 111",
        criteria=(
            ("Filled in by a driver in gloves in less than a minute.", "Stopwatch, five drivers"),
        ),
        verified=1,
    ),
)
