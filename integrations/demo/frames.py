"""Assets that are pictures or pages, with their versions and the rounds of review that they went through."""

from __future__ import annotations

from integrations.demo import pictures
from integrations.demo.edition import Edition, Remark, Round, Verdict, Work

_SODIUM, _MOON = (255, 170, 80), (150, 190, 225)

PICTURES = (
    Work(
        "night-palette",
        "Night shift, style frame B",
        "night-shift-b.png",
        (
            Edition(
                23,
                "tomas",
                "Sodium light as it really is on the quay.",
                lambda: pictures.night_frame(_SODIUM, (22, 16, 12), faces=False),
                Round(
                    22.6,
                    ("amara",),
                    ("camille",),
                    (
                        Verdict(
                            21.5,
                            "amara",
                            "On the old projector the faces are gone and so are the vests.",
                            "structural",
                        ),
                    ),
                    (
                        Remark(
                            21.6,
                            "amara",
                            "Nobody would recognise a colleague here.",
                            {"region": [0.58, 0.55, 0.22, 0.33]},
                        ),
                    ),
                ),
            ),
            Edition(
                19,
                "tomas",
                "Colder light from the side, faces stay readable.",
                lambda: pictures.night_frame(_MOON, (14, 20, 30), faces=False),
            ),
            Edition(
                16.3,
                "tomas",
                "Light on faces and bands; tested in the break room.",
                lambda: pictures.night_frame(_MOON, (18, 26, 38), faces=True),
                Round(
                    16,
                    ("amara",),
                    ("camille",),
                    (
                        Verdict(15, "amara", "Six of six recognised both people."),
                        Verdict(13.5, "camille", "Class 3 vests, bands visible. Fine."),
                    ),
                ),
            ),
        ),
    ),
    Work(
        "night-palette",
        "Night shift, six colours",
        "night-shift-palette.png",
        (
            Edition(
                12,
                "tomas",
                "The six colours of frame B, as fields with light and dark on them.",
                lambda: pictures.palette(
                    (
                        (24, 34, 48),
                        (58, 84, 110),
                        (150, 190, 225),
                        (232, 140, 40),
                        (226, 226, 210),
                        (120, 52, 44),
                    )
                ),
                Round(3.5, ("ingrid",), ("camille",)),
            ),
        ),
    ),
    Work(
        "arabic-lower-thirds",
        "Lower third, Arabic",
        "lower-third-arabic.png",
        (
            Edition(
                24,
                "tomas",
                "Everything mirrored.",
                lambda: pictures.lower_third(mirrored=True, two_lines=False),
                Round(
                    23.5,
                    ("amara",),
                    ("camille",),
                    (
                        Verdict(
                            22.5,
                            "amara",
                            "The name runs into the mark, and the mark has a fixed side.",
                            "structural",
                        ),
                    ),
                ),
            ),
            Edition(
                21.4,
                "tomas",
                "Mark on the left, name and role on the right in two lines.",
                lambda: pictures.lower_third(mirrored=False, two_lines=True),
            ),
        ),
    ),
    Work(
        "evacuation-last",
        "Card for floor wardens",
        "floor-warden-card.pdf",
        (
            Edition(
                7.5,
                "tomas",
                "Five lines for the pocket.",
                lambda: pictures.checklist(
                    "Floor warden",
                    (
                        "Rooms on my side: all of them",
                        "Toilets, store, lift lobby",
                        "Doors closed, not locked",
                        "Count",
                        "Report",
                    ),
                ),
                Round(
                    7.2,
                    ("amara",),
                    ("camille",),
                    (
                        Verdict(
                            6.4, "amara", "“Count” what? Say whom, and from which list.", "detail"
                        ),
                    ),
                ),
            ),
            Edition(
                2.6,
                "tomas",
                "Says what is counted and when to stop searching.",
                lambda: pictures.checklist(
                    "Floor warden",
                    (
                        "Rooms on my side: each one once",
                        "Toilets, store, lift lobby",
                        "Doors closed, not locked",
                        "Count against the list at the door",
                        "When the alarm changes: leave, and never go back",
                        "Report: clear, or where somebody may be",
                    ),
                ),
                Round(2.4, ("amara",), ("camille",)),
            ),
        ),
    ),
)
