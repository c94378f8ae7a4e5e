"""A generator that draws in a web page, by itself."""
