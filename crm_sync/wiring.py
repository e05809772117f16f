"""Who reacts to what: event name -> tasks. The whole automation graph fits on this screen.

Every task is sent with the list of event ids of one transaction, at least once.
"""

from api import subscribed
from core import events
from workflows.trigger_events import EVENTS

EVENT_HANDLERS: dict[str, list[str]] = {
    "property.created": ["core.keep_property_indexes"],
    "property.changed": ["core.keep_property_indexes"],
    "property.deleted": ["core.keep_property_indexes"],
    "property.restored": ["core.keep_property_indexes"],
    "property.choice_replaced": ["core.replace_property_choices"],
    "hubspot_import.finished": ["invoices.compare_hubspot"],
    "hubspot_import.undone": ["invoices.compare_hubspot"],
    "connection.connected": ["sync.start_first_load"],
    "connection.invoicing_changed": ["invoices.recount_deals"],
    "mirror.changed": ["sync.reconcile"],
    "customer.requested": ["sync.publish"],
    "item.requested": ["sync.publish"],
    "invoice.requested": ["sync.publish"],
    "user.deactivated": ["accounts.hand_over"],
    "user.reset_requested": ["accounts.send_resets"],
    "mail.planned": ["core.send_mails"],
    "request.planned": ["core.send_requests"],
    "file.added": ["sync.publish_files"],
    "file.removed": ["sync.withdraw_files"],
    "payment.requested": ["sync.publish_payments"],
    "payment.apply_requested": ["sync.publish_payments"],
    "payment.void_requested": ["sync.publish_payments"],
    "payment.delete_requested": ["sync.publish_payments"],
    "creditmemo.apply_requested": ["sync.publish_payments"],
    "creditmemo.requested": ["sync.publish_credits"],
    "creditmemo.delete_requested": ["sync.publish_credits"],
    "salesreceipt.void_requested": ["sync.publish_credits"],
    "salesreceipt.delete_requested": ["sync.publish_credits"],
    "salesreceipt.requested": ["sync.publish_credits"],
    "invoice.changed": ["sync.publish_invoice_changes"],
    "invoice.void_requested": ["sync.publish_invoice_changes"],
    "invoice.delete_requested": ["sync.publish_invoice_changes"],
    "invoice.send_requested": ["sync.publish_sends"],
    "estimate.requested": ["sync.publish_estimates"],
    **{
        f"quote.{act}": ["sync.publish_quotes"]
        for act in ("changed", "lines_changed", "published", "accepted", "declined")
    },
    "operation.finished": ["sync.settle"],
    "sync.look_again": ["sync.look_again"],
    "sync.settings_changed": ["sync.keep_match_indexes"],
    "sync.switched_on": ["sync.keep_match_indexes"],
    **{
        f"{record}.{change}": ["sync.publish_records"]
        for record in ("company", "contact", "product")
        for change in ("created", "changed", "archived", "restored", "merged", "unmerged")
    },
}
# Whatever can start a workflow is told to it, and to subscribed webhooks, after those that always react.
for _event in EVENTS:
    EVENT_HANDLERS.setdefault(_event, []).extend(["workflows.start_runs", "api.tell_subscribers"])
# Hardly any installation has webhooks, and each event would cost a second message.
events.wanted["api.tell_subscribers"] = subscribed.somebody_waits
