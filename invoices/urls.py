"""Addresses of this app."""

from django.urls import path

from invoices.views import acts, cards, index, record, wizard, wizard_begin, wizard_defaults

app_name = "invoices"
urlpatterns = [
    path("invoices/", index.invoice_list, name="invoice-list"),
    path("invoices/new/", wizard_begin.draft_blank, name="draft-blank"),
    path("invoices/usual-companies/", wizard_defaults.usual_companies, name="usual-companies"),
    path("invoices/new/copies/", wizard_begin.draft_copies, name="draft-copies"),
    path("invoices/sync-now/", cards.sync_now, name="sync-now"),
    path("invoices/needing-something/", cards.home_card, name="home-card"),
    path("invoices/of-deal/<int:pk>/", cards.deal_card, name="deal-card"),
    path("invoices/of-contact/<int:pk>/", cards.contact_card, name="contact-card"),
    path("invoices/of-company/<int:pk>/", cards.company_card, name="company-card"),
    path("invoices/new-of-deal/<int:pk>/", wizard_begin.draft_new, name="draft-new"),
    path("invoices/<int:pk>/", record.invoice_detail, name="invoice-detail"),
    path("invoices/<int:pk>/pdf/", record.invoice_pdf, name="invoice-pdf"),
    path("invoices/<int:pk>/preview/", record.invoice_preview, name="invoice-preview"),
    path("invoices/<int:pk>/history/", record.invoice_history, name="invoice-history"),
    path("invoices/<int:pk>/payments/", record.invoice_payments, name="invoice-payments"),
    path("invoices/<int:pk>/records/", record.invoice_records, name="invoice-records"),
    path("invoices/<int:pk>/retry/", record.invoice_retry, name="invoice-retry"),
    path("invoices/<int:pk>/record-payment/", acts.payment_record, name="payment-record"),
    path("invoices/<int:pk>/void/", acts.invoice_void, name="invoice-void"),
    path("invoices/<int:pk>/delete/", acts.invoice_delete, name="invoice-delete"),
    path("invoices/<int:pk>/keep/", acts.invoice_keep, name="invoice-keep"),
    path("invoices/<int:pk>/deal/", record.invoice_deal, name="invoice-deal"),
    path("invoice-drafts/<uuid:request_id>/", wizard.draft_open, name="draft-open"),
    path("invoice-drafts/<uuid:request_id>/save/", wizard.draft_save, name="draft-save"),
    path("invoice-drafts/<uuid:request_id>/lines/", wizard.draft_lines, name="draft-lines"),
    path("invoice-drafts/<uuid:request_id>/customers/", wizard.draft_customers, name="draft-customers"),
    path("invoice-drafts/<uuid:request_id>/items/", wizard.draft_items, name="draft-items"),
    path("invoice-drafts/<uuid:request_id>/rate/", wizard.draft_rate, name="draft-rate"),
    path("invoice-drafts/<uuid:request_id>/create/", wizard.draft_create, name="draft-create"),
    path("invoice-drafts/<uuid:request_id>/discard/", wizard.draft_discard, name="draft-discard"),
    path("invoice-drafts/<uuid:request_id>/<slug:step>/", wizard.draft_step, name="draft-step"),
]
