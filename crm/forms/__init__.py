"""What people type, checked in words."""
