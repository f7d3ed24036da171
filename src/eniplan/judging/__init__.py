"""Turns plans, clusters and instance types into reports: the only package that runs rules."""
