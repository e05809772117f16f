"""What every app stands on: events, conditions, registries, money, encryption, paging. No business words."""
