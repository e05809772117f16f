"""Mirror -> CRM, set-based: a thousand mirror rows are a handful of statements. Reads the mirror only."""
