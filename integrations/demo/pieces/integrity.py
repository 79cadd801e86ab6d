"""Films on buying: rules, conflicts of interest, the law."""

from __future__ import annotations

from integrations.demo.piece import Piece, Sign

PIECES = (
    Piece(
        "gift-desk",
        "“The gift on the desk”: an ending that does not wink",
        "scene",
        """
        The old ending has her push the box away and smile at the camera. Nobody takes it seriously. New
        ending: she writes two lines into the register, and we see that she has done so before.
        """,
        came=87,
        life="accepted 86, started 81, reviewed 72, done 66",
        by="tomas",
        queue="enhancement",
        owner="tomas",
        effort=3,
        program="Compliance",
        channel="Learning platform",
        segments=("Municipal buyers", "Hospital groups"),
        labels=("footage",),
        rated="333 332 121",
        criteria=("In the survey “believable” is named more often than “funny”.",),
        verified=1,
    ),
    Piece(
        "small-town-conflict",
        "Declare it: conflict of interest in a small town",
        "module",
        """
        In a town of nine thousand everybody is somebody's cousin. The usual advice, to stay out of it, would
        leave nobody to decide. The module is about saying it early, in one sentence, in writing, and about
        who then decides.

        Continues “Three quotes” with the same people.
        """,
        came=60,
        life="accepted 57",
        by="amara",
        queue="enhancement",
        owner="tomas",
        effort=8,
        horizon="release",
        program="Compliance",
        channel="Learning platform",
        segments=("Municipal buyers",),
        labels=("script",),
        rated="443 332 121",
        sure="iii",
        next_cycle=True,
        again=(
            (
                12,
                "amara",
                {"customer_pain": (4, "informed")},
                "Came up in five of seven customer calls.",
            ),
        ),
        criteria=(
            ("A buyer writes the sentence in under two minutes.", "Exercise with ten people"),
        ),
        links=(("relates", "three-quotes"),),
        said=(
            (
                13,
                "priya",
                "Five of the seven councils I called this month ask about cousins, literally.",
            ),
        ),
    ),
    Piece(
        "splitting-orders",
        "Splitting an order: the scene everybody recognises",
        "scene",
        """
        Three orders of 950, the same supplier, the same week. Nobody in the scene means harm; the printer is
        broken and the limit is a thousand. The scene ends with the question, not with the audit.
        """,
        came=42,
        life="accepted 39, started 18, reviewed 8",
        by="tomas",
        queue="enhancement",
        owner="tomas",
        effort=3,
        horizon="sprint",
        program="Compliance",
        channel="Learning platform",
        segments=("Municipal buyers", "Hospital groups"),
        labels=("script",),
        rated="333 332 132",
        criteria=("Legal accepts that the scene leaves the answer open.",),
        said=(
            (
                7,
                "camille",
                "I accept the open ending if the debrief is on the next screen and cannot be skipped.",
            ),
        ),
    ),
    Piece(
        "whistle-chapter",
        "A chapter on whistleblowing in the procurement course",
        "module",
        """
        Suggested after the last audit season. The compliance course of most customers has one, with their own
        channels and names; ours could only be general.
        """,
        came=63,
        life="accepted 62, declined 56 by amara",
        why={
            "declined": "Customers have this with their own contacts; ours would send people the wrong way."
        },
        by="henrik",
        queue="enhancement",
        effort=8,
        program="Compliance",
        segments=("Municipal buyers",),
        rated="212 121 131",
    ),
    Piece(
        "debarment-wording",
        "Debarment chapter: wording after the legal review",
        "script",
        """
        The chapter says “must be excluded” in four places where the law says “may be”. Camille marked them.
        The narration has to be recorded again for two sentences; the rest can be cut.
        """,
        came=24,
        life="accepted 23, started 15, reviewed 5",
        by="camille",
        queue="stability",
        owner="tomas",
        effort=3,
        severity=3,
        due=10,
        horizon="sprint",
        program="Compliance",
        channel="Learning platform",
        segments=("Municipal buyers",),
        labels=("wording",),
        rated="323 322 143",
        sure="iic",
        criteria=(("None of the four places says “must”.", "Transcript"),),
    ),
    Piece(
        "urgent-award",
        "Direct award under urgency: what counts as urgent",
        "script",
        """
        The boiler that fails in January is urgent; the budget that ends in December is not. Four short cases,
        the learner sorts them. Needs Camille's time for the borderline case, which is the interesting one.
        """,
        came=17,
        life="accepted 15",
        by="tomas",
        queue="enhancement",
        owner="",
        effort=3,
        program="Compliance",
        channel="Learning platform",
        segments=("Municipal buyers",),
        labels=("script", "exercise"),
        criteria=("The borderline case has an answer that Camille signs.",),
        said=(
            (
                14,
                "amara",
                "@camille could you rate the risk here? I only know that I do not know it.",
            ),
        ),
    ),
    Piece(
        "thresholds",
        "Threshold values of the new period in “Which procedure?”",
        "fix",
        """
        The values that decide between the procedures change every two years. They stand in the narration,
        in a table and in three quiz questions. This time we move them into one file, so that next time it
        is an hour's work.
        """,
        came=109,
        life="accepted 109, started 103, done 97",
        by="camille",
        queue="stability",
        owner="ingrid",
        effort=5,
        severity=2,
        program="Compliance",
        channel="Learning platform",
        segments=("Municipal buyers", "Hospital groups"),
        labels=("wording", "quiz"),
        rated="333 332 154",
        criteria=(
            ("All values come from one file.", "Search for the old numbers finds nothing"),
            ("Published on the first day of the new period.", "Date in Slipway"),
        ),
        verified=2,
    ),
    Piece(
        "question-seven",
        "Question 7 of “Which procedure?” marks both answers as wrong",
        "fix",
        """
        Since the last publication nobody can pass the quiz on the first try. Two municipalities use it as
        proof of qualification and have people waiting. The key refers to an answer that was renamed.
        """,
        came=69.6,
        life="accepted 69.5, started 69.4, done 69.1",
        by="priya",
        queue="hotfix",
        owner="ingrid",
        severity=3,
        effort=1,
        program="Compliance",
        channel="Learning platform",
        segments=("Municipal buyers",),
        labels=("quiz",),
        rated="333 442 234",
        criteria=(("Both municipalities confirm that people pass.", "Answer to Priya's mail"),),
        verified=1,
        signs=(
            Sign(69.6, "support_ticket", 7, "support-desk", "Cannot pass the quiz"),
            Sign(
                69.5,
                "affected_users",
                180,
                "logbook",
                "Learners with a failed first try since publication",
            ),
        ),
    ),
    Piece(
        "currencies",
        "Exercises show amounts in one currency only",
        "task",
        """
        Learners in Norway and Switzerland calculate with euros and their own limits in another currency. The
        exercises should take currency and limits from the customer's settings. Slipway can do it since the
        thresholds moved into a file.
        """,
        came=46,
        life="accepted 43",
        by="ingrid",
        queue="stability",
        owner="ingrid",
        effort=3,
        severity=4,
        horizon="roadmap",
        program="Product adoption",
        channel="Learning platform",
        segments=("Municipal buyers",),
        labels=("exercise", "localisation"),
        rated="222 221 122",
        criteria=("An exercise in kroner shows no euro sign.",),
        links=(("relates", "thresholds"),),
    ),
)
