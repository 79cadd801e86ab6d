"""Logbook: records, their ways in and out."""

from __future__ import annotations

from integrations.demo.piece import Adjusted, Piece, Sign

PIECES = (
    Piece(
        "statements-twice",
        "Records arrive twice after a repeated request",
        "fix",
        """
        When the customer's system answers late, we send again, and both count. Reports show 104% completion.
        Each record needs a number that the other side can recognise.
        """,
        came=98.5,
        life="accepted 97, started 91, reviewed 88, done 86",
        by="ingrid",
        queue="stability",
        owner="ingrid",
        effort=3,
        severity=2,
        program="Product adoption",
        channel="Learning platform",
        segments=("Hospital groups", "Retail chains"),
        labels=("logbook",),
        rated="333 333 345",
        criteria=(("A record that is sent ten times counts once.", "Test against three systems"),),
        verified=1,
    ),
    Piece(
        "due-zone",
        "Due dates in the customer's own time zone",
        "fix",
        """
        “Due on the 30th” ends at midnight in Berlin. On ships in the west, people are late before dinner. The due
        day should end where the learner is.
        """,
        came=86,
        life="accepted 83, started 77, reviewed 70, done 65",
        by="priya",
        queue="stability",
        owner="ingrid",
        effort=5,
        severity=3,
        program="Product adoption",
        channel="Learning platform",
        segments=("Port operators", "Regional airports"),
        labels=("logbook",),
        rated="233 332 234",
        criteria=("Three zones, one due day, no one is late before their midnight.",),
        verified=1,
    ),
    Piece(
        "rounding",
        "Plug-in and report round results differently",
        "fix",
        """
        79.5% is a pass in one and a fail in the other. Four learners were sent to repeat a course that they had
        passed. The report is right.
        """,
        came=9,
        life="accepted 8, started 5, reviewed 1.6",
        by="priya",
        queue="stability",
        owner="ingrid",
        effort=1,
        severity=2,
        due=2,
        horizon="sprint",
        program="Product adoption",
        channel="Learning platform",
        segments=("Municipal buyers",),
        labels=("logbook", "reporting"),
        rated="333 432 234",
        sure="iic",
        criteria=("Both show the same for every result between 0 and 100.",),
        signs=(Sign(9, "support_ticket", 4, "support-desk", "Passed and failed at the same time"),),
    ),
    Piece(
        "retention",
        "Delete learning records when the contract ends and the period is over",
        "feature",
        """
        Customers must keep records for a while and must not keep them longer. Today nothing is ever deleted. Per
        customer: how long, who is told before, what remains (counts without names). With a rehearsal that
        only lists.
        """,
        came=49.5,
        life="accepted 46, started 23",
        by="camille",
        queue="enhancement",
        owner="camille",
        effort=8,
        horizon="sprint",
        due=16,
        program="Compliance",
        channel="Learning platform",
        segments=("Hospital groups", "Municipal buyers", "Port operators"),
        labels=("logbook", "privacy"),
        rated="442 231 342",
        sure="iic",
        criteria=(
            ("The rehearsal lists exactly what the run deletes.", "Three customers"),
            "Nothing is deleted without two people having confirmed it.",
        ),
        said=(
            (
                22,
                "camille",
                "Periods per country are in the table. @ingrid column D is the one that surprises.",
            ),
            (
                4.5,
                "ingrid",
                "The rehearsal runs since yesterday. It lists 41,000 records of eleven former customers.",
            ),
        ),
    ),
    Piece(
        "council-anonymous",
        "Results for works councils without names",
        "feature",
        """
        Councils agree to quizzes when nobody can see who failed. Groups of fewer than eight are folded into the
        next larger one. Without it, two large customers use our films and not our quizzes.
        """,
        came=41.5,
        life="accepted 39",
        by="amara",
        queue="enhancement",
        owner="",
        effort=5,
        horizon="roadmap",
        program="Compliance",
        channel="Learning platform",
        segments=("Retail chains",),
        labels=("logbook", "privacy"),
        rated="442 231 231",
        sure="igi",
        criteria=("Nobody can be found by subtracting two reports.",),
    ),
    Piece(
        "deep-linking",
        "Choose single scenes from the customer's own learning platform",
        "feature",
        """
        Customers can embed a course, not a scene. The standard allows it; their platforms support it in five
        different ways. We do not know how large this is before we have tried two of them.
        """,
        came=22.5,
        life="accepted 20",
        by="henrik",
        queue="enhancement",
        owner="ingrid",
        horizon="roadmap",
        program="Product adoption",
        channel="Learning platform",
        segments=("Hospital groups",),
        labels=("logbook", "interfaces"),
        rated="343 232 32-",
        sure="igg",
    ),
    Piece(
        "completion-webhook",
        "Tell other systems about a completion at once",
        "feature",
        """
        Customers fetch completions once a night. Access control at the gate wants to know it now: no briefing, no
        entry. A signed message per completion, repeated until it is taken.
        """,
        came=34.5,
        life="accepted 32",
        by="ingrid",
        queue="enhancement",
        owner="ingrid",
        effort=3,
        horizon="release",
        program="Product adoption",
        channel="Learning platform",
        segments=("Port operators",),
        labels=("logbook", "interfaces"),
        rated="344 332 221",
        sure="iii",
        links=(("blocks", "nudge-seconds"),),
        criteria=("A gate opens within ten seconds of the completion.",),
    ),
    Piece(
        "old-plugin",
        "Old plug-in: end of support for version 1",
        "task",
        """
        Nineteen customers still use version 1, most of them without knowing. Write to each, offer an hour
        together, and switch off the old address on the announced day.
        """,
        came=27.5,
        life="accepted 26",
        by="ingrid",
        queue="stability",
        owner="amara",
        effort=5,
        horizon="release",
        due=45,
        program="Product adoption",
        channel="Learning platform",
        segments=("Municipal buyers", "Retail chains"),
        labels=("logbook", "upgrade"),
        rated="223 121 333",
        sure="iii",
        again=(
            (
                5,
                "ingrid",
                {"technical_risk": (4, "certain")},
                "The library under it has a known hole since this week.",
            ),
        ),
        criteria=("No customer loses a record on the day.", "All nineteen have answered."),
        adjusted=(
            Adjusted(
                25,
                "amara",
                -4,
                21,
                "Not before the audits are over: customers must not change systems in those weeks.",
                "Audit calendar of the hospital groups",
            ),
        ),
    ),
    Piece(
        "bulk-enrolment",
        "Enrol people from a spreadsheet",
        "feature",
        """
        Small customers have no staff list to connect. They paste 200 rows and want to see what will happen first:
        new, known, not understood. Nobody gets a mail before the second button.
        """,
        came=51.5,
        life="accepted 48, started 24, reviewed 9, done 3",
        by="henrik",
        queue="enhancement",
        owner="ingrid",
        effort=5,
        program="Go-to-market",
        channel="Learning platform",
        segments=("Self-serve teams",),
        labels=("logbook", "staff list"),
        rated="444 333 121",
        sure="iii",
        criteria=(
            ("200 rows in under a minute, errors named by row.", "Five real lists"),
            "No mail leaves before the second button.",
        ),
        verified=2,
        said=(
            (
                2.2,
                "priya",
                "First self-serve team through: 164 people, two typos, both named. They thought it was magic.",
            ),
        ),
    ),
)
