"""What came in lately and waits for triage."""

from __future__ import annotations

from integrations.demo.piece import Piece, Sign

PIECES = (
    Piece(
        "in-session-ward",
        "Session ends in the middle of the film, completion lost",
        "fix",
        """
        Ward 3B reports that the course “Evacuation” stops after about half an hour and asks them to sign in again.
        When they come back, nothing is recorded. Six nurses since yesterday evening, all on the night shift.

        Browser is the one of the hospital, nothing was changed there.
        """,
        came=0.9,
        by="priya",
        severity=2,
        segments=("Hospital groups",),
        labels=("player", "sessions"),
        signs=(Sign(0.9, "support_ticket", 3, "support-desk", "Night shift of ward 3B"),),
    ),
    Piece(
        "in-signed-out",
        "Signed out after thirty minutes while the film was playing",
        "fix",
        """
        Municipality with 400 people in training: several were signed out while watching and had to start again.
        They ask whether this is known and when it will be over.
        """,
        came=0.5,
        by="priya",
        segments=("Municipal buyers",),
        labels=("player",),
    ),
    Piece(
        "in-slow-films",
        "Films start slowly in the network of our hospital",
        "fix",
        """
        New customer, first week. The films take “ages” before something moves, other pages are fast. They sent a
        recording of the network; it shows one connection per segment.
        """,
        came=1.4,
        by="priya",
        severity=3,
        segments=("Hospital groups",),
        labels=("player",),
        signs=(Sign(1.4, "support_ticket", 2, "support-desk", "First week, slow films"),),
    ),
    Piece(
        "in-seat-belt",
        "“Forklift ahead”: at 2:41 the driver wears no seat belt",
        "fix",
        """
        A safety officer of a port writes that in the second drive the belt hangs beside the seat. She is right, it
        can be seen for about four seconds. She likes the film and would be glad if it were correct.
        """,
        came=2.2,
        by="priya",
        severity=3,
        segments=("Port operators",),
        labels=("footage",),
    ),
    Piece(
        "in-hot-works-polish",
        "Polish subtitles and narration for “Hot works”",
        "task",
        """
        Three ports work with contractors from Poland. They would take subtitles now and narration later. The
        module itself is still being filmed; the translation could start from the script.
        """,
        came=5.5,
        by="amara",
        segments=("Port operators",),
        labels=("localisation",),
    ),
    Piece(
        "in-payroll",
        "Hand completions over to a payroll system",
        "feature",
        """
        A retail chain pays half an hour for each finished course and types the list into its payroll program. They
        ask for a file per month in a format that they will send us.
        """,
        came=3.4,
        by="priya",
        segments=("Retail chains",),
        labels=("logbook", "interfaces"),
    ),
    Piece(
        "in-exit-sign",
        "The emergency exit sign in a still of “Office basics” is the old one",
        "fix",
        """
        In the third part a still shows the sign with the running man and without an arrow, which has not been sold
        for years. A fire officer noticed it in a training of his own.
        """,
        came=2.8,
        by="camille",
        severity=4,
        labels=("pictures",),
    ),
    Piece(
        "in-word-paste",
        "Text pasted from a word processor brings a grey background along",
        "fix",
        """
        Whatever is pasted into a screen text keeps the colours of where it came from. It is visible only in the
        published film. Pasting without format works, nobody knows the key.
        """,
        came=3.1,
        by="tomas",
        severity=4,
        labels=("slipway",),
    ),
    Piece(
        "in-answer-order",
        "The order of answers is the same for everybody",
        "feature",
        """
        In one retail chain a list goes round: 1c, 2a, 3a, 4b. They ask for answers in a different order for each
        person, and for questions drawn from a larger set.
        """,
        came=4.6,
        by="priya",
        segments=("Retail chains",),
        labels=("quiz",),
    ),
    Piece(
        "in-question-marks",
        "Names in Arabic script turn into question marks on certificates",
        "fix",
        """
        On the certificate of ليلى حدّاد stands “???? ?????”. The airport printed twelve of them for a ceremony on
        Friday. On the screen the name is right; it happens when the PDF is made.
        """,
        came=0.3,
        by="priya",
        severity=2,
        segments=("Regional airports",),
        labels=("logbook", "certificate", "localisation"),
        signs=(
            Sign(0.3, "support_ticket", 2, "support-desk", "Certificates for a ceremony on Friday"),
        ),
    ),
    Piece(
        "in-new-machines",
        "What does the new machinery regulation change in our courses?",
        "task",
        """
        Customers start to ask. Somebody has to read it against our eleven modules and say which sentences change,
        and by when. Guess: two modules, few sentences, but a date that does not move.
        """,
        came=6.2,
        by="camille",
        labels=("wording",),
    ),
    Piece(
        "in-old-name",
        "A certificate shows the name from before the wedding",
        "fix",
        """
        The name was changed in the staff list half a year ago. New certificates carry the old one, because they
        are made from the copy of the day of enrolment. She asks politely for the third time.
        """,
        came=7.3,
        by="priya",
        severity=3,
        segments=("Hospital groups",),
        labels=("logbook", "certificate"),
    ),
    Piece(
        "in-site-licence",
        "A price per site instead of per head, for ferries",
        "task",
        """
        Ferry crews change every two weeks, and counting heads is more work than the courses. Henrik would like to
        offer a price per vessel. What would Logbook have to count then?
        """,
        came=4.1,
        by="henrik",
        segments=("Port operators",),
    ),
    Piece(
        "in-pilot-ladder",
        "A film about the pilot ladder",
        "script",
        """
        The pilots who helped us with “Gangway” ask whether there will be one about their own ladder: wood, rope,
        swell, and nine metres. They would lend a boat. I would write it tomorrow.
        """,
        came=1.9,
        by="tomas",
        segments=("Port operators",),
        labels=("script",),
    ),
)
