"""Forms and form fields that every app can use."""
