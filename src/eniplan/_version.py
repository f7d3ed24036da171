"""The version, alone in a file: `eniplan --version` reads nothing else."""

__version__ = "0.1.0"
