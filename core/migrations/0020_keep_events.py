"""Events can't be changed or deleted any more, but for what core.audit.door is for."""

from django.db import migrations

from core.audit.keeping import CREATE, DROP


class Migration(migrations.Migration):
    dependencies = [("core", "0019_find_events_of_the_audit_log")]

    operations = [migrations.RunSQL(CREATE, DROP)]
