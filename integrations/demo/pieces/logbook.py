"""Logbook: certificates, reports, staff lists."""

from __future__ import annotations

from integrations.demo.piece import Piece, Sign, series

PIECES = (
    Piece(
        "sign-out-prompt",
        "Ask “Is this still you?” on shared terminals",
        "feature",
        """
        Follows from the completions that were recorded for somebody else. After two idle minutes, and before
        every quiz, the terminal shows the name in large letters with one button for yes and one for somebody
        else.
        """,
        came=46.5,
        life="accepted 46.2, started 43, reviewed 37, done 35",
        by="amara",
        queue="stability",
        owner="ingrid",
        effort=3,
        severity=2,
        program="Compliance",
        channel="Learning platform",
        segments=("Port operators", "Hospital groups"),
        labels=("logbook", "shared terminals", "prevention"),
        rated="344 443 254",
        sure="iic",
        criteria=(
            (
                "Nobody is recorded under another name in a week of one port.",
                "Compared with the shift list",
            ),
            "The question takes less than three seconds.",
        ),
        verified=2,
        links=(("relates", "wrong-learner"),),
    ),
    Piece(
        "terminal-alarm",
        "Raise an alarm when one terminal completes more than ten courses a minute",
        "task",
        """
        It would have shown us the wrong records on the first morning instead of the third. A counter per
        terminal, a limit per customer, a mail to the person on duty.
        """,
        came=46.3,
        life="accepted 46, started 34, done 27",
        by="ingrid",
        queue="stability",
        owner="ingrid",
        effort=2,
        severity=3,
        program="Compliance",
        labels=("logbook", "operations", "prevention"),
        rated="334 222 234",
        sure="iic",
        criteria=(
            ("The records of that morning would have raised it after four minutes.", "Replayed"),
        ),
        verified=1,
        links=(("relates", "wrong-learner"),),
    ),
    Piece(
        "certificate-code",
        "Certificates show the course code instead of the title",
        "fix",
        """
        Since last night certificates say “HS-0417” where the title was. A hospital group has handed out thirty of
        them to an auditor. The template reads a field that was renamed.
        """,
        came=20.5,
        life="accepted 20.4, started 20.3, done 20.0",
        by="priya",
        queue="hotfix",
        owner="ingrid",
        severity=3,
        effort=1,
        program="Compliance",
        channel="Learning platform",
        segments=("Hospital groups",),
        labels=("logbook", "certificate"),
        rated="333 333 243",
        criteria=(
            ("The thirty certificates are printed again and sent.", "Confirmed by the group"),
        ),
        verified=1,
        signs=(Sign(20.5, "support_ticket", 4, "support-desk", "Code instead of a title"),),
    ),
    Piece(
        "repeat-report",
        "Who has to repeat a training within sixty days",
        "feature",
        """
        Safety officers keep this list by hand. One page per site: name, course, last time, until when. Sorted by
        date, printable, with a button that invites everybody on it.
        """,
        came=66.5,
        life="accepted 63, started 29, reviewed 18, done 14",
        by="priya",
        queue="enhancement",
        owner="ingrid",
        effort=5,
        program="Product adoption",
        channel="Learning platform",
        segments=("Port operators", "Hospital groups", "Regional airports"),
        labels=("logbook", "reporting"),
        rated="444 343 121",
        sure="iii",
        criteria=(("Three safety officers give up their own list.", "Call after four weeks"),),
        said=(
            (13, "priya", "Two of the three have deleted their spreadsheet on the phone with me."),
        ),
    ),
    Piece(
        "leavers-early",
        "The staff list removes people a day before they leave",
        "fix",
        """
        The nightly comparison with the customer's staff list takes the last day as the first day of absence.
        People lose access on their last working day, in the middle of the handover training. Two hospital
        groups, about thirty people since Monday.
        """,
        came=1.7,
        life="accepted 1.6, started 1.5, reviewed 0.35",
        by="priya",
        queue="hotfix",
        owner="ingrid",
        severity=2,
        effort=2,
        horizon="sprint",
        program="Product adoption",
        channel="Learning platform",
        segments=("Hospital groups",),
        labels=("logbook", "staff list"),
        rated="333 332 333",
        sure="iii",
        criteria=(
            (
                "Somebody whose last day is today can still sign in tonight.",
                "Test list of both groups",
            ),
        ),
        said=(
            (
                0.3,
                "ingrid",
                "Fixed on the copy; tonight's comparison decides. I look at it at seven.",
            ),
        ),
        signs=(
            Sign(1.7, "support_ticket", 5, "support-desk", "No access on the last day"),
            Sign(1.5, "affected_users", 34, "logbook", "People removed one day early"),
        ),
    ),
    Piece(
        "month-end-slow",
        "Reports take half a minute at the end of the month",
        "fix",
        """
        Municipal buyers run their reports on the last two days, all of them, and wait up to 34 seconds. The same
        question is calculated again for each department.

        - keep the result for an hour
        - say on the page from when it is
        """,
        came=45.5,
        life="accepted 43",
        by="priya",
        queue="stability",
        owner="ingrid",
        effort=3,
        severity=3,
        horizon="release",
        due=18,
        program="Product adoption",
        channel="Learning platform",
        segments=("Municipal buyers",),
        labels=("logbook", "performance", "reporting"),
        rated="333 332 224",
        sure="iic",
        next_cycle=True,
        criteria=(("Below three seconds on the last day of the month.", "Status monitor"),),
        signs=series(
            "support_ticket",
            (45, 26, 25, 6, 5),
            (5, 7, 4, 8, 6),
            "support-desk",
            "Report does not finish",
        ),
    ),
    Piece(
        "inspector-export",
        "Everything a safety inspector asks for, in one PDF",
        "feature",
        """
        Who was trained in what, when, by which version of the film, with the text of that version. Customers
        collect this from four places on the day the inspector stands in the door.
        """,
        came=37.5,
        life="accepted 35",
        by="priya",
        queue="enhancement",
        owner="ingrid",
        effort=5,
        horizon="release",
        program="Compliance",
        channel="Learning platform",
        segments=("Port operators", "Regional airports"),
        labels=("logbook", "reporting"),
        rated="444 442 121",
        sure="iii",
        next_cycle=True,
        criteria=(
            (
                "An inspector reads one of them and asks nothing.",
                "Former inspector, paid for a morning",
            ),
        ),
        said=((34, "henrik", "This is what the salespeople should show first."),),
        signs=series(
            "support_ticket", (38, 23, 11), (2, 3, 3), "sales-notes", "Asked for in a demonstration"
        ),
    ),
    Piece(
        "recertification",
        "Remind people before their certificate runs out",
        "feature",
        """
        Sixty, thirty and seven days before, to the person and, at seven, to their supervisor. In the person's
        language, with the length of the course in the subject line. Customers choose the days.
        """,
        came=70.5,
        life="accepted 67, started 27, reviewed 12, reworked 11, reviewed 6",
        by="amara",
        queue="enhancement",
        owner="ingrid",
        effort=5,
        horizon="sprint",
        program="Product adoption",
        channel="Learning platform",
        segments=("Port operators", "Hospital groups", "Regional airports"),
        labels=("logbook", "certificate"),
        rated="444 333 131",
        sure="iii",
        criteria=(
            ("Certificates that run out fall by half.", "Logbook, one quarter"),
            "Nobody gets two reminders on one day.",
        ),
        verified=0,
        said=(
            (
                11.5,
                "camille",
                "The mail to supervisors names results. It may name the date, not the result.",
            ),
        ),
        links=(("relates", "repeat-report"),),
    ),
)
