"""Tables of the CRM."""

from crm.models.activities import Activity, ActivityKind, ActivityLink, Direction, Outcome
from crm.models.associations import Association, AssociationLabel
from crm.models.companies import Company
from crm.models.contacts import Contact
from crm.models.deals import Deal, DealBilling, DealContact, DealLine, StageChange
from crm.models.forecast import SalesGoal
from crm.models.hubspot import HubspotClaim, HubspotImport, HubspotLink, HubspotRecord
from crm.models.imports import Import, ImportFile, ImportSlice
from crm.models.layouts import RecordLayout
from crm.models.merges import DuplicateKey, DuplicatePair, DuplicateScan, Merge, MergedRecord
from crm.models.pipelines import CloseReason, Pipeline, Stage
from crm.models.products import Price, Product
from crm.models.quotes import Quote, QuoteLine, QuoteSettings, QuoteView
from crm.models.tasks import Priority, Task, TaskFeed, TaskKind

__all__ = [
    "Activity",
    "ActivityKind",
    "ActivityLink",
    "Association",
    "AssociationLabel",
    "CloseReason",
    "Company",
    "Contact",
    "Deal",
    "DealBilling",
    "DealContact",
    "DealLine",
    "Direction",
    "DuplicateKey",
    "DuplicatePair",
    "DuplicateScan",
    "HubspotClaim",
    "HubspotImport",
    "HubspotLink",
    "HubspotRecord",
    "Import",
    "ImportFile",
    "ImportSlice",
    "Merge",
    "MergedRecord",
    "Outcome",
    "Pipeline",
    "Price",
    "Priority",
    "Product",
    "Quote",
    "QuoteLine",
    "QuoteSettings",
    "QuoteView",
    "RecordLayout",
    "SalesGoal",
    "Stage",
    "StageChange",
    "Task",
    "TaskFeed",
    "TaskKind",
]
