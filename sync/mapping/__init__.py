"""QuickBooks' JSON to the CRM's values and back: pure functions, no query, no clock."""
