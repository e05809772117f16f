"""Say of every deal since when it has been in its stage, and of its moves what the stages are called, in batches."""

from typing import Any

from django.db import migrations

BATCH = 5_000


def fill(apps: Any, schema_editor: Any) -> None:
    after = 0
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT max(id) FROM (SELECT id FROM crm_deal WHERE id > %s ORDER BY id LIMIT %s) AS b", [after, BATCH]
            )
            (last,) = cursor.fetchone()
            if last is None:
                return
            cursor.execute(
                "UPDATE crm_deal AS d SET stage_entered_at = COALESCE((SELECT max(c.entered_at) FROM crm_stagechange AS c "
                "WHERE c.deal_id = d.id), d.created_at) WHERE d.id > %s AND d.id <= %s",
                [after, last],
            )
            cursor.execute(
                "UPDATE crm_stagechange AS c SET name = s.name FROM crm_stage AS s "
                "WHERE s.id = c.stage_id AND c.deal_id > %s AND c.deal_id <= %s",
                [after, last],
            )
            after = last


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("crm", "0011_close_deals_with_reasons")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
