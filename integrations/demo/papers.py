"""Scripts and other texts of the example data, written for it, in the versions that went through review."""

from __future__ import annotations

FORKLIFT_1 = """\
Title: Forklift ahead
Credit: Opening, the near miss told by both people
Author: Tomás Ferreira

INT. WAREHOUSE, AISLE 7 - MORNING

A forklift stands at an angle, its load still swaying. Two metres away MIRA, 30, holds a scanner
against her chest. Nobody speaks. A reversing alarm somewhere else.

FREEZE.

DRIVER (V.O.)
I came out of seven the way I always come out of seven. Slowly. I looked left, because they come from
the left.

INT. WAREHOUSE, AISLE 7 - TWO SECONDS EARLIER

The same corner from the driver's seat. The mast cuts the picture in half. On the right, behind the
mast, a sleeve.

DRIVER (V.O.)
He should have looked. That is what I thought. Then I saw that it was Mira.

INT. WAREHOUSE, PACKING END - TWO SECONDS EARLIER

Mira reads a label, turns, walks. A fan roars above her.

MIRA (V.O.)
I did not hear anything. I hear forklifts all day, so I hear none.

She stops. The load swings past her, an arm's length away.

MIRA (V.O.)
One metre eighty. They measured it afterwards, from the mark of my shoe.

TITLE: FORKLIFT AHEAD
"""
FORKLIFT_2 = FORKLIFT_1.replace(
    """DRIVER (V.O.)
He should have looked. That is what I thought. Then I saw that it was Mira.
""",
    """DRIVER (V.O.)
There was nobody. There was nobody where I looked.
""",
).replace(
    "DRIVER (V.O.)\nI came out of seven the way I always come out of seven. Slowly.",
    "NIKOS (V.O.)\nI came out of seven the way I always come out of seven. Slowly.",
)
FORKLIFT_3 = (
    FORKLIFT_2.replace("DRIVER (V.O.)", "NIKOS (V.O.)")
    .replace(
        """INT. WAREHOUSE, PACKING END - TWO SECONDS EARLIER

Mira reads a label, turns, walks. A fan roars above her.
""",
        """INT. WAREHOUSE, PACKING END - TWO SECONDS EARLIER

Mira's side, in full: the packing table, the fan above it, the painted line that ends a step too early.
She reads a label, turns, follows the line, walks.
""",
    )
    .replace(
        "They measured it afterwards, from the mark of my shoe.",
        "I know because the line ends there.",
    )
)
FORKLIFT_4 = FORKLIFT_3.replace(
    "One metre eighty. I know because the line ends there.", "One metre eighty."
).replace(
    "She stops. The load swings past her, an arm's length away.",
    "She stops where the line ends. The load swings past her, an arm's length away.",
)

COUNTER_1 = """\
Title: A calm counter
Credit: The second conversation
Author: Tomás Ferreira

INT. CITIZENS' OFFICE, COUNTER 4 - LATE MORNING

MR BRANDT, 60, coat on, sits upright. SELIN, 28, behind the glass. Between them a form with a stamp.

MR BRANDT
I have been here twice. I have done what your colleague wrote down.

SELIN
I can see that.

She reads the form a second time. It does not help.

SELIN
I am very sorry, but unfortunately it is not that easy, because the certificate was issued by an
office which, since the reform, is no longer the one that we can accept it from.

MR BRANDT
So no.

SELIN
Not today.

He takes the form, folds it along the old fold.

MR BRANDT
Your colleague was friendly as well.
"""
COUNTER_2 = COUNTER_1.replace(
    """SELIN
I am very sorry, but unfortunately it is not that easy, because the certificate was issued by an
office which, since the reform, is no longer the one that we can accept it from.

MR BRANDT
So no.

SELIN
Not today.
""",
    """SELIN
No. I cannot accept this certificate, and you could not have known.

He waits. She does not fill the pause.

SELIN
The right one comes from the district office. I call them now, while you are here, and ask whether
they send it to us. That saves you the third way. If they say no, I say so.
""",
)

QUOTES_1 = """\
# Three quotes

*Part one: Monday to Wednesday. Narration and what we see.*

## Monday

We see: a square without benches, pensioners leaning on a wall.

> Six benches. The budget says 5,400. The rule says three quotes.

Ana writes three mails. The third goes to a carpenter. His name is Ana's name.

> Everybody in town knows who makes good benches.

## Tuesday

We see: the first quote, opened at the desk, in the afternoon, alone.

> 5,900.

## Wednesday

We see: her cousin in the corridor, two coffees.

> He asked what the others want. I said that I may not say. He laughed, and so did I.
"""
QUOTES_2 = QUOTES_1.replace(
    """We see: the first quote, opened at the desk, in the afternoon, alone.

> 5,900.
""",
    """We see: her cousin in the corridor, two coffees.

> He asked what the others want. I said that I may not say. He laughed, and so did I.
""",
).replace(
    """## Wednesday

We see: her cousin in the corridor, two coffees.

> He asked what the others want. I said that I may not say. He laughed, and so did I.
""",
    """## Wednesday

We see: three envelopes on a desk, still closed. A colleague comes in, sits down beside her.

> We open them together. That is the rule I like best.

5,900. 5,150. The third one stays in her hand.
""",
)
QUOTES_3 = QUOTES_2.replace(
    "> Six benches. The budget says 5,400. The rule says three quotes.",
    "> Six benches. The budget says 5,400. Our own rule says three quotes.",
)

QUOTES_4 = (
    QUOTES_3.rstrip()
    + """

INT. TOWN HALL, CORRIDOR - EVENING

The third envelope. Nobody looks at the cousin.
"""
)

NARRATION = """\
# Cold store, narration (first draft)

1. You have been in here for six minutes. Count the boxes on the left.
2. Twelve. Good. The numbers on the labels are eight digits long. Read the last four aloud.
3. You read faster now. You did not notice. Read them again.
4. Your hands are fine. It is your patience that gets cold first.
5. Twenty minutes. There is a box missing. Would you go back for it?
"""

CAPTIONS_1 = """\
WEBVTT

00:03:02.000 --> 00:03:05.000
Les flammes montent plus vite que vous.

00:03:05.400 --> 00:03:08.000
Restez groupés, comptez-vous.

00:03:08.200 --> 00:03:10.400
Utilisez l'ascenseur.

00:03:10.600 --> 00:03:13.000
Le point de rassemblement est devant la grille.
"""
CAPTIONS_2 = CAPTIONS_1.replace("Utilisez l'ascenseur.", "Jamais l'ascenseur.")
