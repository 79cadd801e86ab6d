"""Readers of files from elsewhere: bytes of an upload in, normalised rows and proposals out.

Pure Python: no Django, no database, no clock. Everything streams; a file is walked through once
for its encoding, once for its columns and twice for its rows, with one record in memory at a time.

    source = Source.from_path("export.csv")       # or from_bytes, from_file
    looked = examine(source)                       # sniff, columns, survey, proposal
    mapping = looked.proposal.mapping              # what a person reads and edits
    for row in read_rows(source, mapping):         # an item, or skipped / error with a reason
        decision = decide(row, mapping)            # state, queue, kind, horizon, ratings, signals

Files that are understood: Jira's CSV export (with its headers in several languages), Jira's REST
issues as JSON, Linear's CSV export, GitHub issues as JSON (the shapes of REST, GraphQL and the
command line, and smaller ones; an array, a wrapped array or one object a line), and any other CSV
or JSON with a mapping.

The mapping file
----------------

A mapping is one JSON object. Every member may be left out; an unknown one is refused::

    {
      "kind": "jira_csv",
      "columns": {"Summary": "title", "Custom field (Team)": "extra"},
      "title_from": "",
      "key_prefix": "",
      "encoding": null,
      "delimiter": null,
      "date_order": "day_first",
      "zone": "UTC",
      "markup": "jira",
      "repair_mojibake": true,
      "pull_requests": false,
      "skip_labels": [],
      "as_of": null,
      "states": {"To Do": "triage", "Closed": "done"},
      "resolutions": {"Won't Do": "declined"},
      "queues": {
        "default": "enhancement",
        "by_type": {"Bug": "stability"},
        "by_label": {"security": "stability"},
        "by_priority": {"Blocker": "hotfix"},
        "hotfix_max_age_days": null
      },
      "severities": {"Blocker": 1},
      "kinds": {"default": "task", "by_type": {"Bug": "fix"}, "by_label": {"script": "script"}},
      "horizons": {
        "current_sprints": ["Sprint 9"], "with_version": "release", "default": "roadmap"
      },
      "ratings": {
        "customer_pain": {
          "default": 2, "by_priority": {"High": 4}, "by_type": {}, "by_label": {}
        }
      },
      "effort_points": {"per_point": 1, "sizes": {"S": 2, "M": 3}},
      "signals": {
        "votes": "vote", "watchers": "watcher", "reactions": "reaction", "comments": "comment"
      }
    }

kind
    jira_csv, linear_csv, csv, github_json, jira_json or json.
columns
    Column name -> one of :data:`FIELDS`. ``extra`` keeps the cell under the column's name; a column
    that is ``ignore`` or not named is left out. A repeated column is named once and counts whole.
title_from
    ``description``: its first line is the title, where no column holds one.
key_prefix
    Stands before every key, e.g. ``owner/name`` before GitHub's ``#7``.
encoding, delimiter
    null: found by looking.
date_order, zone
    ``day_first`` or ``month_first`` for dates such as 11/01/2023; the zone of dates without one.
markup
    ``jira`` is turned into Markdown, ``markdown`` is kept.
repair_mojibake
    Undo double encoding where the round trip is exact.
pull_requests, skip_labels
    Whether GitHub's pull requests are items; labels whose rows are left out.
as_of
    The newest instant of the file: "today" where an age is asked for.
states
    Status -> triage, accepted, in_progress, in_review, done, parked or declined.
resolutions
    For an item whose status is an end: done, declined or parked.
queues
    The type decides; without a type the strongest label, without either the default.
    ``by_priority``, and a label of a hotfix, move bugs only: what is in stability so far.
    An open bug older than ``hotfix_max_age_days`` at ``as_of`` stays in stability.
severities
    Severity or priority -> 1 to 4, for hotfixes.
horizons
    Work under way and the current sprints: sprint. A fix version or a due day: ``with_version``.
ratings
    null: no starting ratings. For each criterion the highest level (0 to 5) of those that fit by
    label, priority and type, else the default.
effort_points
    ``per_point`` of the column's unit make a point (28800: seconds into days); sizes by name.
signals
    Which kind of signal a count becomes; null: none.

What happens to a row
---------------------

Skipped, with the reason in ``SourceRow.skipped``: ``empty row``; ``no title``; ``same as row n``
(the same key and the same cells); ``row n has the same key and replaces it`` (the last of several
wins, and carries a warning); ``pull request``; ``label x``. An ``error`` is a row that cannot be
read: a quote that is never closed, more cells than the header has, a cell over the limit; reading
goes on with the next row. Everything else is an item, and what was repaired, cut or not understood
stands in its ``warnings``.

``content_hash`` changes when a value changes and at no other time, so a later export updates what
is new and touches nothing else. ``identity`` is what a record is known by from one import to the
next: its key, its id, or, in a file without either, its title and its turn among equal titles.
"""

from __future__ import annotations

from integrations.readers.cells import Attachment, Comment, Link
from integrations.readers.columns import Column, Columns, look_at_columns
from integrations.readers.decisions import Decision, Signal, decide
from integrations.readers.examination import Examination, examine
from integrations.readers.headers import FIELDS
from integrations.readers.mapping import Choice, EffortPoints, Horizons, Mapping, Queues
from integrations.readers.preview import Preview, Problem, preview
from integrations.readers.proposals import Proposal, Survey, propose, survey
from integrations.readers.rows import SourceRow, read_rows
from integrations.readers.sniff import KINDS, Sniff, sniff
from integrations.readers.source import ReadError, Source

__all__ = [
    "Attachment",
    "Choice",
    "Column",
    "Columns",
    "Comment",
    "Decision",
    "EffortPoints",
    "Examination",
    "FIELDS",
    "Horizons",
    "KINDS",
    "Link",
    "Mapping",
    "Preview",
    "Problem",
    "Proposal",
    "Queues",
    "ReadError",
    "Signal",
    "Sniff",
    "Source",
    "SourceRow",
    "Survey",
    "decide",
    "examine",
    "look_at_columns",
    "preview",
    "propose",
    "read_rows",
    "sniff",
    "survey",
]
