"""What came in lately and was folded into something else, or turned down."""

from __future__ import annotations

from integrations.demo.piece import Piece, Sign

PIECES = (
    Piece(
        "dup-session",
        "Logged out during a long course",
        "fix",
        """
        One learner, one course of 44 minutes, back to the start. Says it happened twice this week.
        """,
        came=6.4,
        life="merged 6 session-thirty",
        by="priya",
        why={"merged": "The same thirty minutes."},
        labels=("player",),
        signs=(
            Sign(6.4, "support_ticket", 2, "support-desk", "Back to the start after 44 minutes"),
        ),
    ),
    Piece(
        "dup-report",
        "Report of the finance department does not load at month end",
        "fix",
        """
        Loads until the browser gives up. On the 3rd of the month it took two seconds.
        """,
        came=25.5,
        life="merged 25 month-end-slow",
        by="priya",
        why={"merged": "Same report, same days of the month."},
        labels=("logbook",),
        signs=(Sign(25.5, "support_ticket", 3, "support-desk", "Finance department, month end"),),
    ),
    Piece(
        "dup-lips",
        "A deaf member of a council asks for a scene on counter service",
        "scene",
        """
        She would like to see herself as a customer once, not as an exception. Offers to help with the script.
        """,
        came=18,
        life="merged 17 lip-reading",
        by="priya",
        why={"merged": "Exactly the scene that is planned; Tomás will write to her."},
        segments=("Municipal buyers",),
        signs=(Sign(18, "support_ticket", 1, "support-desk", "Offers help with the script"),),
    ),
    Piece(
        "dup-resume",
        "Film starts in the middle for the next person in the break room",
        "fix",
        """
        They press play and see the end of the film. Some then believe that they are finished.
        """,
        came=12.4,
        life="merged 12 resume-shared",
        by="priya",
        why={"merged": "The same terminals."},
        segments=("Hospital groups",),
        signs=(
            Sign(12.4, "support_ticket", 2, "support-desk", "Break room, film starts at the end"),
        ),
    ),
    Piece(
        "dup-window",
        "Let the film float above other windows",
        "feature",
        """
        To take notes while watching. Other video sites can do it.
        """,
        came=16,
        life="declined 15",
        why={
            "declined": "Decided before: it invites people to look away. Notes beside the film are welcome as an idea."
        },
        by="priya",
        labels=("player",),
    ),
)
