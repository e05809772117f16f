"""The settings of one company in force: its rules and mappings, loaded once for a batch."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from qbo_connector.models import Connection
from sync.enums import Direction, Generation, RecordType, SyncObject, Transform, Winner
from sync.mapping import catalogue
from sync.mapping.engine import Mapped
from sync.merge import Rule
from sync.models import ConnectionSettings, FieldMapping, ObjectSettings

OBJECT_OF = {
    RecordType.COMPANY: SyncObject.CONTACT,
    RecordType.CONTACT: SyncObject.CONTACT,
    RecordType.PRODUCT: SyncObject.PRODUCT,
    RecordType.INVOICE: SyncObject.INVOICE,
    RecordType.LINE: SyncObject.INVOICE,
}


@dataclass(frozen=True)
class Policy:
    """What holds for one object of one company. ``mappings`` are those in force, by record type."""

    connection: Connection
    settings: ObjectSettings
    generation: Generation = Generation.FULL
    read_only: bool = False
    mappings: dict[RecordType, Sequence[Mapped]] = field(default_factory=dict)

    @property
    def enabled(self) -> bool:
        """Whether the object is switched on."""
        return self.settings.enabled

    @property
    def brings_in(self) -> bool:
        """Whether changes in QuickBooks reach the CRM."""
        return self.enabled and self.settings.direction != Direction.OUT

    @property
    def sends_out(self) -> bool:
        """Whether changes in the CRM reach QuickBooks; what a person asks for by hand goes in any case."""
        return self.enabled and self.settings.direction != Direction.IN and self.generation == Generation.FULL


def policy_of(connection: Connection, sync_object: SyncObject) -> Policy:
    """The settings in force, in three queries. An object without a row is off, with the defaults."""
    settings = ObjectSettings.objects.filter(connection=connection, sync_object=sync_object).first()
    of_company = ConnectionSettings.objects.filter(connection=connection).first()
    found = settings or ObjectSettings(connection=connection, sync_object=sync_object)
    types = [record_type for record_type, owner in OBJECT_OF.items() if owner == sync_object]
    rows = FieldMapping.objects.filter(connection=connection, record_type__in=types, enabled=True).order_by("pk")
    mappings: dict[RecordType, list[Mapped]] = {record_type: [] for record_type in types}
    for row in rows:
        if (mapped := in_force(row, found)) is not None:
            mappings[RecordType(row.record_type)].append(mapped)
    return Policy(
        connection,
        found,
        Generation(of_company.generation) if of_company else Generation.FULL,
        of_company.read_only if of_company else False,
        dict(mappings),
    )


def in_force(row: FieldMapping, settings: ObjectSettings) -> Mapped | None:
    """A mapping as the engine takes it; None when one of its fields no longer exists."""
    record_type = RecordType(row.record_type)
    crm = catalogue.crm_fields(record_type).get(row.crm_field)
    qbo = catalogue.quickbooks_fields(row.connection_id, record_type).get(row.qbo_field)
    if crm is None or qbo is None:
        return None
    rule = Rule(
        row.crm_field,
        row.qbo_field,
        _direction(Direction(row.direction), Direction(settings.direction)),
        Winner(row.winner or settings.winner),
    )
    return Mapped(row.pk, rule, crm, qbo, Transform(row.transform), row.default)


def _direction(of_field: Direction, of_object: Direction) -> Direction:
    """A field flows no further than its object."""
    return of_object if of_field == Direction.BOTH else of_field
