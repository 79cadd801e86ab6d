"""What workers and checks do for reviews: idempotent, batched, restartable."""
