"""The networks that come with the package, and those that a user brings."""
