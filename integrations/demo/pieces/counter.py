"""Films on customers: at the counter."""

from __future__ import annotations

from integrations.demo.piece import Adjusted, Piece, Sign, series

PIECES = (
    Piece(
        "calm-counter",
        "“A calm counter”: dialogue for the second conversation",
        "script",
        """
        The first conversation works: he shouts, she stays seated. The second is with a man who does not
        shout, who is right, and whom she cannot help. That is what counter staff call the hard ones. Three
        minutes, two people, no music.

        > The refusal must be audible before second forty. Everything after it is about dignity.
        """,
        came=59,
        life="accepted 56, started 34, reviewed 10",
        by="tomas",
        queue="enhancement",
        owner="tomas",
        effort=5,
        horizon="sprint",
        program="Training",
        channel="Learning platform",
        segments=("Municipal buyers", "Hospital groups", "Regional airports"),
        labels=("script", "counter"),
        rated="434 432 112",
        sure="iii",
        criteria=(
            ("Counter staff say “that is exactly how it goes”.", "Reading with two offices"),
            "The refusal is audible before second forty.",
        ),
        said=(
            (
                33,
                "tomas",
                "Spent a morning behind the counter in Almada. The sentence with the ticket number is a real one.",
            ),
            (
                9,
                "priya",
                "Sent it to the two offices. First answer: “who told you about Mr Brandt?”",
            ),
        ),
    ),
    Piece(
        "branch-drop",
        "The branch points of “A calm counter” lose four learners in ten",
        "module",
        """
        Telemetry says that 41% leave at the first branch. They do not dislike the question; they do not see
        that it is one: three buttons that look like subtitles. Give them the shape of the other courses,
        pause the sound, say “what do you do?”.
        """,
        came=27,
        life="accepted 26",
        by="ingrid",
        queue="enhancement",
        owner="tomas",
        effort=2,
        horizon="release",
        program="Training",
        channel="Learning platform",
        segments=("Municipal buyers", "Self-serve teams"),
        labels=("exercise", "counter"),
        rated="434 443 111",
        sure="icc",
        next_cycle=True,
        criteria=(
            ("Fewer than one in ten leave at the first branch.", "Player telemetry, two weeks"),
        ),
        signs=(
            Sign(
                27,
                "affected_users",
                2300,
                "player-telemetry",
                "Learners who left at the first branch, last 30 days",
            ),
            Sign(
                9,
                "affected_users",
                1900,
                "player-telemetry",
                "Learners who left at the first branch, last 30 days",
            ),
            Sign(9, "satisfaction_drop", 4, "learner-survey", "“Did it crash?”"),
        ),
        said=(
            (
                25,
                "ingrid",
                "@tomas you can see it in two minutes of recordings. They wait for the film to go on.",
            ),
        ),
    ),
    Piece(
        "lip-reading",
        "Serving a customer who reads lips",
        "scene",
        """
        Look up, do not cover your mouth, do not shout, write the number down. Made with two deaf customers who
        play themselves. Every course on counter work should carry it, and it is the scene we are asked for
        most often by hospitals.

        Needs an interpreter on set for a day; the association lends us one.
        """,
        came=52,
        life="accepted 48",
        by="priya",
        queue="enhancement",
        owner="tomas",
        effort=3,
        horizon="release",
        due=38,
        program="Training",
        channel="Learning platform",
        segments=("Hospital groups", "Municipal buyers", "Regional airports"),
        labels=("accessibility", "footage"),
        rated="444 443 122",
        sure="ici",
        next_cycle=True,
        again=(
            (
                16,
                "amara",
                {"strategic_fit": (4, "certain")},
                "The tender of the northern hospitals asks for it.",
            ),
        ),
        criteria=(
            ("The two people who play themselves approve the cut.", "Their signature"),
            "Everything that is said can be read from the picture.",
        ),
        said=(
            (
                47,
                "tomas",
                "They have a free week in a month from now. That would be ideal for the light as well.",
            ),
            (
                15,
                "amara",
                "Moved up my list: the tender of the northern hospitals asks for accessible service by name.",
            ),
        ),
        signs=series(
            "support_ticket",
            (53, 34, 17, 9),
            (3, 4, 5, 4),
            "support-desk",
            "Asks for a scene with a deaf customer",
        ),
    ),
    Piece(
        "front-desk-ward",
        "The front desk of a ward: three things at once",
        "module",
        """
        Phone, relative, alarm. The learner chooses whom to look at. There is no right order, but there is a
        sentence for each of the two who have to wait, and that is what the module trains.
        """,
        came=40,
        life="accepted 37",
        by="priya",
        queue="enhancement",
        owner="",
        effort=8,
        horizon="release",
        program="Training",
        channel="Learning platform",
        segments=("Hospital groups",),
        labels=("exercise", "counter"),
        rated="343 332 111",
        sure="igg",
        criteria=("Ward secretaries use one of the sentences within a week.",),
    ),
    Piece(
        "angry-dangerous",
        "Angry is not dangerous: where de-escalation ends",
        "module",
        """
        Our courses say “stay calm” and stop there. Staff in emergency rooms asked when they may leave. Clear
        signs, a word that brings a colleague, the way out. Written with a police trainer; no scenes of
        violence.
        """,
        came=44,
        life="accepted 41",
        by="camille",
        queue="enhancement",
        owner="tomas",
        effort=8,
        horizon="release",
        program="Compliance",
        channel="Learning platform",
        segments=("Hospital groups", "Municipal buyers"),
        labels=("script", "counter"),
        rated="344 442 232",
        sure="iii",
        criteria=("Three hospitals sign off the signs as theirs.",),
        said=((19, "camille", "Please no list of “types of people”. Signs, not types."),),
    ),
    Piece(
        "arabic-lower-thirds",
        "Arabic edition “منضدة هادئة”: names run into the logo in the lower thirds",
        "visual_system",
        """
        Right to left, the name begins where our logo sits. Mirroring the whole bar is wrong, because the logo
        has a fixed side. We need a second layout of the lower third: name on the right, role below it, logo
        left, and a rule for names in Latin script inside an Arabic line.

        Checked with the names السيدة ليلى حدّاد and “José Núñez”.
        """,
        came=33,
        life="accepted 31",
        by="tomas",
        queue="enhancement",
        owner="tomas",
        effort=3,
        horizon="release",
        program="Go-to-market",
        channel="Learning platform",
        segments=("Regional airports",),
        labels=("localisation", "pictures"),
        rated="333 222 122",
        sure="igi",
        criteria=(
            ("A native reader finds nothing odd in ten lower thirds.", "Reader in Amman"),
            "Names in Latin script keep their own direction.",
        ),
        said=(
            (
                21,
                "tomas",
                "Two frames are in the asset. The second one keeps the logo on the left and still looks like us.",
            ),
        ),
    ),
    Piece(
        "music-licence",
        "The music licence of “A calm counter” ends",
        "task",
        """
        The licence was bought for two years and covers 48 placements. Either we renew it (dearer by a third)
        or we replace the music in four scenes. A replacement composed for us would also end the yearly
        search. Whatever we do must be published before the date.
        """,
        came=34,
        life="accepted 33, started 8",
        by="camille",
        queue="stability",
        owner="camille",
        effort=3,
        severity=2,
        due=12,
        horizon="sprint",
        program="Compliance",
        channel="Learning platform",
        segments=("Municipal buyers", "Regional airports"),
        labels=("licence", "sound"),
        rated="323 222 253",
        sure="icc",
        criteria=(
            ("No placement plays the old music after the date.", "List of placements"),
            "The contract for the new music is filed.",
        ),
        said=(
            (
                32,
                "henrik",
                "Ask for a price for ten years. If it is below the price of two renewals, take it.",
            ),
            (
                7,
                "camille",
                "Composer signed, music arrives on Tuesday. @tomas please keep half a day for laying it in.",
            ),
        ),
        adjusted=(
            Adjusted(
                20,
                "henrik",
                3,
                40,
                "The publisher has asked twice already and would notice the first day.",
                "Two mails of the publisher",
            ),
        ),
    ),
    Piece(
        "interpreter-course",
        "A course on working with telephone interpreters",
        "module",
        """
        Asked for by one municipality. The interpreters' service gives away a leaflet that says it all on one
        page, and a film would age with every change of their number.
        """,
        came=77,
        life="declined 76",
        why={"declined": "A leaflet does this better than a film. Priya forwards it."},
        by="priya",
        segments=("Municipal buyers",),
    ),
    Piece(
        "survey-two-questions",
        "The survey after the counter course asks two questions in one",
        "fix",
        """
        “Was the course clear and useful?” gets a 3 from people who found it clear and useless. Split it; keep
        the old column so that the trend goes on.
        """,
        came=28,
        life="accepted 25, started 12, done 8",
        by="amara",
        queue="stability",
        owner="ingrid",
        effort=1,
        severity=4,
        program="Product adoption",
        channel="Learning platform",
        labels=("reporting",),
        rated="223 122 113",
        criteria=("Both questions have their own number from the next learner on.",),
        verified=1,
    ),
)
