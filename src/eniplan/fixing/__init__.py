"""Writes fixes that have one right answer into the user's files. All other bytes stay unchanged."""
