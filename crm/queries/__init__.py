"""Reads of the CRM. Each object's module begins with ``visible_to(user)``, where all reading starts."""
