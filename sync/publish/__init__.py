"""CRM -> outbox: one planned operation for each intent, what it depends on first."""
