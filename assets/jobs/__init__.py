"""What workers and checks do for assets: idempotent, batched, restartable."""
