"""The player: starting, sessions, screens in entrances."""

from __future__ import annotations

from integrations.demo.piece import Piece, Sign, series

PIECES = (
    Piece(
        "slow-start",
        "Films take four seconds to start in hospital networks",
        "fix",
        """
        Hospital proxies open a new connection for every segment. The first picture comes after 4.1 seconds
        (median of 21 hospital groups), everywhere else after 0.9. Nurses start a film between two patients;
        four seconds is when they put the phone away.

        Two changes: one larger first segment, and the list of segments inside the page.
        """,
        came=39,
        life="accepted 37, started 14",
        by="priya",
        queue="stability",
        owner="ingrid",
        effort=3,
        severity=2,
        due=5,
        horizon="sprint",
        program="Product adoption",
        channel="Learning platform",
        segments=("Hospital groups",),
        labels=("player", "performance"),
        rated="333 443 324",
        sure="icc",
        again=(
            (
                10,
                "ingrid",
                {"technical_risk": (3, "certain"), "recurrence": (5, "certain")},
                "Measured on four networks.",
            ),
        ),
        criteria=(
            (
                "First picture within 1.5 s at the four slowest groups.",
                "Player telemetry, one week",
            ),
        ),
        said=(
            (
                13,
                "ingrid",
                "With the larger first segment: 2.2 s at Lindenhof. The second half is the list.",
            ),
            (
                12,
                "priya",
                "Lindenhof noticed by themselves and said thank you. That happens about once a year.",
            ),
        ),
        signs=(
            *series(
                "support_ticket",
                (40, 33, 24, 15, 8, 3),
                (4, 5, 3, 6, 4, 3),
                "support-desk",
                "Films start slowly on the ward",
            ),
            Sign(
                38,
                "affected_users",
                5200,
                "player-telemetry",
                "Learners with a start above three seconds",
            ),
            Sign(
                10,
                "affected_users",
                4800,
                "player-telemetry",
                "Learners with a start above three seconds",
            ),
            Sign(26, "satisfaction_drop", 5, "learner-survey", "“Slow” named in hospitals"),
        ),
    ),
    Piece(
        "scene-telemetry",
        "Where people leave: per scene, not per film",
        "feature",
        """
        We know that 30% leave a film and not where. With one event per scene, without personal data, authors
        see the drop beside their script in Slipway. Works councils have to agree to the wording of the notice.
        """,
        came=48,
        life="accepted 45",
        by="amara",
        queue="enhancement",
        owner="ingrid",
        effort=5,
        horizon="release",
        program="Product adoption",
        channel="Learning platform",
        segments=("Self-serve teams",),
        labels=("player", "reporting"),
        rated="345 222 221",
        sure="iii",
        criteria=(
            "An author sees last week's drop per scene on Monday morning.",
            "No event can be traced to a person.",
        ),
        said=(
            (
                44,
                "camille",
                "The notice needs one sentence more than the draft. I send it with the next review.",
            ),
        ),
    ),
    Piece(
        "classroom-cast",
        "Send a film to the screen of the classroom",
        "feature",
        """
        Trainers carry their laptop to the projector. The screens in classrooms speak three different
        languages, and one of them changes next year.
        """,
        came=85,
        life="accepted 83, parked 52 until 96",
        why={"parked": "Two of three makers change their interface; it is cheaper to wait."},
        by="priya",
        queue="enhancement",
        owner="ingrid",
        effort=13,
        program="Product adoption",
        channel="Classroom kit",
        segments=("Municipal buyers",),
        labels=("player",),
        rated="332 221 321",
    ),
    Piece(
        "undefined-error",
        "When a film is withdrawn, learners read “undefined”",
        "fix",
        """
        A withdrawn film shows an empty page with the word “undefined”. Forty learners of a retail chain had
        one in their plan this morning. The page should say that the film was withdrawn, since when, and who
        can tell them more.
        """,
        came=34.7,
        life="accepted 34.6, started 34.5, done 34.1",
        by="priya",
        queue="hotfix",
        owner="ingrid",
        severity=3,
        effort=1,
        program="Product adoption",
        channel="Learning platform",
        segments=("Retail chains",),
        labels=("player",),
        rated="222 343 233",
        criteria=("The page names film, day and contact.",),
        verified=1,
        signs=(
            Sign(34.7, "support_ticket", 9, "support-desk", "“undefined” instead of a film"),
            Sign(
                34.6,
                "affected_users",
                40,
                "logbook",
                "Learners with a withdrawn film in their plan",
            ),
        ),
    ),
    Piece(
        "consent-covers",
        "On phones the consent notice of a customer covers the play button",
        "fix",
        """
        A regional airport changed its consent notice, and on phones it lies over our button. Nothing can be
        played before the shift. We keep a free strip at the bottom when a page asks for it; the airport has
        to set one value.
        """,
        came=13.6,
        life="accepted 13.5, started 13.4, done 13.0",
        by="priya",
        queue="hotfix",
        owner="ingrid",
        severity=2,
        effort=1,
        program="Product adoption",
        channel="Mobile app",
        segments=("Regional airports",),
        labels=("player",),
        rated="333 443 222",
        sure="iii",
        criteria=("Played on two phones with the notice open.",),
        verified=1,
        said=(
            (
                13.2,
                "priya",
                "The airport set the value while we were on the phone. First shift starts in an hour.",
            ),
        ),
        signs=(
            Sign(13.6, "support_ticket", 6, "support-desk", "Cannot press play"),
            Sign(
                13.5,
                "affected_users",
                310,
                "player-telemetry",
                "Visits without a start at this airport",
            ),
        ),
    ),
    Piece(
        "session-thirty",
        "The session ends after thirty minutes, in the middle of the film",
        "fix",
        """
        Whoever watches a course of forty minutes without a click is signed out at minute thirty, and the
        completion is lost. It came with the safer sessions of the last release: playing does not count as
        activity any more.

        Workaround until then: pause once in between.
        """,
        came=11,
        life="accepted 10.2, moved 1.3 hotfix, started 1.2",
        why={
            "moved": "Not one customer any more: four hospital groups lose completions before the audit date, and it"
            " gets worse every shift."
        },
        by="priya",
        queue="stability",
        owner="ingrid",
        effort=2,
        severity=1,
        program="Product adoption",
        channel="Learning platform",
        segments=("Hospital groups", "Municipal buyers"),
        labels=("player", "sessions"),
        rated="443 544 434",
        sure="icc",
        criteria=(
            (
                "Forty minutes without a click end with a completion.",
                "Automatic test and two wards",
            ),
            "A learner who was cut off gets the completion afterwards.",
        ),
        said=(
            (
                9,
                "ingrid",
                "Playing has to count again. Easy; what is not easy is giving back what was lost.",
            ),
            (
                1.25,
                "priya",
                "Four groups now. The audit at Lindenhof is next week. I told them: today or tomorrow.",
            ),
            (
                0.5,
                "ingrid",
                "First half is live. Now the lost completions, from the logs. @amara the list comes tonight.",
            ),
        ),
        signs=(
            *series(
                "support_ticket",
                (11, 8, 5, 3.3, 1.4),
                (2, 4, 6, 12, 9),
                "support-desk",
                "Completion lost at minute thirty",
            ),
            Sign(
                4, "affected_users", 1150, "logbook", "Films left at minute 30 without completion"
            ),
            Sign(
                1.5,
                "incident",
                2,
                "status-monitor",
                "Completions of long courses below half of normal",
            ),
        ),
        links=(("relates", "resume-shared"),),
    ),
    Piece(
        "subtitle-size",
        "The chosen size of subtitles is forgotten",
        "fix",
        """
        Every film starts with the small subtitles again. People with weak eyesight set it thirty times a
        course. Remember it with the language.
        """,
        came=19,
        life="accepted 18",
        by="priya",
        queue="stability",
        owner="ingrid",
        effort=1,
        severity=3,
        horizon="release",
        program="Product adoption",
        channel="Learning platform",
        labels=("player", "captions", "accessibility"),
        rated="223 332 125",
        sure="iii",
        criteria=("The size survives signing out and in.",),
        signs=series(
            "support_ticket", (19, 7), (2, 2), "support-desk", "Subtitles are small again"
        ),
    ),
    Piece(
        "kiosk-loop",
        "In kiosk mode the last two seconds repeat before the loop",
        "fix",
        """
        On the screens in entrances the end stutters twice before the film starts again. Nobody complains,
        everybody sees it. Probably the same cause as the growing memory.
        """,
        came=56,
        life="accepted 53",
        by="tomas",
        queue="stability",
        owner="",
        effort=2,
        severity=4,
        horizon="roadmap",
        program="Product adoption",
        channel="Classroom kit",
        segments=("Port operators",),
        labels=("player", "kiosk"),
        rated="112 112 113",
        sure="ggg",
        links=(("relates", "kiosk-memory"),),
    ),
    Piece(
        "kiosk-memory",
        "Kiosk screens need a restart every second week",
        "fix",
        """
        Memory grows by about 40 MB a day in kiosk mode until the browser gives up. Three ports restart their
        screens by hand. Recordings from two screens are in the support folder.
        """,
        came=23,
        life="accepted 21",
        by="ingrid",
        queue="stability",
        owner="",
        severity=3,
        program="Product adoption",
        channel="Classroom kit",
        segments=("Port operators",),
        labels=("player", "kiosk"),
        said=(
            (
                20,
                "ingrid",
                "Not rated yet: I want to see the recordings first, it may be a day or a week.",
            ),
        ),
        signs=series(
            "incident", (46, 32, 17), (1, 1, 1), "status-monitor", "Kiosk screen stopped reporting"
        ),
    ),
    Piece(
        "autoplay-next",
        "Turn off the automatic start of the next film",
        "feature",
        """
        After the last scene the next film starts by itself. In a classroom that is embarrassing. A switch for
        customers would do, a default of “off” for courses with a trainer would be better.
        """,
        came=41,
        life="accepted 38, started 32, done 29",
        by="priya",
        queue="enhancement",
        owner="ingrid",
        effort=1,
        program="Product adoption",
        channel="Classroom kit",
        segments=("Municipal buyers",),
        labels=("player",),
        rated="223 323 010",
        criteria=("Courses with a trainer stop after each film.",),
        verified=1,
    ),
    Piece(
        "emoji-reactions",
        "Let learners react to scenes with emoji",
        "feature",
        """
        From a workshop with a customer's marketing department. Would give us a rough picture of the mood per
        scene, and a comment column that nobody reads.
        """,
        came=73,
        life="declined 72 by amara",
        why={
            "declined": "Where people leave tells us more, and nobody who has to learn asked for it."
        },
        by="henrik",
        channel="Learning platform",
        labels=("player",),
    ),
)
