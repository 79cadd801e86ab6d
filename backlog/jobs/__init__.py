"""What workers do for the backlog: idempotent, batched, restartable."""
