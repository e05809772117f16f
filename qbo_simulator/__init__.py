"""A QuickBooks Online on loopback, for demos and tests. It is not QuickBooks and never calls it."""
