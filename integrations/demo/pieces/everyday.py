"""Safety films: offices, ladders, lifting, noise."""

from __future__ import annotations

from integrations.demo.piece import Piece, Sign, series

PIECES = (
    Piece(
        "ladder-angle",
        "Show the ladder angle from the side in “Ladders and steps”",
        "scene",
        """
        From the front nobody can judge an angle. We show one in four from the side, with the elbow test,
        and drop the sentence with the degrees. Takes half a day in the studio; the narration stays.
        """,
        came=119,
        life="accepted 117, started 112, reviewed 109, done 107",
        by="camille",
        queue="stability",
        owner="tomas",
        effort=3,
        program="Training",
        channel="Learning platform",
        segments=("Municipal buyers", "Retail chains"),
        labels=("footage",),
        rated="223 231 131",
        criteria=("The angle can be read from the picture alone, without sound.",),
        verified=1,
    ),
    Piece(
        "noise-hearing",
        "“Noise”: let people hear the loss",
        "module",
        """
        A slider from “today” to “in ten years” that filters the sound of a birthday party the way hearing
        loss does. The people at the table keep talking; the learner stops understanding the child first.
        No statistics, no ear diagram.
        """,
        came=111,
        life="accepted 108, started 99, reviewed 86, reworked 84, reviewed 80, done 77",
        by="tomas",
        queue="enhancement",
        owner="tomas",
        effort=8,
        program="Training",
        channel="Learning platform",
        segments=("Port operators", "Regional airports"),
        labels=("sound",),
        rated="344 332 111",
        criteria=(
            ("The filter follows the published audiogram classes.", "Checked by an audiologist"),
            ("It works with the loudspeakers of a seminar room.", "Two rooms, one bad"),
        ),
        verified=2,
        said=(
            (
                85,
                "camille",
                "The audiologist agrees with classes 1 to 3. We leave out 4: nobody can follow a party there.",
            ),
            (
                78,
                "henrik",
                "Played it at the board meeting without a word of introduction. It needs none.",
            ),
        ),
    ),
    Piece(
        "protective-pictures",
        "One picture language for protective equipment",
        "visual_system",
        """
        Helmets, gloves and shoes look different in every course: photographs here, outlines there, twice a
        drawing from a supplier's catalogue. One set of forty pictures, drawn once, in three sizes, with
        rules for skin, gender and the colour of the background.
        """,
        came=101,
        life="accepted 97, started 90, reviewed 74, done 68",
        by="tomas",
        queue="enhancement",
        owner="tomas",
        effort=13,
        program="Training",
        channel="Learning platform",
        labels=("pictures", "accessibility"),
        rated="345 232 111",
        criteria=(
            ("All forty are told apart at 32 pixels.", "Ten people, printed and on a phone"),
            "Every picture has a description for screen readers.",
        ),
        verified=2,
        said=(
            (
                73,
                "amara",
                "The gloves are the hard ones. Chemical and cut resistant now differ by the cuff; even I can see it.",
            ),
        ),
    ),
    Piece(
        "lifting-advice",
        "“Boxes” still teaches the lifting technique that the institute withdrew",
        "fix",
        """
        The film says “back straight, knees bent” eleven times. The institute's leaflet that we follow was
        withdrawn last year; the new one speaks of keeping the load close and moving the feet. Nothing in
        the film is dangerous, but the quiz marks the current advice as wrong.

        - re-record five sentences
        - replace two quiz questions
        - keep the shots, they suit both
        """,
        came=29,
        life="accepted 27, started 7",
        by="camille",
        queue="stability",
        owner="tomas",
        effort=5,
        severity=3,
        due=9,
        horizon="sprint",
        program="Compliance",
        channel="Learning platform",
        segments=("Retail chains", "Municipal buyers"),
        labels=("wording", "quiz"),
        rated="323 333 243",
        sure="iic",
        criteria=(
            ("No sentence contradicts the current leaflet.", "Line by line by Camille"),
            ("Both new questions mark the current advice as right.", "Played through"),
        ),
        said=(
            (
                6,
                "camille",
                "Lines 14, 22 and 31 are the ones that must change; the others are style.",
            ),
        ),
        signs=series(
            "support_ticket",
            (30, 19, 8, 3),
            (2, 1, 3, 2),
            "support-desk",
            "Trainer asks which advice is right",
        ),
    ),
    Piece(
        "shift-fatigue",
        "Tired at four in the morning: five minutes for supervisors",
        "module",
        """
        Supervisors see it first and say nothing, because sending somebody home leaves a gap in the rota. The
        film gives them three sentences and one rule: the decision is theirs, not the tired person's.
        Hospital groups would place it in their leadership course.
        """,
        came=83,
        life="accepted 80",
        by="priya",
        queue="enhancement",
        owner="amara",
        effort=8,
        horizon="roadmap",
        program="Training",
        channel="Learning platform",
        segments=("Hospital groups",),
        labels=("shift work",),
        rated="332 331 112",
        sure="gig",
        criteria=(
            (
                "Supervisors can repeat the three sentences a month later.",
                "Call with eight of them",
            ),
        ),
    ),
    Piece(
        "driving-work",
        "A course about driving to work",
        "module",
        """
        Two municipal customers asked whether we have something about commuting by car. We do not, and the
        road safety associations give away very good ones.
        """,
        came=105,
        life="declined 104",
        why={
            "declined": "Good courses exist for free; ours would not be better. Priya passes the links on."
        },
        by="priya",
        program="Training",
        segments=("Municipal buyers",),
    ),
    Piece(
        "office-basics",
        "“Office basics”: thirty-one minutes become nine",
        "module",
        """
        The course with the most learners and the worst rating. Half of it explains what a desk is. Cut it to
        nine minutes in three parts: move, light, escape route. No new footage, one new narration.

        Self-serve teams pick our catalogue by its first five minutes, and for most of them this is the one
        they open.
        """,
        came=99,
        life="accepted 96, started 92, reviewed 79, reworked 78, reviewed 75, done 72",
        by="henrik",
        queue="enhancement",
        owner="tomas",
        effort=8,
        program="Training",
        channel="Learning platform",
        segments=("Self-serve teams", "Municipal buyers"),
        labels=("footage", "wording"),
        rated="435 343 111",
        sure="iii",
        criteria=(
            ("Median time to completion below ten minutes.", "Logbook, first four weeks"),
            ("The rating rises above 3.5 of 5.", "Learner survey, first hundred answers"),
        ),
        verified=2,
        said=(
            (78, "henrik", "The part about light still explains the sun. Otherwise: finally."),
            (
                70,
                "amara",
                "3.9 after 140 answers. The most frequent word in the comments is “short”.",
            ),
        ),
        signs=(Sign(98, "satisfaction_drop", 6, "learner-survey", "2.6 of 5 in the last quarter"),),
    ),
    Piece(
        "scaffold-tag",
        "Scaffold tags: read one before you climb",
        "scene",
        """
        Twenty seconds inside “Ladders and steps”: green tag, yellow tag, no tag. Asked for by two municipal
        building yards. Can be filmed at any site on any day.
        """,
        came=26,
        life="accepted 25",
        by="priya",
        queue="enhancement",
        owner="tomas",
        effort=2,
        horizon="release",
        program="Training",
        channel="Learning platform",
        segments=("Municipal buyers",),
        labels=("footage",),
        rated="222 321 111",
        criteria=("All three tags are readable on a phone.",),
    ),
    Piece(
        "ear-plugs",
        "How to put in an ear plug, in eight seconds, without words",
        "scene",
        """
        Left over from “Noise”. Nearly everybody does it wrong, and a loop beside the dispenser would do more
        than our course. Loop without sound, portrait and landscape, for the screens in the entrance.
        """,
        came=70,
        life="accepted 67, started 57, done 53",
        by="tomas",
        queue="enhancement",
        owner="tomas",
        effort=1,
        program="Training",
        channel="Classroom kit",
        segments=("Port operators",),
        labels=("sound", "footage"),
        rated="223 332 010",
        criteria=("Someone who has never seen one gets it right at the first try.",),
        verified=1,
    ),
)
