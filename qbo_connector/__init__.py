"""QuickBooks Online: connections, OAuth, HTTP, limits, the mirror, the outbox. Knows no CRM."""
