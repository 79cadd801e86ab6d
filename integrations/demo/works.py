"""Assets that are texts, with their versions and the rounds of review that they went through."""

from __future__ import annotations

from collections.abc import Callable

from integrations.demo import frames, moving, papers
from integrations.demo.edition import Edition, Pointed, Remark, Round, Verdict, Work


def _text(words: str) -> Callable[[], bytes]:
    return words.encode


TEXTS = (
    Work(
        "three-quotes",
        "Three quotes, script",
        "three-quotes.md",
        (
            Edition(
                106,
                "tomas",
                "Complete first draft of part one.",
                _text(papers.QUOTES_1),
                Round(
                    105.6,
                    ("amara",),
                    ("camille",),
                    (
                        Verdict(
                            104.4,
                            "amara",
                            "The cousin comes too late: by Wednesday the learner has chosen.",
                            "structural",
                        ),
                    ),
                ),
            ),
            Edition(
                99,
                "tomas",
                "The cousin appears on Tuesday, the envelopes stay closed until Wednesday.",
                _text(papers.QUOTES_2),
                Round(
                    98.5,
                    ("amara",),
                    ("camille",),
                    (
                        Verdict(97.5, "amara", "Now it is a week, not an excuse."),
                        Verdict(
                            96,
                            "camille",
                            "“The rule says three quotes” is not true everywhere. Make it the town's own rule.",
                            "detail",
                        ),
                    ),
                    (
                        Remark(
                            97.8,
                            "amara",
                            "The colleague who sits down: keep her for part two.",
                            {"line": 22},
                        ),
                    ),
                ),
                (
                    Pointed("The budget says 5,400.", "Town budget, chapter 6, line 41", "amara"),
                    Pointed("The rule says three quotes.", "Procurement rules, section 4", "amara"),
                ),
            ),
            Edition(
                94,
                "tomas",
                "“Our own rule” instead of “the rule”, as legal asked.",
                _text(papers.QUOTES_3),
                Round(
                    93.6,
                    ("amara",),
                    ("camille",),
                    (
                        Verdict(92.8, "amara"),
                        Verdict(92, "camille", "Fine in all four legal systems."),
                    ),
                ),
            ),
            Edition(
                20.5,
                "tomas",
                "An ending without a glance: viewers took it for an accusation.",
                _text(papers.QUOTES_4),
                Round(
                    20.2,
                    ("amara",),
                    ("camille",),
                    (
                        Verdict(18.6, "amara", "Now it ends where it should."),
                        Verdict(17.4, "camille"),
                    ),
                ),
            ),
        ),
    ),
    Work(
        "forklift-opening",
        "Forklift ahead, opening",
        "forklift-opening.fountain",
        (
            Edition(
                27.3,
                "tomas",
                "First complete version with both voices.",
                _text(papers.FORKLIFT_1),
                Round(
                    26.8,
                    ("amara", "ingrid"),
                    ("camille",),
                    (
                        Verdict(
                            24.6,
                            "amara",
                            "His side is told, hers is mentioned. Both need the same weight, or it is his film.",
                            "structural",
                        ),
                    ),
                    (
                        Remark(
                            25.5,
                            "camille",
                            "“He should have looked” assigns fault. The insurer would quote it.",
                            {"line": 23},
                        ),
                        Remark(
                            25,
                            "ingrid",
                            "The mast hides about a third on that model, not half.",
                            {"line": 19},
                        ),
                    ),
                    quorum=1,
                ),
            ),
            Edition(
                21.5,
                "tomas",
                "The sentence that assigned fault is gone; the driver has a name now.",
                _text(papers.FORKLIFT_2),
                Round(
                    21,
                    ("amara",),
                    ("camille",),
                    withdrawn=(
                        19.5,
                        "Her side is being rewritten; deciding on this one would waste your time.",
                    ),
                ),
            ),
            Edition(
                14.4,
                "tomas",
                "Mira's side in full, with the line on the floor that ends a step too early.",
                _text(papers.FORKLIFT_3),
                Round(
                    14,
                    ("amara",),
                    ("camille",),
                    (
                        Verdict(13, "amara", "This is it. Six of six drivers call it fair."),
                        Verdict(
                            9.5,
                            "camille",
                            "“I know because the line ends there” blames whoever painted it. We see it anyway.",
                            "detail",
                        ),
                    ),
                    (
                        Remark(
                            12,
                            "camille",
                            "The line that ends: good. It must not be explained.",
                            {"line": 37},
                        ),
                    ),
                ),
            ),
            Edition(
                5.5,
                "tomas",
                "The explanation of the line is cut; she stops where it ends.",
                _text(papers.FORKLIFT_4),
                Round(
                    5.2,
                    ("amara",),
                    ("camille", "henrik"),
                    (Verdict(4, "amara", "Unchanged apart from the cut, and better for it."),),
                    quorum=1,
                ),
            ),
        ),
    ),
    Work(
        "calm-counter",
        "A calm counter, second conversation",
        "calm-counter-2.fountain",
        (
            Edition(
                19,
                "tomas",
                "Draft after the morning at the counter.",
                _text(papers.COUNTER_1),
                Round(
                    18.5,
                    ("amara",),
                    ("camille",),
                    (
                        Verdict(
                            16.5,
                            "amara",
                            "The refusal takes forty words and comes after second sixty. It has to be one word.",
                            "structural",
                        ),
                    ),
                    (
                        Remark(
                            17,
                            "amara",
                            "“Unfortunately” is on our own list of words.",
                            {"line": 19},
                        ),
                    ),
                ),
            ),
            Edition(
                10.4,
                "tomas",
                "“No” is the first word; the call to the district office replaces the apology.",
                _text(papers.COUNTER_2),
                Round(
                    10,
                    ("amara", "ingrid"),
                    ("camille",),
                    (Verdict(6.5, "ingrid", "The pause after the no is the best moment."),),
                    (
                        Remark(
                            6.6,
                            "ingrid",
                            "Would she really say “the third way”? Journey?",
                            {"line": 24},
                        ),
                    ),
                ),
            ),
        ),
    ),
    Work(
        "lift-subtitle",
        "Ten minutes to get out, French subtitles",
        "ten-minutes.fr.vtt",
        (
            Edition(
                45.42,
                "tomas",
                "The file as it was published, for the record.",
                _text(papers.CAPTIONS_1),
            ),
            Edition(
                45.25,
                "tomas",
                "The negation is back at 3:08.",
                _text(papers.CAPTIONS_2),
                Round(
                    45.2,
                    ("amara",),
                    ("camille",),
                    (
                        Verdict(45.1, "amara", "Read aloud by a second person."),
                        Verdict(45, "camille", "Correct, and shorter than before."),
                    ),
                ),
            ),
        ),
    ),
    Work(
        "cold-store",
        "Cold store, narration",
        "cold-store-narration.md",
        (
            Edition(
                18,
                "tomas",
                "First draft, to be read in a real cold store.",
                _text(papers.NARRATION),
            ),
        ),
    ),
)
WORKS: tuple[Work, ...] = (*TEXTS, *frames.PICTURES, *moving.MOVING)
