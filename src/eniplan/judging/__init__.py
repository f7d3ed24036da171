"""From plans, clusters and instance types to reports: the only place that asks the rules."""
