"""Pages and fragments of lists. An app's own view of its list calls ``pages.index``."""
