"""The only room with kubectl: reads clusters, or dumps of them, and keeps what verify judges."""
