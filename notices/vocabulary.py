"""The words of notices, used by models, services, pages and API alike. Pure data."""

from __future__ import annotations

from django.db.models import TextChoices


class Topic(TextChoices):
    """What a notice is about, seen from the one who gets it. A person can choose for each how it comes."""

    REVIEW = "review", "Your verdict is asked for"
    VERDICT = "verdict", "A verdict on what you uploaded"
    NOTE = "note", "Notes on what you uploaded, and answers to yours"
    MENTION = "mention", "Somebody mentions you"
    PUBLISHED = "published", "What you place, review or vary comes into force or goes out of it"
    REPLACEMENT = "replacement", "Something is given to you to replace"
    BRIEF = "brief", "A brief that you work by changed and waits for confirmation"
    ASSIGNED = "assigned", "An item is given to you"
    REQUEST = "request", "Requests that you may decide, and answers to yours"


#: The same in a word, for lists.
SHORT: dict[str, str] = {
    Topic.REVIEW: "Review",
    Topic.VERDICT: "Verdict",
    Topic.NOTE: "Note",
    Topic.MENTION: "Mention",
    Topic.PUBLISHED: "In force",
    Topic.REPLACEMENT: "Replacement",
    Topic.BRIEF: "Brief",
    Topic.ASSIGNED: "Given to you",
    Topic.REQUEST: "Request",
}


class Way(TextChoices):
    """How notices of a topic come."""

    INBOX = "inbox", "Inbox"
    MAIL = "mail", "Inbox and mail"
    OFF = "off", "Not at all"


#: How each topic comes to somebody who has chosen nothing.
DEFAULTS: dict[str, str] = {
    topic: Way.MAIL.value if topic == Topic.REVIEW else Way.INBOX.value for topic in Topic.values
}
