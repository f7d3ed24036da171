"""The version, in its own file: `eniplan --version` reads nothing else."""

__version__ = "0.1.0"
