"""syncd keeps user stores true to the directory."""

__version__ = "0.1.0"
