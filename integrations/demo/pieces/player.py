"""The player: pictures, captions and controls."""

from __future__ import annotations

from integrations.demo.piece import Adjusted, Piece, Sign, series

PIECES = (
    Piece(
        "tablet-freeze",
        "Films freeze at second seven on tablets with the new system version",
        "fix",
        """
        Since the system update of last night, films stop at 0:07 on the tablets that ports hand out to crews.
        Sound goes on. Eleven crews started their shift without the briefing. Cause: the hardware decoder
        refuses our second segment; turning it off for this version helps.
        """,
        came=103.3,
        life="accepted 103.2, started 103.1, reviewed 102.6, done 102.2",
        by="priya",
        queue="hotfix",
        owner="ingrid",
        severity=2,
        effort=3,
        program="Product adoption",
        channel="Mobile app",
        segments=("Port operators",),
        labels=("player", "tablet"),
        rated="333 443 433",
        criteria=(
            ("A film runs to the end on three such tablets.", "On our shelf and at one port"),
        ),
        verified=1,
        said=(
            (
                102.4,
                "ingrid",
                "The switch is out. I keep the item open until the first port has confirmed it.",
            ),
        ),
        signs=(
            Sign(103.3, "incident", 3, "status-monitor", "Playback errors above the limit"),
            Sign(103.2, "affected_users", 640, "player-telemetry", "Sessions that stopped at 0:07"),
            Sign(102.9, "support_ticket", 11, "support-desk", "Crew cannot see the briefing"),
        ),
    ),
    Piece(
        "captions-seek",
        "Captions fall back to English after jumping in the timeline",
        "fix",
        """
        Choose French captions, jump forward, and the next line is English until the page is loaded again.
        Only in films with more than four languages: the list is read again in the order of the file.
        """,
        came=96,
        life="accepted 95, started 89, reviewed 86, done 84",
        by="priya",
        queue="stability",
        owner="ingrid",
        effort=2,
        severity=3,
        program="Product adoption",
        channel="Learning platform",
        labels=("player", "captions"),
        rated="223 332 123",
        criteria=("The language stays the same after twenty random jumps.",),
        verified=1,
    ),
    Piece(
        "resume-shared",
        "On shared terminals films resume where somebody else stopped",
        "fix",
        """
        In break rooms the next learner starts in the middle of the film. The position is kept per device when
        nobody is signed in. It should be forgotten when the page has been left alone for five minutes.
        """,
        came=30,
        life="accepted 28",
        by="priya",
        queue="stability",
        owner="ingrid",
        effort=2,
        severity=3,
        horizon="release",
        program="Product adoption",
        channel="Learning platform",
        segments=("Hospital groups", "Port operators"),
        labels=("player", "shared terminals"),
        rated="222 342 224",
        sure="iii",
        next_cycle=True,
        criteria=("After five idle minutes every film starts at its beginning.",),
        signs=series(
            "support_ticket",
            (31, 22, 12, 5, 2),
            (2, 3, 2, 4, 3),
            "support-desk",
            "Film starts in the middle",
        ),
    ),
    Piece(
        "transcripts",
        "A transcript beside the film that follows along",
        "feature",
        """
        Reading along helps people who learn in their second language, and searching in it helps everybody.
        The transcript scrolls with the film, a click on a line jumps there, and it prints as a page.

        It is also the way in for those who may not use sound at work, which is most of a hospital.
        """,
        came=107,
        life="accepted 103, started 83, reviewed 66, reworked 64, reviewed 62, done 59",
        by="amara",
        queue="enhancement",
        owner="ingrid",
        effort=8,
        program="Product adoption",
        channel="Learning platform",
        segments=("Hospital groups", "Municipal buyers"),
        labels=("player", "accessibility"),
        rated="445 443 211",
        sure="iii",
        criteria=(
            ("A screen reader reads the line that is spoken.", "Two screen readers"),
            ("One learner in five opens it within a month.", "Player telemetry"),
        ),
        verified=2,
        said=(
            (
                65,
                "camille",
                "The printed page lacks the version of the film. Auditors will ask which text that was.",
            ),
            (50, "amara", "29% have opened it. On wards it is 60%."),
        ),
    ),
    Piece(
        "volume-trap",
        "With the keyboard one cannot leave the volume control",
        "fix",
        """
        Tab goes in, nothing goes out. Anybody who works without a mouse has to load the page again. Found by
        the accessibility check of a municipality before it signs.
        """,
        came=44.5,
        life="accepted 43, started 41, reviewed 39, done 38",
        by="priya",
        queue="stability",
        owner="ingrid",
        effort=1,
        severity=2,
        program="Product adoption",
        channel="Learning platform",
        segments=("Municipal buyers",),
        labels=("player", "accessibility"),
        rated="333 333 144",
        criteria=("Every control can be reached and left by Tab alone.",),
        verified=1,
    ),
    Piece(
        "speed-steps",
        "Playback speed in steps of a quarter",
        "feature",
        """
        Half, one and double are what we have. Trainers ask for 1.25, people who learn in a second language for
        0.75. The choice is remembered per person.
        """,
        came=94,
        life="accepted 92, started 78, done 74",
        by="priya",
        queue="enhancement",
        owner="ingrid",
        effort=2,
        program="Product adoption",
        channel="Learning platform",
        segments=("Self-serve teams",),
        labels=("player",),
        rated="224 332 111",
        criteria=("The voice keeps its pitch at every speed.",),
        verified=1,
        signs=series("support_ticket", (95, 85), (3, 2), "support-desk", "Asks for more speeds"),
    ),
    Piece(
        "low-bandwidth",
        "A picture that can still be read at 300 kbit/s",
        "feature",
        """
        On ships and in basements our smallest version is a slideshow in fog. A new smallest one: fewer frames,
        sharp text, sound first. Screens with writing get a still instead of film.
        """,
        came=55,
        life="accepted 52, started 16",
        by="ingrid",
        queue="enhancement",
        owner="ingrid",
        effort=5,
        horizon="sprint",
        program="Product adoption",
        channel="Mobile app",
        segments=("Port operators", "Hospital groups"),
        labels=("player", "performance"),
        rated="344 342 211",
        sure="iii",
        criteria=(
            ("Text on screen is readable at 300 kbit/s.", "Ten people, phone at arm's length"),
            ("It starts within three seconds on such a line.", "Measured with a throttled line"),
        ),
        said=(
            (9, "ingrid", "Stills for the screens with writing save 40% alone. Frames come next."),
        ),
        links=(("part_of", "offline-rounds"),),
    ),
    Piece(
        "poster-frame",
        "Poster pictures show the black first frame",
        "fix",
        """
        Since the render chain was changed, a third of the catalogue looks like a row of black rectangles in
        lists. Take the frame that the author marked, else the one at ten per cent.
        """,
        came=20,
        life="accepted 19",
        by="tomas",
        queue="stability",
        owner="ingrid",
        effort=1,
        severity=4,
        horizon="release",
        program="Go-to-market",
        channel="Website",
        segments=("Self-serve teams",),
        labels=("player", "render chain"),
        rated="323 233 123",
        sure="iii",
        next_cycle=True,
        criteria=("No list shows a black picture.",),
    ),
    Piece(
        "audio-description",
        "Audio description as a second track",
        "feature",
        """
        Municipal tenders ask for it from next year on. Four films have to have it first: the ones that every
        employee must see. Needs a switch in the player, a second track in Slipway and a voice that is not
        the narrator's.
        """,
        came=61,
        life="accepted 58",
        by="amara",
        queue="enhancement",
        owner="ingrid",
        effort=8,
        horizon="release",
        due=55,
        program="Compliance",
        channel="Learning platform",
        segments=("Municipal buyers", "Hospital groups"),
        labels=("player", "accessibility"),
        rated="454 332 221",
        sure="cii",
        again=(
            (
                22,
                "amara",
                {"business_value": (5, "informed")},
                "Two tenders worth a tenth of next year's income name it.",
            ),
        ),
        criteria=(
            (
                "A blind listener can answer the quiz of each of the four films.",
                "Session with three listeners",
            ),
            "The switch is found without help.",
        ),
        adjusted=(
            Adjusted(
                21,
                "amara",
                5,
                75,
                "Whoever has it first will be copied into the wording of the tenders.",
                "Draft criteria of the purchasing association",
            ),
        ),
        said=(
            (
                57,
                "henrik",
                "Please do not let this become a project of its own. Four films, one switch.",
            ),
        ),
    ),
    Piece(
        "video-engine",
        "Replace the video engine before its support ends",
        "task",
        """
        The library that plays our films gets no more fixes from next spring on. Its successor needs other
        segments for captions and drops two old browsers that 1.5% of learners still use.

        1. list what we use of it
        2. run both side by side behind a switch
        3. move one segment of customers at a time
        """,
        came=78,
        life="accepted 75",
        by="ingrid",
        queue="stability",
        owner="ingrid",
        effort=20,
        horizon="roadmap",
        due=150,
        program="Product adoption",
        channel="Learning platform",
        labels=("player", "upgrade"),
        rated="224 121 433",
        sure="iic",
        links=(("blocks", "classroom-cast"),),
        criteria=(
            (
                "No more playback errors than before, per segment.",
                "Player telemetry, two weeks each",
            ),
            "The two old browsers get a page that says what to do.",
        ),
        said=(
            (
                74,
                "ingrid",
                "Not urgent and not optional. I would start with the list in a quiet week.",
            ),
        ),
    ),
    Piece(
        "chapters",
        "Chapters in the timeline",
        "feature",
        """
        Films longer than five minutes get marks with names. The names are in the scripts already; Slipway has
        to hand them on. Learners who repeat a course jump straight to the part that they failed.
        """,
        came=68,
        life="accepted 65, started 36, reviewed 25, done 22",
        by="tomas",
        queue="enhancement",
        owner="ingrid",
        effort=3,
        program="Product adoption",
        channel="Learning platform",
        segments=("Self-serve teams", "Hospital groups"),
        labels=("player",),
        rated="334 332 111",
        criteria=(("Repeaters need half the time.", "Logbook, four weeks"),),
        verified=0,
        said=(
            (
                21,
                "amara",
                "Live for everybody since this morning. The number for repeaters comes in four weeks, not earlier.",
            ),
        ),
    ),
    Piece(
        "contrast-controls",
        "Controls with enough contrast on bright films",
        "fix",
        """
        White buttons on snow, sand and hospital corridors. A soft dark band behind the controls, only while
        they are visible.
        """,
        came=33.5,
        life="accepted 32, started 21, reviewed 18, done 16",
        by="camille",
        queue="stability",
        owner="ingrid",
        effort=1,
        severity=3,
        program="Compliance",
        channel="Learning platform",
        labels=("player", "accessibility"),
        rated="223 232 133",
        criteria=("4.5:1 on the ten brightest frames of the catalogue.",),
        verified=1,
    ),
    Piece(
        "picture-in-picture",
        "A small window that stays on top of other programs",
        "feature",
        """
        Asked for by two trainers who want to take notes. Watching safety films in a corner of the screen while
        answering mail is what our customers want to avoid.
        """,
        came=60.5,
        life="declined 59",
        why={
            "declined": "It invites people to look away. Notes beside the film may come back as an idea of its own."
        },
        by="priya",
        channel="Learning platform",
        labels=("player",),
    ),
)
