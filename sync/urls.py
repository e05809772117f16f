"""Addresses of this app."""

from django.urls import path

from sync import review_urls
from sync.views import connections, dry_runs, generations, health, home, invoicing, object_settings, records, set_up

app_name = "sync"
COMPANY = "settings/connected-apps/quickbooks/<int:pk>/"
OBJECT = f"{COMPANY}objects/<str:name>/"
HEALTH = "settings/sync-health/"
urlpatterns = [
    path(COMPANY, connections.connection_settings, name="connection-settings"),
    path(f"{COMPANY}progress/", connections.connection_progress, name="connection-progress"),
    path(f"{COMPANY}objects/", connections.connection_objects, name="connection-objects"),
    path(f"{COMPANY}estimate/", connections.estimate, name="reads-estimate"),
    path(f"{COMPANY}limits/", connections.limits, name="connection-limits"),
    path(f"{COMPANY}invoices/", invoicing.invoicing_settings, name="invoicing-settings"),
    path(f"{COMPANY}read-only/", connections.read_only, name="read-only"),
    path(f"{COMPANY}set-up/", set_up.set_up, name="set-up"),
    path(f"{COMPANY}simple/", generations.simple, name="simple"),
    path(f"{COMPANY}upgrade/", generations.upgrade, name="upgrade"),
    path(f"{COMPANY}upgrade/undo/", generations.upgrade_undo, name="upgrade-undo"),
    path(f"{COMPANY}name-preview/", object_settings.name_preview, name="name-preview"),
    path(OBJECT, object_settings.object_settings, name="object-settings"),
    path(f"{OBJECT}dry-run/", dry_runs.object_dry_run, name="dry-run"),
    path(f"{OBJECT}sync-now/", connections.object_sync_now, name="object-sync-now"),
    path(f"{OBJECT}started/", set_up.object_started, name="object-started"),
    path(f"{OBJECT}delete/", object_settings.object_delete, name="object-delete"),
    path(f"{COMPANY}switch/", connections.switch, name="switch"),
    path(f"{COMPANY}sync-now/", connections.sync_now, name="sync-now"),
    *review_urls.patterns,
    path(HEALTH, health.health, name="health"),
    path(f"{HEALTH}home/", home.health_home, name="health-home"),
    path(f"{HEALTH}home/failures/", home.failures_home, name="failures-home"),
    path(f"{HEALTH}retry/", health.retry, name="retry"),
    path(f"{HEALTH}parked/<int:pk>/", health.parked_payload, name="parked-payload"),
    path(f"{HEALTH}parked/<int:pk>/retry/", health.parked_retry, name="parked-retry"),
    path("companies/<int:pk>/quickbooks-card/", records.company_card, name="company-card"),
    path("contacts/<int:pk>/quickbooks-card/", records.contact_card, name="contact-card"),
    path("products/<int:pk>/quickbooks-card/", records.product_card, name="product-card"),
    path("sync/links/<int:pk>/retry/", records.record_retry, name="record-retry"),
    path("sync/links/<int:pk>/link-to-owner/", records.record_link_to_owner, name="record-link-to-owner"),
    path("sync/links/<int:pk>/rename/", records.record_rename, name="record-rename"),
    path("sync/links/<int:pk>/sync-now/", records.record_sync_now, name="record-sync-now"),
]
