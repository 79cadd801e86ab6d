"""What workers do for people and their accounts."""
