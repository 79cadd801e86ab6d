"""Slipway: writing, comparing, translating."""

from __future__ import annotations

from integrations.demo.piece import Piece

PIECES = (
    Piece(
        "dual-dialogue",
        "Importing a Fountain script keeps dialogue that is spoken at the same time",
        "feature",
        """
        Two people talking over each other come in as two speeches, one after the other. Writers then repair it
        by hand, or stop using our import. The mark for it exists in the format; we drop it.
        """,
        came=51,
        life="accepted 47",
        by="tomas",
        queue="enhancement",
        owner="ingrid",
        effort=2,
        horizon="release",
        program="Product adoption",
        channel="In-product help",
        labels=("slipway", "script"),
        rated="232 221 111",
        sure="iii",
        criteria=("“A calm counter” comes in and goes out unchanged.",),
    ),
    Piece(
        "autosave-last",
        "On a slow line the last sentence is lost when Slipway saves by itself",
        "fix",
        """
        Typing while a save is on its way: the answer overwrites what was typed since. Writers on trains lose a
        sentence a day and have started to write elsewhere and paste.
        """,
        came=100,
        life="accepted 99, started 97, reviewed 93, done 90",
        by="tomas",
        queue="stability",
        owner="ingrid",
        effort=3,
        severity=2,
        program="Product adoption",
        channel="In-product help",
        labels=("slipway",),
        rated="333 433 324",
        criteria=(
            ("No character is lost in an hour on a line with 3 s delay.", "Automatic typing"),
        ),
        verified=1,
        said=(
            (
                98,
                "tomas",
                "It ate the best line of scene 2 this morning. I will never be able to prove it.",
            ),
        ),
    ),
    Piece(
        "compare-scenes",
        "Compare two versions of a scene side by side",
        "feature",
        """
        What changed between the version that legal saw and this one? Today two windows and a finger on the
        screen. Side by side, changed lines marked, moved lines recognised as moved.
        """,
        came=91,
        life="accepted 89, started 79, reviewed 65, done 60",
        by="camille",
        queue="enhancement",
        owner="ingrid",
        effort=8,
        program="Product adoption",
        channel="In-product help",
        labels=("slipway", "review"),
        rated="444 333 211",
        sure="iii",
        criteria=(
            ("A moved line is not shown as removed and added.", "Twelve pairs of real versions"),
            ("Legal reviews take half the time.", "Review times before and after"),
        ),
        verified=1,
        said=((58, "camille", "From forty minutes to fifteen for a second round. I timed five."),),
    ),
    Piece(
        "frame-comments",
        "Comment on a span of frames instead of a single one",
        "feature",
        """
        “From here to there it drags” cannot be said with one frame. Drag in the timeline, type, done. Old
        comments stay what they are: a span of one.
        """,
        came=63,
        life="accepted 59, started 17",
        by="camille",
        queue="enhancement",
        owner="ingrid",
        effort=5,
        horizon="sprint",
        program="Product adoption",
        channel="In-product help",
        labels=("slipway", "review"),
        rated="333 332 211",
        sure="iii",
        criteria=("A span can be set with the keyboard alone.",),
        said=((5, "ingrid", "Paused for the session hotfix; resumes tomorrow at the latest."),),
    ),
    Piece(
        "branch-template",
        "A template for dialogues with branches",
        "feature",
        """
        Every branching dialogue starts with copying the last one and deleting the content. Two of them still
        contained a sentence of the old course. A template with three branches, their return points and the
        checks that we do by hand.
        """,
        came=43,
        life="accepted 40",
        by="tomas",
        queue="enhancement",
        owner="",
        effort=3,
        horizon="release",
        program="Product adoption",
        channel="In-product help",
        labels=("slipway", "exercise"),
        rated="333 231 111",
        sure="igi",
        criteria=("A new dialogue plays through with placeholder texts.",),
    ),
    Piece(
        "rename-character",
        "Rename a character everywhere at once",
        "feature",
        """
        Mrs Brandt became Mrs Okonjo in the fourth draft and is still called Brandt in two scenes, three
        subtitles and a quiz. Rename in the cast list, see every place first, confirm.
        """,
        came=82,
        life="accepted 79, started 58, reviewed 52, done 37",
        by="tomas",
        queue="enhancement",
        owner="ingrid",
        effort=3,
        program="Product adoption",
        channel="In-product help",
        labels=("slipway", "script"),
        rated="233 231 211",
        criteria=("No old name is left in any text of the project.",),
        verified=1,
        said=(
            (
                46,
                "amara",
                "Finished since a week, but nothing goes out before the incident is closed. Sorry.",
            ),
        ),
    ),
    Piece(
        "spell-check",
        "Spell checking for Dutch and Finnish",
        "feature",
        """
        Our two newest languages have none. Finnish needs a checker that knows how words are put together, which
        is why it was left out.
        """,
        came=65,
        life="accepted 61",
        by="henrik",
        queue="enhancement",
        owner="",
        effort=5,
        horizon="roadmap",
        program="Product adoption",
        channel="In-product help",
        labels=("slipway", "localisation"),
        rated="123 121 111",
        sure="ggg",
    ),
    Piece(
        "pdf-margin",
        "The PDF of a script cuts off the right margin",
        "fix",
        """
        Notes in the margin are cut at letter size. Camille prints for her reviews and has been writing the
        missing words by hand.
        """,
        came=38.5,
        life="accepted 36, started 33, done 30",
        by="camille",
        queue="stability",
        owner="ingrid",
        effort=1,
        severity=3,
        program="Product adoption",
        channel="In-product help",
        labels=("slipway", "review"),
        rated="222 321 113",
        criteria=("Margins are complete on A4 and letter.",),
        verified=1,
    ),
    Piece(
        "word-list",
        "Point out words that we do not use",
        "feature",
        """
        “Simply”, “just”, “obviously”, and the words from the inclusive language guide. A quiet underline with the
        alternative, never a block. The list belongs to the writers and lives beside the glossary.
        """,
        came=53.5,
        life="accepted 50, started 35, reviewed 28, done 24",
        by="tomas",
        queue="enhancement",
        owner="ingrid",
        effort=2,
        program="Product adoption",
        channel="In-product help",
        labels=("slipway", "wording"),
        rated="233 121 111",
        criteria=("The list can be changed without a release.",),
        verified=1,
    ),
    Piece(
        "translate-place",
        "Translate texts on screen in their place",
        "feature",
        """
        Translators work in a table and do not see that their sentence has room for nineteen characters. Let
        them type on the frame, with the limit visible, and keep the table for those who like it.
        """,
        came=32,
        life="accepted 30",
        by="amara",
        queue="enhancement",
        owner="ingrid",
        effort=13,
        horizon="roadmap",
        program="Product adoption",
        channel="In-product help",
        labels=("slipway", "localisation"),
        rated="344 232 211",
        sure="igi",
        criteria=("No text of the next five translations is cut.",),
    ),
    Piece(
        "dark-suite",
        "A dark theme for the editing suite",
        "feature",
        """
        Editing rooms are dark and our tool is white. Two editors asked, both outside. The colours of the frames
        must not look different because of it, which is more work than it sounds.
        """,
        came=57.5,
        life="accepted 54, parked 31 until 75",
        why={"parked": "Wanted, not needed: after the work on review."},
        by="tomas",
        queue="enhancement",
        owner="",
        effort=5,
        program="Product adoption",
        labels=("slipway",),
        rated="122 221 211",
    ),
    Piece(
        "key-sheet",
        "One page with all keys of Slipway",
        "task",
        """
        Printed by every new editor from a forum post of four years ago. Ours could be correct, and it fits on one
        page.
        """,
        came=21,
        life="accepted 19, started 11, done 9",
        by="tomas",
        queue="enhancement",
        owner="tomas",
        effort=1,
        program="Product adoption",
        channel="In-product help",
        labels=("slipway",),
        rated="122 221 000",
        criteria=("Fits on A4 and is read from the program's own list of keys.",),
        verified=1,
    ),
    Piece(
        "question-tags",
        "Tag the questions of the bank by rule and by film",
        "feature",
        """
        Six hundred questions, found by memory. When a rule changes nobody knows which questions it touches; the
        withdrawn lifting advice showed it.
        """,
        came=25,
        life="accepted 24",
        by="camille",
        queue="enhancement",
        owner="",
        effort=5,
        horizon="roadmap",
        program="Compliance",
        channel="In-product help",
        labels=("slipway", "quiz"),
        rated="243 221 111",
        sure="gii",
        links=(("relates", "lifting-advice"),),
    ),
)
