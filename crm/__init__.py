"""Companies, contacts, deals, products and quotes. Knows nothing of QuickBooks."""
