"""Which column is which."""

import pytest

from integrations.readers import look_at_columns
from integrations.readers.headers import FIELDS, field_of
from tests.integrations.readers.making import one, source, table


def fields(header, *body):
    return look_at_columns(table(header, *body)).mapping.columns


@pytest.mark.parametrize(
    ("language", "headers"),
    [
        ("en", "Summary|Issue key|Issue id|Issue Type|Status|Priority|Resolution|Created|Description"),
        ("es", "Resumen|Clave de incidencia|ID de la incidencia|Tipo de Incidencia|Estado|Prioridad"
               "|Resolución|Creada|Descripción"),
        ("de", "Zusammenfassung|Vorgangsschlüssel|Vorgangs-ID|Vorgangstyp|Status|Priorität|Lösung|Erstellt"
               "|Beschreibung"),
        ("nl", "Samenvatting|Issuesleutel|Issue id|Issuetype|Status|Prioriteit|Oplossing|Aangemaakt"
               "|Beschrijving"),
        ("fr", "Résumé|Clé de ticket|ID de ticket|Type de ticket|État|Priorité|Résolution|Création"
               "|Description"),
        ("pt", "Resumo|Chave da item|ID da item|Tipo de item|Status|Prioridade|Resolução|Criado|Descrição"),
        ("it", "Riepilogo|Chiave ticket|ID ticket|Tipo ticket|Stato|Priorità|Risoluzione|Creato"
               "|Descrizione"),
    ],
)  # fmt: skip
def test_jira_headers_in_seven_languages(language, headers):
    expected = ["title", "external_key", "external_id", "type", "status", "priority", "resolution",
                "created", "description"]  # fmt: skip
    assert [field_of(name).field for name in headers.split("|")] == expected


@pytest.mark.parametrize(
    "header",
    ["Custom field (Story Points)", "Campo personalizado (Story Points)",
     "Benutzerdefinierte Felder (Story Points)", "Benutzerdefiniertes Feld (Story Points)",
     "Champs personnalisés (Story Points)", "Campo personalizzato (Story Points)",
     "Aangepast veld (Story Points)", "Story point estimate", "storypoint", "story_points",
     "storyPoints", "STORY-POINTS", "Estimate"],
)  # fmt: skip
def test_story_points_by_any_name(header):
    assert field_of(header).field == "effort"


def test_hebrew_custom_fields_are_kept():
    row = one(["Issue key", "Summary", "Custom field (תאריך התחלה)"], ["A-1", "x", "soon"])
    assert row.extra == {"Custom field (תאריך התחלה)": "soon"}


@pytest.mark.parametrize(
    ("header", "direction", "link_type"),
    [
        ("Inward issue link (Blocks)", "inward", "Blocks"),
        ("Outward issue link (Gantt: start-finish)", "outward", "Gantt: start-finish"),
        ("Enlace a la incidencia interna (Blocks)", "inward", "Blocks"),
        ("Enlace de incidencia saliente (Blocks)", "outward", "Blocks"),
        ("Eingehende Vorgangsverknüpfung (Relates)", "inward", "Relates"),
        ("Ausgehende Vorgangsverknüpfung (Relates)", "outward", "Relates"),
        ("Blocked by", "inward", "Blocks"),
        ("Duplicate of", "outward", "Duplicate"),
    ],
)
def test_link_columns_say_their_direction(header, direction, link_type):
    guess = field_of(header)
    assert (guess.field, guess.direction, guess.link_type) == ("links", direction, link_type)


def test_a_link_to_a_page_is_no_link_between_items():
    assert field_of("Source link (docs)").field == ""


def test_repeated_columns_keep_their_order():
    row = one(
        ["Issue key", "Summary", "Sprint", "Label", "Sprint", "Sprint"],
        ["A-1", "x", "S1", "a", "", "S3"],
    )
    assert row.sprints == ("S1", "S3")


def test_padded_headers_are_the_same_headers():
    assert fields(["Issue key  ", " Summary   "], ["A-1", "x"]) == {
        "Issue key": "external_key",
        "Summary": "title",
    }


def test_the_fuller_of_two_columns_wins():
    header = [
        "Issue key",
        "Summary",
        "Custom field (Story Points)",
        "Custom field (Story point estimate)",
    ]
    assert fields(header, ["A-1", "x", "", "3"])[header[3]] == "effort"
    assert one(header, ["A-1", "x", "", "3"]).effort == 3.0


def test_the_surer_of_two_columns_wins():
    found = fields(["Issue key", "Summary", "Creator", "Reporter"], ["A-1", "x", "c", "r"])
    assert (found["Creator"], found["Reporter"]) == ("ignore", "reporter")
    assert fields(["Issue key", "Summary", "Creator"], ["A-1", "x", "c"])["Creator"] == "reporter"


def test_an_id_beside_a_key_is_the_inner_number():
    found = fields(["id", "key", "title"], ["7", "A-1", "x"])
    assert (found["id"], found["key"]) == ("external_id", "external_key")
    assert fields(["id", "title"], ["7", "x"])["id"] == "external_key"


def test_counts_in_the_place_of_things():
    found = fields(
        ["key", "summary", "comments", "links", "attachments"], ["A-1", "x", "4", "2", "0"]
    )
    assert found["comments"] == "comment_count"
    assert (found["links"], found["attachments"]) == ("ignore", "ignore")


def test_a_column_named_like_a_date_that_holds_none():
    looked = look_at_columns(
        table(["Key", "Title", "Done"], ["A-1", "x", "yes"], ["A-2", "y", "no"])
    )
    assert looked.mapping.columns["Done"] == "extra"
    assert "named like a date" in looked.warnings[0]


def test_an_estimate_in_seconds_is_the_last_resort():
    header = ["Issue key", "Summary", "Original estimate", "Custom field (Story Points)"]
    looked = look_at_columns(table(header, ["A-1", "x", "57600", ""]))
    assert looked.mapping.effort_points.per_point == 28_800
    assert "28,800 seconds" in looked.warnings[0]
    assert one(header, ["A-1", "x", "57600", ""]).effort == 2.0
    assert one(header, ["A-1", "x", "57600", "5"]).effort == 5.0


def test_empty_and_noisy_columns_are_ignored_and_others_kept():
    header = [
        "Issue key",
        "Summary",
        "Custom field (Goals)",
        "Custom field (Rank)",
        "Last Viewed",
        "Env",
    ]
    found = fields(header, ["A-1", "x", "", "0|i0001b:", "20/Jul/23 3:25 PM", "Linux"])
    assert list(found.values())[2:] == ["ignore", "ignore", "ignore", "extra"]


def test_samples_fill_and_confidence():
    looked = look_at_columns(
        table(["Key", "Title"], ["A-1", "x"], ["A-2", ""], ["A-3", "x"], ["A-4", "long " * 60])
    )
    title = looked.columns[1]
    assert (title.filled, title.samples[0], title.confidence) == (3, "x", 0.95)
    assert len(title.samples[1]) == 120
    assert looked.rows == 4
    assert "tried" not in looked.as_dict()["columns"][0]


def test_without_a_title_the_description_is_offered():
    looked = look_at_columns(table(["Issue key", "Description"], ["A-1", "First\nSecond"]))
    assert looked.mapping.title_from == "description"
    assert "first line of the description" in looked.warnings[0]


def test_without_title_and_description_somebody_has_to_choose():
    looked = look_at_columns(source("when,much\n1,2\n"))
    assert "Name one" in looked.warnings[0]


def test_every_guess_is_a_field():
    names = ["Summary", "Key", "Labels", "Rank", "Creator", "Custom field (x)", "Blocks", "Votes"]
    assert {field_of(name).field for name in names} <= set(FIELDS)
