"""Whether a generator copies its training images: measures, and a verdict in words."""
