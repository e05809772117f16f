"""The demo's story: people, a connected sample company, deals with invoices in each status, one deal to invoice."""
