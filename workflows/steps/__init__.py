"""What workflows can do: a registry of step types, and the steps themselves by theme."""
