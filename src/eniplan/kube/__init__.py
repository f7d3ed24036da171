"""Clusters and dumps of them, reduced to what `verify` checks. The only package that runs kubectl."""
