"""Words of titles and descriptions, indexed: a stored column under GIN on PostgreSQL, FTS5 kept by triggers on SQLite."""

from django.db import migrations

# Without punctuation: else the parser would take "login.html", "v2.3" and "and/or" for one word each.
PLAIN = "regexp_replace(%s, '[!-/:-@[-`{-~]+', ' ', 'g')"
VECTOR = (
    f"setweight(to_tsvector('simple', {PLAIN % 'title'}), 'A') ||"
    f" setweight(to_tsvector('simple', {PLAIN % 'left(description, 20000)'}), 'D')"
)


def index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        # stored, so that neither a match nor its rank reads the texts again; the model does not know the column
        schema_editor.execute(
            f"ALTER TABLE backlog_item ADD COLUMN words tsvector GENERATED ALWAYS AS ({VECTOR}) STORED"
        )
        schema_editor.execute("CREATE INDEX item_words ON backlog_item USING gin (words)")
        return
    schema_editor.execute(
        "CREATE VIRTUAL TABLE backlog_item_words USING fts5"
        "(title, description, content='backlog_item', content_rowid='id',"
        " tokenize='unicode61 remove_diacritics 0', prefix='2 3')"
    )
    schema_editor.execute(
        "CREATE TRIGGER backlog_item_words_ai AFTER INSERT ON backlog_item BEGIN"
        " INSERT INTO backlog_item_words(rowid, title, description) VALUES (new.id, new.title, new.description); END"
    )
    schema_editor.execute(
        "CREATE TRIGGER backlog_item_words_ad AFTER DELETE ON backlog_item BEGIN"
        " INSERT INTO backlog_item_words(backlog_item_words, rowid, title, description)"
        " VALUES ('delete', old.id, old.title, old.description); END"
    )
    schema_editor.execute(
        "CREATE TRIGGER backlog_item_words_au AFTER UPDATE OF title, description ON backlog_item"
        " WHEN old.title IS NOT new.title OR old.description IS NOT new.description BEGIN"
        " INSERT INTO backlog_item_words(backlog_item_words, rowid, title, description)"
        " VALUES ('delete', old.id, old.title, old.description);"
        " INSERT INTO backlog_item_words(rowid, title, description) VALUES (new.id, new.title, new.description); END"
    )


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE backlog_item DROP COLUMN words")
        return
    for name in ("ai", "ad", "au"):
        schema_editor.execute(f"DROP TRIGGER backlog_item_words_{name}")
    schema_editor.execute("DROP TABLE backlog_item_words")


class Migration(migrations.Migration):
    dependencies = [("backlog", "0002_guard_change_log")]
    operations = [migrations.RunPython(index, drop)]
