"""The REST API: what other programs may do, over the same services as the pages."""
