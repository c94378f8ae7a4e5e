"""The training loop, its state, its checkpoints, and how it is stopped."""
