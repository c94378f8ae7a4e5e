"""A run, or several side by side, as one HTML file that needs no other file."""

from keras_gan.report.page import write_comparison, write_report
from keras_gan.report.reading import Run, read_run

__all__ = ["Run", "read_run", "write_comparison", "write_report"]
