"""What the database itself refuses: changing and deleting events. In SQL, for the migration that sets it up.

Only ``dispatched_at`` may change freely: it says that an event's tasks were sent, and nothing of what happened. The
trigger is not even asked then, since it names the columns that it guards.
"""

GUARDED = (
    "id", "name", "occurred_at", "actor_id", "origin", "object_type", "object_id", "data", "cause",
    "address", "request", "key", "key_name",
)  # fmt: skip


def not_truncated(table: str) -> str:
    """The statement that keeps a table with events, or a part of it, from being emptied at once."""
    return (
        f"CREATE TRIGGER core_event_is_not_truncated BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION core_event_is_kept()"
    )


CREATE = f"""
CREATE FUNCTION core_event_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    door text := coalesce(current_setting('core.audit_door', true), '');
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        IF door = 'emptying' THEN
            RETURN NULL;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF door = 'retention' THEN
            RETURN OLD;
        END IF;
    ELSIF door = 'forgetting' AND to_jsonb(NEW) - 'data' = to_jsonb(OLD) - 'data' THEN
        RETURN NEW;
    ELSIF door = 'dating' AND to_jsonb(NEW) - 'occurred_at' = to_jsonb(OLD) - 'occurred_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Events are the audit log: they are added, and not changed or deleted'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER core_event_is_kept BEFORE DELETE OR UPDATE OF {", ".join(f'"{name}"' for name in GUARDED)}
    ON core_event FOR EACH ROW EXECUTE FUNCTION core_event_is_kept();
{not_truncated("core_event")};
"""

DROP = """
DROP TRIGGER core_event_is_not_truncated ON core_event;
DROP TRIGGER core_event_is_kept ON core_event;
DROP FUNCTION core_event_is_kept();
"""
