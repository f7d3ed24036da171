"""The only package that uses kubectl: reads clusters, or dumps of them, and keeps what verify checks."""
