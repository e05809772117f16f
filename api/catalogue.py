"""Every operation of the API."""

from api.described import Operation
from api.resources import (
    activities,
    associations,
    books,
    conditions,
    deal_people,
    deal_upsert,
    documents,
    files,
    histories,
    invoice_making,
    invoices,
    lines,
    mappings,
    payments,
    pipelines,
    properties,
    property_choices,
    records,
    reports,
    stages,
    sync_companies,
    sync_settings,
    syncing,
    tasks,
    upsert,
    webhooks,
    workspace,
)

OPERATIONS: tuple[Operation, ...] = tuple(
    operation
    for resource in (
        records, upsert, deal_upsert, lines, deal_people, associations, activities, tasks, files,
        invoices, invoice_making, payments, histories, documents, books,
        syncing, sync_settings, sync_companies, mappings,
        reports, properties, property_choices, pipelines, stages, workspace, conditions, webhooks,
    )
    for operation in resource.operations()
)  # fmt: skip
