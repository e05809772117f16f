"""What the views of this app have in common."""

from invoices.views.answers import by_htmx, needs, toast, told

VIEW, MANAGE = "reports.view", "reports.manage"

__all__ = ["MANAGE", "VIEW", "by_htmx", "needs", "toast", "told"]
