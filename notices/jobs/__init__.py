"""What workers do for notices: idempotent, batched, restartable."""
