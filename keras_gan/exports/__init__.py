"""Generators for other programs: a file for each format, and the comparison with Keras."""
