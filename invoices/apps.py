"""The app's entry in the registry, and what it adds to pages of others."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InvoicesConfig(AppConfig):
    """See the package's docstring."""

    name = "invoices"

    def ready(self) -> None:
        """Register cards, menu, search, object types and how the timeline tells events."""
        from core import registry  # noqa: PLC0415 -- models are ready only now
        from core.merging import add_pointer  # noqa: PLC0415
        from core.services.mails import attachment_makers, withdrawals  # noqa: PLC0415
        from crm import task_hosts  # noqa: PLC0415
        from invoices import (  # noqa: PLC0415
            archive_notes,
            automation_sentences,
            bills,
            credit_section,
            deal_merges,
            estimate_section,
            estimate_sentences,
            fields,
            files,
            money_sentences,
            payment_tables,
            properties,
            quote_taxes,
            search,
            sentences,
            tables,
        )
        from invoices.models import KeptApart  # noqa: PLC0415
        from invoices.services import reminders  # noqa: PLC0415

        for order, object_type in enumerate(("deal", "contact", "company")):
            registry.record_cards.append(
                registry.RecordCard(
                    object_type=object_type,
                    key="invoices",
                    title=_("Invoices"),
                    url_name=f"invoices:{object_type}-card",
                    order=10 + order,
                    permission="invoices.view",
                )
            )
        registry.home_cards.append(
            registry.HomeCard(
                key="invoices-needing-something",
                title=_("Invoices that need something"),
                url_name="invoices:home-card",
                order=20,
                permission="invoices.view",
            )
        )
        registry.home_cards.append(
            registry.HomeCard(
                key="invoices-to-approve",
                title=_("Invoices to approve"),
                url_name="invoices:approval-home",
                order=30,
                permission="invoices.create",
            )
        )
        registry.settings_menu.append(
            registry.MenuEntry(
                title=_("Reminders"),
                url_name="invoices:reminder-list",
                icon="bell",
                order=46,
                permission="invoices.automate",
                group=_("Workspace"),
                text=_("Which e-mails customers get about invoices that are due or overdue, and when."),
            )
        )
        registry.menu.append(
            registry.MenuEntry(
                title=_("Invoices"),
                url_name="invoices:invoice-list",
                icon="file-invoice",
                order=60,
                permission="invoices.view",
                shortcut="i",
            )
        )
        registry.settings_menu.append(
            registry.MenuEntry(
                title=_("Companies by pipeline"),
                url_name="invoices:usual-companies",
                icon="arrows-right-left",
                order=70,
                permission="sync.configure",
                group=_("QuickBooks"),
                text=_("The QuickBooks company that deals of a pipeline or currency are invoiced in."),
            )
        )
        registry.settings_menu.append(
            registry.MenuEntry(
                title=_("Deals of invoices"),
                url_name="invoices:association-rules",
                icon="link",
                order=71,
                permission="sync.configure",
                group=_("QuickBooks"),
                text=_("How invoices made in QuickBooks find the deals they belong to."),
            )
        )
        registry.add_object_type(
            registry.ObjectType("invoice", _("Invoice"), _("Invoices"), "invoices:invoice-detail", "file-invoice")
        )
        search.register()
        registry.add_event_kinds(*sentences.KINDS, *money_sentences.KINDS)
        registry.add_event_kinds(*estimate_sentences.KINDS, *automation_sentences.KINDS)
        registry.record_cards.append(
            registry.RecordCard(
                object_type="quote",
                key="estimate",
                title=_("Estimate and invoices"),
                url_name="invoices:quote-card",
                order=20,
                permission="invoices.view",
            )
        )
        registry.add_object_type(
            registry.ObjectType("estimate", _("Estimate"), _("Estimates"), "invoices:estimate-detail", "file-text")
        )
        task_hosts.offer("invoice", permission="invoices.view")
        estimate_section.register()
        credit_section.register()
        deal_merges.register()
        archive_notes.register()
        fields.register()
        properties.register()
        quote_taxes.register()
        tables.register()
        payment_tables.register()
        bills.register()
        task_hosts.offer("payment", permission="invoices.view")
        files.register()
        add_pointer(KeptApart, "object_type", "object_id", _("Invoices kept apart"))
        attachment_makers["invoice_pdf"] = reminders.invoice_pdf
        withdrawals[reminders.KEY] = reminders.withdrawn
