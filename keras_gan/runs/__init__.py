"""A run: its folders, where it came from, and how it goes on."""
