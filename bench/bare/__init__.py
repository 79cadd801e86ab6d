"""The floors: what a new Django project with DRF costs on the same rows, with nothing of ours but the tables."""
