"""All addresses of the product."""

from django.urls import include, path

urlpatterns = [
    path("", include("core.urls")),
    path("lists/", include("core.tables.urls")),
    path("segments/", include("core.segments.urls")),
    path("imports/", include("crm.imports.urls")),
    path("", include("api.urls")),
    path("reports/", include("reports.urls")),
    path("workflows/", include("workflows.urls")),
    path("", include("accounts.urls")),
    path("", include("accounts.allauth_urls")),
    path("", include("crm.urls")),
    path("", include("invoices.urls")),
    path("", include("qbo_connector.urls")),
    path("", include("sync.urls")),
]
handler403 = "core.views.errors.permission_denied"
handler404 = "core.views.errors.page_not_found"
handler500 = "core.views.errors.server_error"
