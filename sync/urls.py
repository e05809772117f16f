"""Addresses of this app."""

from django.urls import path

from sync import review_urls
from sync.views import connections, health, records

app_name = "sync"
COMPANY = "settings/connected-apps/quickbooks/<int:pk>/"
HEALTH = "settings/sync-health/"
urlpatterns = [
    path(COMPANY, connections.connection_settings, name="connection-settings"),
    path(f"{COMPANY}progress/", connections.connection_progress, name="connection-progress"),
    path(f"{COMPANY}objects/", connections.connection_objects, name="connection-objects"),
    path(f"{COMPANY}estimate/", connections.estimate, name="reads-estimate"),
    path(f"{COMPANY}switch/", connections.switch, name="switch"),
    path(f"{COMPANY}sync-now/", connections.sync_now, name="sync-now"),
    *review_urls.patterns,
    path(HEALTH, health.health, name="health"),
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
