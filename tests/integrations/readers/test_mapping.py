"""The mapping as a file: what is accepted, and how a wrong one is refused."""

import json
import re
import subprocess
import sys

import pytest
from django.conf import settings

from backlog import vocabulary
from integrations import readers
from integrations.readers import Mapping, ReadError, examine
from integrations.readers import mapping as words
from scoring.default_rubric import DEFAULT_RUBRIC_DATA
from tests.integrations.readers.making import table


def test_a_proposal_goes_through_json_unchanged():
    looked = examine(
        table(
            ["Issue key", "Issue id", "Summary", "Issue Type", "Status", "Priority", "Labels"],
            ["A-1", "1", "x", "Bug", "Closed", "Blocker", "security"],
        )
    )
    mapping = looked.proposal.mapping
    assert Mapping.from_dict(json.loads(json.dumps(mapping.as_dict()))) == mapping
    json.dumps(looked.as_dict())


def test_nothing_is_a_mapping_of_defaults():
    assert Mapping.from_dict({}) == Mapping()
    assert Mapping.from_dict({"ratings": None}).ratings is None


def test_the_example_of_the_documentation_is_a_mapping():
    text = re.search(r"refused::\n\n(    \{.*?\n    \})\n", readers.__doc__ or "", re.DOTALL)
    mapping = Mapping.from_dict(json.loads(text[1]))
    assert mapping.states == {"To Do": "triage", "Closed": "done"}
    assert set(json.loads(text[1])) == set(Mapping().as_dict())


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ([], "The mapping has to be an object."),
        ({"colums": {}}, "The mapping has no 'colums'."),
        ({"columns": {"Summary": "titel"}}, "In columns, 'Summary' cannot be 'titel'"),
        ({"columns": []}, "Columns has to be an object."),
        ({"states": {"Open": "opened"}}, "In states, 'Open' cannot be 'opened'"),
        ({"resolutions": {"x": "triage"}}, "In resolutions, 'x' cannot be 'triage'"),
        ({"queues": {"default": "fast"}}, "In queues, 'default' cannot be 'fast'."),
        ({"queues": {"by_type": {"Bug": None}}}, "In queues, by_type, 'Bug' cannot be None"),
        ({"queues": {"hotfix_max_age_days": -1}}, "a number of days above 0, or nothing, not -1"),
        ({"kinds": {"by_label": {"x": "thing"}}}, "In kinds, by_label, 'x' cannot be 'thing'"),
        ({"severities": {"x": True}}, "In severities, 'x' cannot be True"),
        ({"severities": {"x": 9}}, "In severities, 'x' cannot be 9"),
        ({"ratings": {"beauty": {}}}, "Ratings has no 'beauty'."),
        ({"ratings": {"trust": {"by_type": {"Bug": 6}}}}, "'Bug' cannot be 6: use a level"),
        ({"ratings": {"trust": {"default": 2.5}}}, "'default' cannot be 2.5"),
        ({"horizons": {"default": "soon"}}, "In horizons, 'default' cannot be 'soon'."),
        ({"horizons": {"current_sprints": "S1"}}, "'current_sprints' cannot be 'S1'"),
        ({"effort_points": {"per_point": 0}}, "a point have to be a number above 0, not 0"),
        ({"effort_points": {"sizes": {"S": "2"}}}, "In effort_points, sizes, 'S' cannot be '2'"),
        ({"signals": {"votes": 1}}, "In signals, 'votes' has to be a kind of signal or null."),
        ({"signals": {"likes": "like"}}, "Signals has no 'likes'."),
        ({"zone": "Mars/Olympus"}, "'zone' has to be a time zone"),
        ({"date_order": "year_first"}, "'date_order' has to be one of day_first, month_first"),
        ({"delimiter": ",,"}, "'delimiter' has to be one character or null"),
        ({"markup": "html"}, "'markup' has to be one of jira, markdown"),
        ({"pull_requests": "yes"}, "'pull_requests' has to be true or false"),
        ({"skip_labels": "x"}, "'skip_labels' has to be a list of labels"),
        ({"title_from": "body"}, "'title_from' has to be '' or 'description'"),
        ({"kind": "trello"}, "'kind' has to be one of"),
    ],
)
def test_what_is_wrong_is_named(data, sentence):
    with pytest.raises(ReadError) as refused:
        Mapping.from_dict(data)
    assert refused.value.code == "bad_mapping"
    assert sentence in refused.value.detail


def test_every_problem_is_listed():
    with pytest.raises(ReadError) as refused:
        Mapping.from_dict({"a": 1, "states": {"x": "y"}, "zone": 3})
    assert len(refused.value.fields["mapping"]) == 3


def test_the_words_are_those_of_the_backlog_and_the_rubric():
    assert tuple(vocabulary.State.values) == words.STATES
    assert tuple(vocabulary.QueueKind.values) == words.QUEUES
    assert tuple(vocabulary.Kind.values) == words.ITEM_KINDS
    assert tuple(vocabulary.Horizon.values) == words.HORIZONS
    assert set(vocabulary.LinkKind.values) == {"blocks", "duplicates", "part_of", "relates"}
    assert tuple(c["key"] for c in DEFAULT_RUBRIC_DATA["criteria"]) == words.CRITERIA


def test_the_readers_need_no_django():
    code = "import sys, integrations.readers; sys.exit('django' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=settings.BASE_DIR, check=False)
    assert done.returncode == 0
