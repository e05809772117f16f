"""Invoices and payments: rows, status, deal roll-ups, card, wizard, index. Works with QuickBooks switched off."""
