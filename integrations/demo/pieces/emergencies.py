"""Safety films: fire, cold, chemicals, and getting out."""

from __future__ import annotations

from integrations.demo.piece import Piece, series

PIECES = (
    Piece(
        "evacuation-last",
        "Evacuation for the people who stay last",
        "module",
        """
        Everybody learns how to leave. Floor wardens, ward sisters and gate staff have to stay until others
        have left, and our course gives them one sentence. The module is about deciding when the sweep is
        over: three rooms, one locked toilet, a colleague who went back for a bag.

        Hospitals need a version in which patients cannot walk; that is a separate item.
        """,
        came=47,
        life="accepted 40, started 9",
        by="priya",
        queue="enhancement",
        owner="tomas",
        effort=8,
        horizon="sprint",
        program="Compliance",
        channel="Learning platform",
        segments=("Hospital groups", "Regional airports"),
        labels=("evacuation",),
        rated="343 432 121",
        sure="iii",
        links=(("blocks", "ward-evacuation"),),
        criteria=(
            ("A warden who finishes it can say when to stop searching.", "Three tabletop drills"),
            "The alarm sound is not the real one of any customer.",
        ),
        said=(
            (
                38,
                "priya",
                "Three hospital groups asked within a month; I promised them a date by the end of the cycle.",
            ),
            (
                8,
                "camille",
                "Please keep “never go back” as it is. It is the one sentence the fire services agree on.",
            ),
        ),
        signs=series(
            "support_ticket",
            (48, 31, 10),
            (2, 3, 2),
            "support-desk",
            "Asks for a course for floor wardens",
        ),
    ),
    Piece(
        "ward-evacuation",
        "Evacuation when patients cannot walk: bed, mattress, blanket",
        "module",
        """
        The hospital counterpart of the module for floor wardens. Three ways of moving a person who cannot
        get up, and the order in which to choose them. Needs a ward for two days and two actors who can be
        dragged.
        """,
        came=36,
        life="accepted 34",
        by="amara",
        queue="enhancement",
        owner="amara",
        effort=13,
        horizon="roadmap",
        program="Compliance",
        channel="Learning platform",
        segments=("Hospital groups",),
        labels=("evacuation",),
        rated="443 342 332",
        sure="igi",
        criteria=(
            ("A nurse chooses the right way in nine of ten situations.", "Drill on a ward"),
            "Nobody in the film could be taken for a real patient.",
        ),
    ),
    Piece(
        "subtitle-reader",
        "A second reader for every subtitle that gives an instruction",
        "task",
        """
        Follows from the subtitle that told people to take the lift. Whatever tells somebody to do or not
        to do something gets a second reader who speaks the language and has not translated it. The
        checklist names who; Slipway refuses to publish a subtitle file without the second name.
        """,
        came=43.5,
        life="accepted 43.2, started 40, done 33",
        by="camille",
        queue="stability",
        owner="camille",
        effort=3,
        severity=2,
        program="Compliance",
        channel="Learning platform",
        labels=("captions", "prevention"),
        rated="334 333 254",
        sure="iic",
        criteria=(
            ("Every published language has two names beside it.", "List from Slipway"),
            ("A file without a second name cannot be published.", "Tried with a test film"),
        ),
        verified=2,
        said=(
            (41, "ingrid", "The refusal is two lines in the publishing check. I take that part."),
        ),
        links=(("relates", "lift-subtitle"),),
    ),
    Piece(
        "ship-extinguisher",
        "Extinguishers on board: which one, when, and when to close the door instead",
        "script",
        """
        A film for crews, in the style of “Hot works”. The classification societies revise their wording this
        year, and whatever we film now would be half wrong. Until then a one-page summary in the classroom
        kit has to do.
        """,
        came=75,
        life="accepted 73, parked 58 until 47",
        why={"parked": "The wording is being revised; filming before that would be wasted."},
        queue="enhancement",
        owner="tomas",
        effort=8,
        program="Compliance",
        channel="Classroom kit",
        segments=("Port operators",),
        labels=("script",),
        rated="332 231 231",
        criteria=("Follows the revised wording, cited on screen.",),
    ),
    Piece(
        "eye-wash",
        "“Chemicals in the workshop”: the eye wash is used for four seconds",
        "fix",
        """
        It must run for at least ten minutes, and our actor blinks twice and walks off. Add a cut with a clock
        and a second person who calls for help. The narration is right already.
        """,
        came=22,
        life="accepted 20, started 13, reviewed 6",
        by="camille",
        queue="stability",
        owner="tomas",
        effort=3,
        severity=2,
        due=12,
        horizon="sprint",
        program="Compliance",
        channel="Learning platform",
        segments=("Port operators", "Municipal buyers"),
        labels=("footage",),
        rated="333 342 253",
        sure="iic",
        criteria=(("The clock shows that ten minutes pass.", "Still in the asset"),),
        said=(
            (
                5,
                "tomas",
                "Cut is in. The clock is the one from the workshop wall, so it belongs to the room.",
            ),
        ),
    ),
    Piece(
        "hazard-pictograms",
        "Hazard pictograms: replace the orange squares",
        "task",
        """
        Three older modules and one poster still show the orange squares. They have been invalid for years
        and are the first thing an inspector sees. Swap the pictures, keep the texts, publish in all
        languages on one day.
        """,
        came=95,
        life="accepted 94, started 88, done 82",
        by="camille",
        queue="stability",
        owner="tomas",
        effort=2,
        program="Compliance",
        channel="Learning platform",
        segments=("Port operators",),
        labels=("pictures",),
        rated="222 221 052",
        criteria=("No orange square is left in any published version.",),
        verified=1,
    ),
    Piece(
        "lock-tag-try",
        "“Lock, tag, try”: the try is missing in the German cut",
        "fix",
        """
        The German version is eleven seconds shorter, and what fell out is the moment in which she presses
        the start button to prove that nothing moves. Without it the film teaches half the procedure. The
        shot exists; it was cut because the sentence did not fit.
        """,
        came=66,
        life="accepted 66, started 65, reviewed 63, done 62",
        by="camille",
        queue="stability",
        owner="tomas",
        effort=2,
        severity=2,
        program="Compliance",
        channel="Learning platform",
        segments=("Port operators",),
        labels=("footage", "localisation"),
        rated="323 332 253",
        criteria=(
            ("All languages have the same number of shots.", "Counted by the render report"),
        ),
        verified=1,
        said=(
            (
                64,
                "tomas",
                "Fits if she says “Probe!” instead of the whole sentence. Recorded it on the phone, sounds right.",
            ),
        ),
    ),
    Piece(
        "cold-store",
        "Cold store: what minus twenty-four degrees does to judgement",
        "module",
        """
        After twenty minutes in a cold store people get faster and worse at small decisions, and they do
        not notice. The module lets the learner count stock while the room gets colder: the picture
        narrows, the sound dulls, the numbers on the labels get harder to hold. Retail chains asked for
        something better than a list of clothing.
        """,
        came=88,
        life="accepted 85",
        by="amara",
        queue="enhancement",
        owner="",
        effort=13,
        horizon="release",
        program="Training",
        channel="Learning platform",
        segments=("Retail chains",),
        labels=("cold store",),
        rated="333 232 211",
        sure="igi",
        criteria=(
            (
                "Learners can name two early signs in themselves a week later.",
                "Follow-up question by mail",
            ),
        ),
        said=(
            (
                84,
                "camille",
                "The times of exposure differ by country. Please show ranges, and name the source on screen.",
            ),
        ),
    ),
    Piece(
        "heat-work",
        "Working in the heat: drink before you are thirsty",
        "module",
        """
        Ground staff, waste collection, roof work. Everybody wants it in July and nobody books it in
        January. Written once, filmed in one day, published six weeks before the first hot week.
        """,
        came=92,
        life="parked 90 until 73",
        why={"parked": "Comes back in time for the hot months; nothing is lost by waiting."},
        by="henrik",
        program="Training",
        channel="Learning platform",
        segments=("Regional airports", "Municipal buyers"),
        labels=("footage",),
    ),
)
