"""Fixes with one right answer, written into the user's own files; all other bytes stay unchanged."""
