"""The only place where a CRM field meets a QuickBooks field: settings, links, mapping, reconcile, publish."""
