"""The push side: every write is a row first, is sent and is done once, whatever happens in between."""
