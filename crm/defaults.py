"""What a new installation starts with."""

# Name of the first pipeline, and its stages as (name, probability in percent, status of deals in it).
PIPELINE = "Sales"
STAGES: tuple[tuple[str, int, str], ...] = (
    ("New", 10, "open"),
    ("Qualified", 25, "open"),
    ("Proposal", 50, "open"),
    ("Negotiation", 75, "open"),
    ("Won", 100, "won"),
    ("Lost", 0, "lost"),
)
