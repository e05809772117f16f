"""Pages about users."""
