"""What findings have one right answer, written into the user's own files; all other bytes stay what they are."""
