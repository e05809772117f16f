"""Addresses of this app."""

from django.urls import URLPattern, path

from crm import task_hosts
from crm.kinds import COMPANY, CONTACT, DEAL, KINDS, PRODUCT, QUOTE, Kind
from crm.views import (
    activities,
    activity_list,
    archiving,
    association_labels,
    associations,
    board,
    cards,
    choices,
    details,
    duplicates,
    editing,
    forecast,
    home,
    layouts,
    lines,
    lists,
    outreach,
    pipelines,
    prices,
    properties,
    public_quote,
    quote_settings,
    quoting,
    stage_moves,
    task_feed,
    tasks,
    timeline,
)


def _of(kind: Kind, folder: str) -> list[URLPattern]:
    """What every kind of record has besides its list and page."""
    one = f"{folder}/<int:pk>"
    return [
        path(f"{folder}/new/", editing.create, {"kind": kind}, name=f"{kind.name}-create"),
        path(f"{one}/edit/", editing.edit, {"kind": kind}, name=f"{kind.name}-edit"),
        path(f"{one}/archive/", archiving.archive, {"kind": kind}, name=f"{kind.name}-archive"),
        path(f"{one}/restore/", archiving.restore, {"kind": kind}, name=f"{kind.name}-restore"),
        path(f"{one}/delete/", archiving.delete, {"kind": kind}, name=f"{kind.name}-delete"),
    ]


def _lines(name: str, folder: str) -> list[URLPattern]:
    one, extra = f"{folder}/<int:pk>/lines", {"object_type": name}
    return [
        path(f"{one}/", lines.lines, extra, name=f"{name}-lines"),
        path(f"{one}/row/", lines.line_row, extra, name=f"{name}-line-row"),
        path(f"{one}/amounts/", lines.line_amounts, extra, name=f"{name}-line-amounts"),
    ]


app_name = "crm"
urlpatterns = [
    path("archive/", archiving.archive_index, name="archive-index"),
    path("duplicates/", duplicates.duplicate_list, {"object_type": "contact"}, name="duplicates"),
    path("duplicates/<slug:object_type>/", duplicates.duplicate_list, name="duplicate-list"),
    path("duplicates/<int:pk>/decide/", duplicates.duplicate_decide, name="duplicate-decide"),
    path("merge/<slug:object_type>/", duplicates.merge, name="merge"),
    path("merges/", duplicates.merge_list, name="merge-list"),
    path("merges/<int:pk>/undo/", duplicates.merge_undo, name="merge-undo"),
    path("tasks/", tasks.task_list, name="task-list"),
    path("tasks/new/", tasks.task_form, name="task-create"),
    path("mentions/choices/", choices.mention_choices, name="mention-choices"),
    path("deals/needing-something/", home.deals_home, name="deal-home"),
    path("mentions/home/", home.mentions_home, name="mention-home"),
    path("tasks/home/", tasks.task_home, name="task-home"),
    path("tasks/feed/", task_feed.feed_settings, name="task-feed-settings"),
    path("tasks/feed/<slug:token>.ics", task_feed.feed, name="task-feed"),
    path("tasks/<int:pk>/", tasks.task_form, name="task-edit"),
    path("tasks/<int:pk>/<slug:act>/", tasks.task_act, name="task-act"),
    *(
        path(f"tasks/of-{name}/<int:pk>/", tasks.task_card, {"object_type": name}, name=f"{name}-tasks-card")
        for name in (*KINDS, *task_hosts.others)
    ),
    path("companies/", lists.record_list, {"kind": COMPANY}, name="company-list"),
    path("companies/choices/", choices.company_choices, name="company-choices"),
    path("companies/<int:pk>/", details.company_detail, name="company-detail"),
    path("companies/<int:pk>/contacts/", cards.company_contacts, name="company-contacts-card"),
    path("companies/<int:pk>/quotes/", cards.company_quotes, name="company-quotes-card"),
    path("companies/<int:pk>/deals/", cards.company_deals, name="company-deals-card"),
    *_of(COMPANY, "companies"),
    path("contacts/", lists.record_list, {"kind": CONTACT}, name="contact-list"),
    path("contacts/choices/", choices.contact_choices, name="contact-choices"),
    path("contacts/<int:pk>/", details.contact_detail, name="contact-detail"),
    path("contacts/<int:pk>/companies/", cards.contact_companies_card, name="contact-companies-card"),
    path("contacts/<int:pk>/companies/change/", cards.contact_company_change, name="contact-company-change"),
    path("contacts/<int:pk>/quotes/", cards.contact_quotes, name="contact-quotes-card"),
    path("contacts/<int:pk>/deals/", cards.contact_deals, name="contact-deals-card"),
    *_of(CONTACT, "contacts"),
    path("deals/", lists.record_list, {"kind": DEAL}, name="deal-list"),
    path("deals/board/", board.deal_board, name="deal-board"),
    path("deals/board/more/", board.deal_board_more, name="deal-board-more"),
    path("deals/forecast/", forecast.forecast, name="forecast"),
    path("deals/forecast/goals/", forecast.goals, name="forecast-goals"),
    path("deals/choices/", choices.deal_choices, name="deal-choices"),
    path("deals/<int:pk>/", details.deal_detail, name="deal-detail"),
    path("deals/<int:pk>/move/", stage_moves.deal_move, name="deal-move"),
    path("deals/<int:pk>/moves/<int:change>/undo/", stage_moves.deal_move_undo, name="deal-move-undo"),
    path("deals/<int:pk>/stages/", stage_moves.deal_stages, name="deal-stages-card"),
    path("deals/<int:pk>/contacts/", cards.deal_contacts_card, name="deal-contacts-card"),
    path("deals/<int:pk>/contacts/change/", cards.deal_contact_change, name="deal-contact-change"),
    path("deals/<int:pk>/billing/", cards.deal_billing, name="deal-billing"),
    path("deals/<int:pk>/quotes/", cards.deal_quotes, name="deal-quotes-card"),
    *_of(DEAL, "deals"),
    *_lines("deal", "deals"),
    path("products/", lists.record_list, {"kind": PRODUCT}, name="product-list"),
    path("products/choices/", choices.product_choices, name="product-choices"),
    path("products/<int:pk>/", details.product_detail, name="product-detail"),
    *_of(PRODUCT, "products"),
    path("products/<int:pk>/prices/", prices.prices_card, name="product-prices-card"),
    path("products/<int:pk>/prices/add/", prices.price_create, name="price-create"),
    path("products/<int:pk>/sold/", prices.sold_card, name="product-sold-card"),
    path("prices/<int:pk>/", prices.price_edit, name="price-edit"),
    path("prices/<int:pk>/remove/", prices.price_remove, name="price-remove"),
    path("quotes/", lists.record_list, {"kind": QUOTE}, name="quote-list"),
    path("quotes/<int:pk>/", details.quote_detail, name="quote-detail"),
    path("quotes/<int:pk>/publish/", quoting.quote_publish, name="quote-publish"),
    path("quotes/<int:pk>/ask-approval/", quoting.quote_ask_approval, name="quote-ask-approval"),
    path("quotes/<int:pk>/approve/", quoting.quote_approve, name="quote-approve"),
    path("quotes/<int:pk>/reject/", quoting.quote_reject, name="quote-reject"),
    path("quotes/<int:pk>/revise/", quoting.quote_revise, name="quote-revise"),
    path("quotes/<int:pk>/answer/", quoting.quote_answer, name="quote-answer"),
    path("quotes/<int:pk>/link/", quoting.quote_link, name="quote-link"),
    path("quotes/<int:pk>/pdf/", quote_settings.quote_document, name="quote-document"),
    path("settings/pipelines/", pipelines.pipeline_list, name="pipeline-list"),
    path("settings/pipelines/<int:pk>/", pipelines.pipeline_edit, name="pipeline-edit"),
    path("settings/pipelines/<int:pk>/delete/", pipelines.pipeline_delete, name="pipeline-delete"),
    path("settings/pipelines/<int:pk>/order/", pipelines.stage_order, name="stage-order"),
    path("settings/pipelines/<int:pk>/stages/new/", pipelines.stage_create, name="stage-create"),
    path("settings/pipelines/new/", pipelines.pipeline_create, name="pipeline-create"),
    path("settings/pipelines/order/", pipelines.pipeline_order, name="pipeline-order"),
    path("settings/quotes/sample/", quote_settings.quote_sample, name="quote-sample"),
    path("settings/stages/<int:pk>/", pipelines.stage_edit, name="stage-edit"),
    path("settings/stages/<int:pk>/delete/", pipelines.stage_delete, name="stage-delete"),
    path("settings/quotes/", quote_settings.quote_settings, name="quote-settings"),
    path("q/style/<slug:colour>.css", public_quote.quote_style, name="quote-style"),
    path("q/<slug:token>/", public_quote.quote_public, name="quote-public"),
    path("q/<slug:token>/accept/", public_quote.quote_accept, name="quote-accept"),
    path("q/<slug:token>/decline/", public_quote.quote_decline, name="quote-decline"),
    path("q/<slug:token>/quote.pdf", public_quote.quote_pdf_file, name="quote-pdf"),
    *_of(QUOTE, "quotes"),
    *_lines("quote", "quotes"),
    *(
        path(
            f"records/{name}/<int:pk>/associations/card/",
            associations.associations_card,
            {"object_type": name},
            name=f"{name}-associations-card",
        )
        for name in KINDS
    ),
    path("records/<slug:object_type>/<int:pk>/associations/", associations.association_list, name="association-list"),
    path("records/<slug:object_type>/<int:pk>/associations/new/", associations.association_add, name="association-add"),
    path(
        "records/<slug:object_type>/<int:pk>/associations/choices/",
        associations.association_choices,
        name="association-choices",
    ),
    path("records/<slug:object_type>/cards/", layouts.card_layout, name="card-layout"),
    path("associations/<int:pk>/remove/", associations.association_remove, name="association-remove"),
    path("settings/association-labels/", association_labels.label_list, name="association-labels"),
    path("settings/association-labels/<int:pk>/", association_labels.label_edit, name="association-label"),
    path(
        "settings/association-labels/<int:pk>/delete/", association_labels.label_delete, name="association-label-delete"
    ),
    path("records/<slug:object_type>/<int:pk>/properties/", properties.property_page, name="property-list"),
    path("records/<slug:object_type>/<int:pk>/properties/<str:name>/", properties.property_value, name="property"),
    path(
        "records/<slug:object_type>/<int:pk>/properties/<str:name>/history/",
        properties.property_history_panel,
        name="property-history",
    ),
    path("timeline/<slug:object_type>/<int:pk>/", timeline.timeline, name="timeline"),
    path("timeline/<slug:object_type>/<int:pk>/upcoming/", timeline.timeline_upcoming, name="timeline-upcoming"),
    path("timeline/<slug:object_type>/<int:pk>/also/", activities.activity_links, name="activity-links"),
    path("timeline/<slug:object_type>/<int:pk>/log/<slug:name>/", activities.activity_add, name="activity-add"),
    path("records/<slug:object_type>/<int:pk>/mail/", outreach.mail_compose, name="mail-compose"),
    path("activities/", activity_list.activity_list, name="activity-list"),
    path("activities/<int:pk>/open/", activity_list.activity_open, name="activity-open"),
    path("activities/<int:pk>/", activities.activity_edit, name="activity-edit"),
    path(
        "activities/<int:pk>/delete/<slug:object_type>/<int:record_pk>/",
        activities.activity_delete,
        name="activity-delete",
    ),
    path("activities/<int:pk>/pin/<slug:object_type>/<int:record_pk>/", activities.activity_pin, name="activity-pin"),
]
