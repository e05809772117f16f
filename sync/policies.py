"""The settings of one company in force: its rules and mappings, loaded once for a batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from core.properties import remembered
from qbo_connector.models import Connection
from sync.enums import Direction, Generation, RecordType, SyncObject, Transform, Winner
from sync.mapping import catalogue
from sync.mapping.engine import Mapped
from sync.mapping.fields import Field
from sync.merge import Rule
from sync.models import ConnectionSettings, FieldMapping, ObjectSettings

READ_ONLY = _("Read-only mode: nothing is written to QuickBooks.")
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


def policy_of(
    connection: Connection,
    sync_object: SyncObject,
    *,
    settings: ObjectSettings | None = None,
    generation: Generation | None = None,
) -> Policy:
    """The settings in force, in four queries. An object without a row is off, with the defaults.

    ``settings`` and ``generation`` stand in for the stored ones: to see what a change would do.
    """
    stored = settings or ObjectSettings.objects.filter(connection=connection, sync_object=sync_object).first()
    found = stored or ObjectSettings(sync_object=sync_object)
    found.connection = connection
    of_company = ConnectionSettings.objects.filter(connection=connection).first()
    if generation is None:
        generation = Generation(of_company.generation) if of_company else Generation.FULL
    types = record_types(sync_object)
    rows = FieldMapping.objects.filter(connection=connection, record_type__in=types, enabled=True).order_by("pk")
    mappings: dict[RecordType, list[Mapped]] = {record_type: [] for record_type in types}
    with remembered():
        known = {record_type: catalogue.crm_fields(record_type) for record_type in types}
    for row in rows:
        record_type = RecordType(row.record_type)
        if (mapped := in_force(row, found, generation, known[record_type])) is not None:
            mappings[record_type].append(mapped)
    return Policy(connection, found, generation, of_company.read_only if of_company else False, dict(mappings))


def record_types(sync_object: SyncObject) -> list[RecordType]:
    """The kinds of records that an object's settings are about."""
    return [record_type for record_type, owner in OBJECT_OF.items() if owner == sync_object]


def in_force(
    row: FieldMapping, settings: ObjectSettings, generation: Generation, known: Mapping[str, Field]
) -> Mapped | None:
    """A mapping as the engine takes it, with the CRM's ``known`` fields.

    None when one of its fields is gone, or when the object flows only the way that the field does not.
    """
    crm = known.get(row.crm_field)
    qbo = catalogue.quickbooks_field(RecordType(row.record_type), row.qbo_field)
    of_object = Direction.IN if generation == Generation.SIMPLE else Direction(settings.direction)
    direction = _direction(Direction(row.direction), of_object)
    if crm is None or qbo is None or direction is None:
        return None
    rule = Rule(row.crm_field, row.qbo_field, direction, Winner(row.winner or settings.winner))
    return Mapped(row.pk, rule, crm, qbo, Transform(row.transform), row.default)


def _direction(of_field: Direction, of_object: Direction) -> Direction | None:
    """A field flows no further than its object."""
    if of_field == Direction.BOTH or of_field == of_object:
        return of_object
    return of_field if of_object == Direction.BOTH else None
