"""Forms of the builder: each writes a part of a workflow's definition."""
