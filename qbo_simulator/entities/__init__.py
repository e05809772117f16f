"""The entities of the API and their rules: one row in ``catalogue``, one class of rules each."""
