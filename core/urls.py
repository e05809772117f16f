"""Addresses of this app."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from core.registry import file_hosts
from core.views import (
    audit,
    company,
    conditions,
    files,
    health,
    home,
    mail_health,
    metrics,
    outgoing,
    properties,
    property_choices,
    record_properties,
    search,
    settings,
    smtp,
)

app_name = "core"
urlpatterns = [
    path("", home.home, name="home"),
    path("home/layout/", home.home_layout, name="home-layout"),
    path("home/recent/", home.home_recent, name="home-recent"),
    path("home/news/", home.home_news, name="home-news"),
    path("search/", search.search, name="search"),
    path("search/palette/", search.palette, name="palette"),
    path("search/opened/", search.record_opened, name="record-opened"),
    path("conditions/<slug:object_type>/", conditions.condition_editor, name="condition-editor"),
    path("conditions/<slug:object_type>/count/", conditions.condition_count, name="condition-count"),
    path("settings/", settings.settings_index, name="settings"),
    path("settings/company/", company.company_profile, name="company"),
    path("settings/branding/", company.branding, name="branding"),
    path("settings/branding/sample-mail/", company.mail_sample, name="mail-sample"),
    path("brand/<slug:version>.png", company.brand_logo, name="brand-logo"),
    path("settings/audit/", audit.audit_log, name="audit-log"),
    path("settings/audit/<int:pk>/", audit.audit_event, name="audit-event"),
    path("settings/mail/", smtp.mail_server, name="mail-server"),
    path("settings/mail/test/", smtp.mail_test, name="mail-test"),
    path("settings/mail/health/", mail_health.mail_health, name="mail-health"),
    path("settings/mail/<int:pk>/retry/", mail_health.mail_retry, name="mail-retry"),
    path("settings/requests/", outgoing.outgoing_requests, name="outgoing-requests"),
    path("settings/requests/hosts/<int:pk>/remove/", outgoing.host_remove, name="outgoing-host-remove"),
    path("settings/requests/secret/", outgoing.secret_change, name="webhook-secret-change"),
    path("settings/requests/<int:pk>/retry/", outgoing.request_retry, name="outgoing-request-retry"),
    path("settings/properties/", properties.property_index, name="property-index"),
    path("settings/properties/<slug:object_type>/", properties.property_list, name="property-list"),
    path("settings/properties/<slug:object_type>/new/", properties.property_create, name="property-create"),
    path("settings/properties/<slug:object_type>/order/", properties.property_order, name="property-order"),
    path("settings/properties/<slug:object_type>/groups/order/", properties.group_order, name="property-group-order"),
    path("settings/property/<int:pk>/", properties.property_edit, name="property-edit"),
    path("settings/property/<int:pk>/delete/", properties.property_delete, name="property-delete"),
    path("settings/property/<int:pk>/restore/", properties.property_restore, name="property-restore"),
    path("settings/property-choice/<int:pk>/archive/", property_choices.choice_archive, name="choice-archive"),
    path("settings/property-choice/<int:pk>/restore/", property_choices.choice_restore, name="choice-restore"),
    path("settings/property-group/<int:pk>/", property_choices.group_edit, name="property-group"),
    path("properties/<slug:object_type>/<int:pk>/", record_properties.record_properties, name="record-properties"),
    path("files/<uuid:key>/", files.file_download, name="file-download"),
    path("files/<uuid:key>/remove/", files.file_remove, name="file-remove"),
    path("healthz", login_not_required(health.healthz), name="healthz"),
    path("readyz", login_not_required(health.readyz), name="readyz"),
    path("metrics", login_not_required(metrics.metrics), name="metrics"),
]
# Each kind of record that takes files has an address of its own, as cards do.
urlpatterns += [
    path(f"files/{kind}/<int:pk>/", files.files_card, {"object_type": kind}, name=f"{kind}-files")
    for kind in file_hosts
]
