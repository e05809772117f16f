"""Pages and fragments of workflows."""
