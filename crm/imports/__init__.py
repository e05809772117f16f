"""Records from CSV and Excel files: reading, columns to properties, matching, dry run, writing, undoing."""
