"""The pull side: read QuickBooks' answers, keep what they say, remember how far."""
