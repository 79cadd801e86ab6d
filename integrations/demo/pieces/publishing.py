"""Slipway: rendering, publishing, access, operations."""

from __future__ import annotations

from integrations.demo.piece import Piece, Sign, series

PIECES = (
    Piece(
        "undo-publish",
        "Take back a publication within ten minutes",
        "feature",
        """
        Publishing the wrong film happens about once a month, always on a Friday. Ten minutes in which the old
        version can be put back by whoever published it, with a line in the log. Later than that it is a new
        version, as today.
        """,
        came=29.5,
        life="accepted 27",
        by="amara",
        queue="enhancement",
        owner="ingrid",
        effort=2,
        horizon="release",
        program="Product adoption",
        channel="In-product help",
        labels=("slipway", "publishing"),
        rated="344 333 211",
        sure="iii",
        next_cycle=True,
        criteria=("Customers see the old version within one minute.",),
        said=((26, "ingrid", "Cheap, because the old renders are kept for a day anyway."),),
        signs=series(
            "incident",
            (48, 29),
            (1, 1),
            "status-monitor",
            "Publication of a wrong version, taken back by hand",
        ),
    ),
    Piece(
        "publish-stuck",
        "Publishing waits behind a render that has failed",
        "fix",
        """
        A failed render stays at the head of the line and nothing behind it is published. Two customers wait for
        corrections that were approved yesterday. Removing the render by hand helps until the next one fails.
        """,
        came=56.6,
        life="accepted 56.5, started 56.4, reviewed 56.2, done 55.9",
        by="tomas",
        queue="hotfix",
        owner="ingrid",
        severity=2,
        effort=2,
        program="Product adoption",
        channel="In-product help",
        segments=("Retail chains", "Municipal buyers"),
        labels=("slipway", "render chain", "publishing"),
        rated="333 432 434",
        sure="iic",
        criteria=(
            ("A failed render steps aside and says so.", "Three renders that were made to fail"),
        ),
        verified=1,
        signs=(
            Sign(56.6, "incident", 2, "status-monitor", "Publishing line older than six hours"),
            Sign(56.4, "support_ticket", 3, "support-desk", "Correction is not visible"),
        ),
    ),
    Piece(
        "render-two",
        "Render two films at the same time",
        "task",
        """
        The render chain works on one film. On the day before a release five wait and the last one is ready at
        night. The machine has room for two; what stands in the way is one folder that both would write to.
        """,
        came=69,
        life="accepted 66",
        by="ingrid",
        queue="stability",
        owner="ingrid",
        effort=5,
        horizon="roadmap",
        program="Product adoption",
        labels=("render chain", "performance"),
        rated="234 222 222",
        sure="iii",
        links=(("relates", "publish-stuck"),),
        criteria=("Five films are ready in less than three hours.",),
    ),
    Piece(
        "freelancer-access",
        "Freelancers see one project and nothing else",
        "feature",
        """
        Editors and translators from outside see the whole catalogue today, contracts in the notes included. A
        guest sees the projects that name them, until a date.

        The four open questions are answered in the comments; the review looks at the list of what a guest
        can reach by address.
        """,
        came=76,
        life="accepted 73, started 25, reviewed 7",
        by="camille",
        queue="enhancement",
        owner="ingrid",
        effort=8,
        horizon="sprint",
        program="Compliance",
        channel="In-product help",
        labels=("slipway", "rights"),
        rated="343 232 342",
        sure="iic",
        criteria=(
            ("A guest who guesses addresses reaches nothing.", "Script over all addresses"),
            "Access ends at midnight of the named day, in the guest's zone.",
        ),
        verified=1,
        said=(
            (
                24,
                "camille",
                "Contracts in the notes are my fault, I have moved them. The rest of the item stands.",
            ),
            (6, "ingrid", "The script found one address: thumbnails. Closed."),
        ),
    ),
    Piece(
        "restore-drill",
        "Restore drill: a project back from last night's copy, by somebody who has never done it",
        "task",
        """
        Copies that nobody has restored are hopes. Once a quarter, somebody who has not done it before restores
        one project to an empty machine with the written steps, and corrects the steps.
        """,
        came=36.5,
        life="accepted 34, started 22, done 19",
        by="ingrid",
        queue="stability",
        owner="ingrid",
        effort=2,
        program="Compliance",
        labels=("slipway", "operations"),
        rated="223 112 422",
        sure="iic",
        criteria=(("The project opens and its last render plays.", "Opened by Tomás"),),
        verified=1,
        said=(
            (
                18,
                "tomas",
                "Two hours and eleven minutes, of which thirty were my password. Steps 4 and 9 are corrected.",
            ),
        ),
    ),
    Piece(
        "database-upgrade",
        "Move the database to the next supported release",
        "task",
        """
        Support of ours ends in the summer. The new release sorts some names differently, which moves letters
        like å and ø in lists. Rehearsal on a copy first, then one evening.
        """,
        came=48.5,
        life="accepted 45, started 13",
        by="ingrid",
        queue="stability",
        owner="ingrid",
        effort=5,
        severity=3,
        due=-3,
        horizon="sprint",
        program="Product adoption",
        labels=("operations", "upgrade"),
        rated="223 111 433",
        sure="iic",
        criteria=(
            ("The rehearsal on a copy finds no difference in counts.", "Script"),
            "Names in Norwegian lists keep their order.",
        ),
        said=(
            (
                2.4,
                "ingrid",
                "Late because of the session hotfix. The rehearsal was clean; the evening is what is missing.",
            ),
        ),
    ),
    Piece(
        "font-licences",
        "Which fonts may be part of what we hand out",
        "task",
        """
        Three of our seven fonts are licensed for films and not for web pages, and the player has used one of
        them since the last redesign. List, contract, replacement where needed.
        """,
        came=24.5,
        life="accepted 23, started 10, done 6",
        by="camille",
        queue="stability",
        owner="camille",
        effort=2,
        severity=3,
        program="Compliance",
        labels=("licence", "player"),
        rated="222 011 152",
        sure="icc",
        criteria=(
            ("Every font in the player has a licence for it on file.", "Folder of contracts"),
        ),
        verified=1,
        said=(
            (
                7,
                "ingrid",
                "The one in question is replaced. Nobody has noticed, which is the best review a font can get.",
            ),
        ),
    ),
)
