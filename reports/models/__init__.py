"""Tables of reports."""

from reports.models.dashboards import Dashboard, DashboardTile
from reports.models.reports import Report, ReportSchedule
from reports.models.rollups import CustomerSum, DaySum, HealthSample, InvoiceFact, ProductSum, StaleSlice

__all__ = [
    "CustomerSum",
    "Dashboard",
    "DashboardTile",
    "DaySum",
    "HealthSample",
    "InvoiceFact",
    "ProductSum",
    "Report",
    "ReportSchedule",
    "StaleSlice",
]
