"""What the sync says before an import runs: which of its records would go to QuickBooks as well."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.registry import object_types
from sync.enums import RecordType
from sync.models import ObjectSettings
from sync.policies import OBJECT_OF, policy_of

PARTIES = {"company": RecordType.COMPANY, "contact": RecordType.CONTACT, "product": RecordType.PRODUCT}


def note(object_type: str, created: int, updated: int) -> list[str]:
    """A sentence for each QuickBooks company to which these records go."""
    if object_type not in PARTIES or not created + updated:
        return []
    sync_object = OBJECT_OF[PARTIES[object_type]]
    rows = ObjectSettings.objects.filter(sync_object=sync_object, enabled=True).select_related("connection")
    found = []
    for settings in rows.order_by("connection_id"):
        policy = policy_of(settings.connection, sync_object, settings=settings)
        if policy.sends_out and not policy.read_only:
            words = {"new": created, "company": settings.connection, "kind": object_types[object_type].plural}
            found.append(_sentence(created) % words)
    return found


def _sentence(created: int) -> str:
    if not created:
        return _("%(kind)s are synced with %(company)s: changes of linked ones would be sent to QuickBooks as well.")
    return ngettext(
        "%(kind)s are synced with %(company)s: %(new)d record would be created in QuickBooks as well, unless its "
        "settings leave it out.",
        "%(kind)s are synced with %(company)s: %(new)d records would be created in QuickBooks as well, unless its "
        "settings leave them out.",
        created,
    )
