"""The Accounting API: everything under ``/v3/company``."""
