"""The fields of a company that can be mapped, its custom ones included."""

from sync.enums import RecordType
from sync.mapping.fields import CRM_FIELDS, QUICKBOOKS_FIELDS, Field


def crm_fields(record_type: RecordType) -> dict[str, Field]:
    """The CRM's fields of a record type by name."""
    return dict(CRM_FIELDS[record_type])


def quickbooks_fields(connection_id: int, record_type: RecordType) -> dict[str, Field]:
    """QuickBooks' fields of a record type by name."""
    return dict(QUICKBOOKS_FIELDS[record_type])
