"""Exports of HubSpot: recognised by their headings, read together, associated by HubSpot's ids, undone together."""
