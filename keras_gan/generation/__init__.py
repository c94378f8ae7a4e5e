"""Images drawn from a trained generator, and what they are written to."""
