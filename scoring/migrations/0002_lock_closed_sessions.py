"""Refinement sessions are locked once they are closed."""

from django.db import migrations

#: What a closed session may not lose; ``current`` and ``template`` may still let go of rows that are deleted.
KEPT = ("state", "title", "starts_at", "closed_at", "minutes")
LOCKED = ("scoring_agendaentry", "scoring_vote")


def lock(apps, schema_editor):
    postgresql = schema_editor.connection.vendor == "postgresql"
    differs = " OR ".join(
        f"NEW.{name} IS DISTINCT FROM OLD.{name}" if postgresql else f"NEW.{name} IS NOT OLD.{name}"
        for name in KEPT
    )
    if postgresql:
        schema_editor.execute(
            """
            CREATE FUNCTION ballast_session_closed() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'a closed session is locked' USING ERRCODE = 'restrict_violation'; END $$;
            CREATE FUNCTION ballast_entry_closed() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF EXISTS (SELECT 1 FROM scoring_refinementsession WHERE id = NEW.session_id AND closed_at IS NOT NULL)
                THEN RAISE EXCEPTION 'a closed session is locked' USING ERRCODE = 'restrict_violation'; END IF;
                RETURN NEW;
            END $$;
            CREATE FUNCTION ballast_vote_closed() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF EXISTS (SELECT 1 FROM scoring_refinementsession s JOIN scoring_agendaentry e ON e.session_id = s.id
                           WHERE e.id = NEW.entry_id AND s.closed_at IS NOT NULL)
                THEN RAISE EXCEPTION 'a closed session is locked' USING ERRCODE = 'restrict_violation'; END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER scoring_agendaentry_locked BEFORE INSERT OR UPDATE ON scoring_agendaentry
                FOR EACH ROW EXECUTE FUNCTION ballast_entry_closed();
            CREATE TRIGGER scoring_vote_locked BEFORE INSERT OR UPDATE ON scoring_vote
                FOR EACH ROW EXECUTE FUNCTION ballast_vote_closed();
            """
        )
        schema_editor.execute(
            "CREATE TRIGGER scoring_refinementsession_locked BEFORE UPDATE ON scoring_refinementsession"
            f" FOR EACH ROW WHEN (OLD.closed_at IS NOT NULL AND ({differs}))"
            " EXECUTE FUNCTION ballast_session_closed()"
        )
        return
    refuse = "BEGIN SELECT RAISE(ABORT, 'a closed session is locked'); END"
    schema_editor.execute(
        "CREATE TRIGGER scoring_refinementsession_locked BEFORE UPDATE ON scoring_refinementsession"
        f" WHEN OLD.closed_at IS NOT NULL AND ({differs}) {refuse}"
    )
    closed = "SELECT 1 FROM scoring_refinementsession s WHERE s.closed_at IS NOT NULL AND s.id ="
    found = {
        "scoring_agendaentry": f"{closed} NEW.session_id",
        "scoring_vote": f"{closed} (SELECT session_id FROM scoring_agendaentry WHERE id = NEW.entry_id)",
    }
    for table, query in found.items():
        for verb in ("INSERT", "UPDATE"):
            schema_editor.execute(
                f"CREATE TRIGGER {table}_locked_{verb.lower()} BEFORE {verb} ON {table}"
                f" WHEN EXISTS ({query}) {refuse}"
            )


def unlock(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table in ("scoring_refinementsession", *LOCKED):
            schema_editor.execute(f"DROP TRIGGER {table}_locked ON {table}")
        for name in ("session", "entry", "vote"):
            schema_editor.execute(f"DROP FUNCTION ballast_{name}_closed()")
        return
    schema_editor.execute("DROP TRIGGER scoring_refinementsession_locked")
    for table in LOCKED:
        for verb in ("insert", "update"):
            schema_editor.execute(f"DROP TRIGGER {table}_locked_{verb}")


class Migration(migrations.Migration):
    dependencies = [("scoring", "0001_tables")]
    operations = [migrations.RunPython(lock, unlock)]
