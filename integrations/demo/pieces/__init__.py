"""The example items, by area."""
