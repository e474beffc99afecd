"""The version of this installation: the build reads it from here too."""

__version__ = "0.1.0"
