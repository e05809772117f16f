"""What each address of the API answers whom, for the permission matrix: (method, status, who gets it).

Each address has the name of its first method. Programs call with all scopes, without a body and a version, of records
that are not there. Who is not among those who get it is denied; without a key everybody is.
"""

ALL = ("looker", "Sales rep", "Ops", "Admin")
SELLING = ("Sales rep", "Ops", "Admin")
OPERATORS = ("Ops", "Admin")
ADMINS = ("Admin",)
WORKSPACE = ("properties", "pipelines", "users", "teams")
KINDS = {"companies": "company", "contacts": "contact", "deals": "deal", "products": "product", "quotes": "quote"}
BOOKS = (
    "customers", "items", "tax-codes", "terms", "payment-methods", "deposit-accounts", "classes", "locations",
)  # fmt: skip
DOCUMENTS = ("credit-memos", "refunds", "sales-receipts", "estimates", "bills")

LINES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    **{f"list-{kind}": ("GET", "200", ALL) for kind in KINDS},
    **{f"read-{word}": ("GET", "404", ALL) for word in KINDS.values()},
    **{f"search-{kind}": ("POST", "415", ALL) for kind in (*KINDS, "invoices", "payments")},
    **{f"{act}-{word}": ("POST", "428", ALL) for word in KINDS.values() for act in ("archive", "restore")},
    "move-deal": ("POST", "428", ALL),
    **{f"list-{kind}": ("GET", "200", SELLING) for kind in ("invoices", "invoice-sends", "payments", "connections")},
    **{f"read-{word}": ("GET", "404", SELLING) for word in ("invoice", "invoice-send", "payment")},
    **{f"read-invoice-{part}": ("GET", "404", SELLING) for part in ("status", "pdf")},
    **{f"list-{kind}": ("GET", "200", SELLING) for kind in DOCUMENTS},
    **{f"read-{kind.removesuffix('s')}": ("GET", "404", SELLING) for kind in DOCUMENTS},
    **{f"search-{kind}": ("POST", "415", ALL) for kind in DOCUMENTS if kind != "estimates"},
    "read-invoice-draft": ("GET", "404", ALL),
    "send-invoice": ("POST", "415", ALL),
    "void-invoice": ("POST", "428", ALL),
    "retry-invoice": ("POST", "404", SELLING),
    "void-payment": ("POST", "404", OPERATORS),
    "discard-payment": ("POST", "404", OPERATORS),
    **{f"read-{word}-lines": ("GET", "404", ALL) for word in ("deal", "quote")},
    "replace-deal-contacts": ("PUT", "428", ALL),
    **{f"{act}-quote": ("POST", "428", ALL) for act in ("publish", "revise", "answer")},
    **{f"list-{word}-{part}": ("GET", "404", ALL) for word in KINDS.values() for part in ("associations", "files")},
    **{f"read-{word}-timeline": ("GET", "404", ALL) for word in KINDS.values()},
    **{f"read-{word}-timeline": ("GET", "404", SELLING) for word in ("invoice", "payment")},
    "list-invoice-files": ("GET", "404", ALL),
    **{f"list-{kind}": ("GET", "200", ALL) for kind in WORKSPACE},
    "read-property": ("GET", "404", ALL),
    "restore-property": ("POST", "428", ALL),
    "order-properties": ("PUT", "415", ALL),
    **{f"{act}-choice": ("POST", "428", ALL) for act in ("archive", "restore")},
    "order-pipelines": ("PUT", "415", ALL),
    **{f"read-{word}": ("GET", "404", ALL) for word in ("pipeline", "stage")},
    "create-stage": ("POST", "415", ALL),
    "order-stages": ("PUT", "428", ALL),
    "read-me": ("GET", "200", ALL),
    "read-user": ("GET", "404", ALL),
    "list-tasks": ("GET", "200", ALL),
    "search-tasks": ("POST", "415", ALL),
    "read-task": ("GET", "404", ALL),
    **{f"{act}-task": ("POST", "428", ALL) for act in ("complete", "reopen")},
    "list-activities": ("GET", "422", ALL),
    "read-activity": ("GET", "404", ALL),
    "list-association-labels": ("GET", "200", ALL),
    "remove-association": ("DELETE", "404", SELLING),
    **{f"read-file{part}": ("GET", "404", ALL) for part in ("", "-content")},
    "list-sync-settings": ("GET", "200", ADMINS),
    "list-sync-health": ("GET", "200", OPERATORS),
    "read-sync-health": ("GET", "404", OPERATORS),
    "list-mappings": ("GET", "200", ADMINS),
    "read-mapping": ("GET", "404", ADMINS),
    "list-mapping-fields": ("GET", "422", ALL),
    "preview-mapping": ("POST", "415", ALL),
    "read-sync-company": ("GET", "404", ADMINS),
    "read-company-now": ("POST", "404", OPERATORS),
    "read-sync-object": ("GET", "404", ADMINS),
    "preview-sync-object": ("POST", "415", ALL),
    **{f"turn-{switch}-sync-object": ("POST", "428", ALL) for switch in ("on", "off")},
    "read-dry-run": ("GET", "404", ADMINS),
    "list-links": ("GET", "200", OPERATORS),
    "read-link": ("GET", "404", OPERATORS),
    **{f"list-{kind}": ("GET", "200", SELLING) for kind in ("reports", "ready-reports")},
    "read-report": ("GET", "404", SELLING),
    "run-report": ("GET", "404", SELLING),
    "run-ready-report": ("GET", "404", SELLING),
    **{f"upsert-{kind}": ("POST", "415", ALL) for kind in ("companies", "contacts", "deals", "products")},
    **{f"list-{kind}": ("GET", "200", ADMINS) for kind in ("webhooks", "webhook-deliveries")},
    **{f"read-{word}": ("GET", "404", ADMINS) for word in ("webhook", "webhook-delivery")},
    "list-condition-fields": ("GET", "422", ALL),
    "list-webhook-events": ("GET", "200", ALL),
    "test-webhook": ("POST", "404", ADMINS),
    "replay-webhook-delivery": ("POST", "404", ADMINS),
    **{f"list-quickbooks-{name}": ("GET", "404", SELLING) for name in BOOKS},
}
