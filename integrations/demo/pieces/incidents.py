"""The two weeks in which two things were wrong that people rely on."""

from __future__ import annotations

from integrations.demo.piece import Piece, Sign

PIECES = (
    Piece(
        "wrong-logo",
        "The start page of one hospital group shows the logo of another",
        "fix",
        """
        After the change of names in the staff list, the start page of one group shows the neighbour's logo. No
        data is mixed up, we have checked that first. It looks as if it were, and their data protection officer
        has asked in writing.
        """,
        came=0.8,
        life="accepted 0.6",
        by="priya",
        queue="hotfix",
        owner="ingrid",
        severity=3,
        effort=1,
        horizon="sprint",
        program="Product adoption",
        channel="Learning platform",
        segments=("Hospital groups",),
        labels=("logbook", "staff list"),
        rated="343 433 224",
        sure="iii",
        criteria=("The officer has an answer that says what was and what was not wrong.",),
        said=(
            (
                0.4,
                "camille",
                "I write the answer to the officer. It needs one sentence of you on how you checked, @ingrid.",
            ),
        ),
        signs=(Sign(0.8, "support_ticket", 2, "support-desk", "Logo of another hospital"),),
    ),
    Piece(
        "wrong-learner",
        "Completions are recorded for the wrong person when two share a terminal",
        "fix",
        """
        Since the release of the day before yesterday, whoever finishes a course on a shared terminal completes it
        for the person who was signed in before. Port operators use such terminals at every gate: people are
        let in without a briefing, others are refused although they had one.

        What is known:

        - terminals with quick change of person, nothing else
        - from the first shift after the release on
        - names can be put right from the shift lists, the customers agreed to send them

        Until it is fixed, quick change is switched off. That costs every gate a minute per person.
        """,
        came=49.6,
        life="accepted 49.5, started 49.45, reviewed 48.4, done 47.7",
        by="priya",
        queue="hotfix",
        owner="ingrid",
        severity=1,
        effort=5,
        program="Compliance",
        channel="Learning platform",
        segments=("Port operators", "Hospital groups"),
        labels=("logbook", "shared terminals"),
        rated="444 555 454",
        sure="icc",
        criteria=(
            (
                "Two people on one terminal get their own records.",
                "Twenty changes, automatic and by hand",
            ),
            ("All wrong records are corrected from the shift lists.", "Counted per port"),
            ("Every port has been told in writing what happened.", "Mails in the folder"),
        ),
        verified=3,
        said=(
            (
                49.4,
                "priya",
                "Seven ports on the phone so far. They are calm as long as we call first.",
            ),
            (
                49.2,
                "ingrid",
                "Quick change is off everywhere. @amara nothing else goes out until this is closed.",
            ),
            (
                48.9,
                "henrik",
                "I have called the two largest myself. They want it in writing by tonight, and they will have it.",
            ),
            (
                48.2,
                "ingrid",
                "Cause: the new cache keeps the person beside the terminal. It needs to sit beside the session.",
            ),
            (
                47.9,
                "camille",
                "The letter to customers is fine by me with “people could be let in without a briefing” left in.",
            ),
            (47.6, "amara", "Corrected: 1,912 of 1,912. Two preventive items are in the backlog."),
        ),
        signs=(
            Sign(
                49.6, "incident", 4, "status-monitor", "Completions per terminal far above normal"
            ),
            Sign(49.5, "support_ticket", 23, "support-desk", "Briefing is missing at the gate"),
            Sign(49.3, "affected_users", 1912, "logbook", "Records under a wrong name"),
            Sign(48.8, "support_ticket", 18, "support-desk", "Briefing is missing at the gate"),
            Sign(47.5, "satisfaction_drop", 9, "learner-survey", "“Can I trust the record?”"),
        ),
    ),
    Piece(
        "lift-subtitle",
        "French subtitles tell people to take the lift in a fire",
        "fix",
        """
        In “Ten minutes to get out” the narrator says “do not use the lift”. The French subtitle at 3:08 says
        “utilisez l'ascenseur”: the negation was cut when the line was shortened to fit. Two regional airports
        and a hospital group show the film with French subtitles, one of them in the entrance, in a loop.

        Take the subtitle down everywhere first, then correct it.
        """,
        came=45.6,
        life="accepted 45.5, started 45.45, reviewed 44.9, done 44.7",
        by="camille",
        queue="hotfix",
        owner="tomas",
        severity=1,
        effort=1,
        program="Compliance",
        channel="Learning platform",
        segments=("Regional airports", "Hospital groups"),
        labels=("captions", "evacuation"),
        rated="333 533 155",
        sure="icc",
        criteria=(
            ("The old file is nowhere in use.", "List of placements, three customers called"),
            ("The new line is read by a second person.", "Name in the asset"),
        ),
        verified=2,
        said=(
            (45.4, "camille", "I have read the other eleven languages. It is only the French one."),
            (
                45.3,
                "ingrid",
                "Taken down everywhere at 15:40. The loop in the entrance was restarted by their caretaker.",
            ),
            (
                44.6,
                "amara",
                "@henrik the customers were told by phone and in writing, with the time until which it was shown.",
            ),
        ),
        signs=(
            Sign(45.6, "incident", 3, "support-desk", "Dangerous instruction in a published film"),
            Sign(
                45.5,
                "affected_users",
                860,
                "player-telemetry",
                "Viewers with French subtitles since publication",
            ),
        ),
    ),
    Piece(
        "hotfix-duty",
        "Who is on duty: one page, one phone, one deputy",
        "task",
        """
        In the two bad weeks four people did the same thing at seven in the evening. One page says who is on duty,
        who stands in, and what they may decide alone: take something down, switch something off, call a
        customer.
        """,
        came=42,
        life="accepted 41, started 30, done 25",
        by="henrik",
        queue="stability",
        owner="amara",
        effort=2,
        program="Compliance",
        labels=("operations", "prevention"),
        rated="334 222 332",
        sure="iii",
        criteria=("The deputy can act without asking. Tried on a quiet Thursday.",),
        verified=1,
        links=(("relates", "wrong-learner"), ("relates", "lift-subtitle")),
    ),
    Piece(
        "cutover-release",
        "No release on the day before a change of shift plans",
        "task",
        """
        A rule instead of a calendar: ports change their shift plans on the first Monday of a month, and that is
        when we released. Asked for by two ports after the incident.
        """,
        came=44,
        life="accepted 43, declined 36 by amara",
        why={"declined": "The cause was a missing test, not the day. The test exists now."},
        by="priya",
        queue="stability",
        effort=1,
        program="Compliance",
        segments=("Port operators",),
        labels=("operations",),
        rated="122 221 122",
    ),
)
