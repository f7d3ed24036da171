"""Artifacts to apply, derived from a plan that passes. Pure: nothing here prints, or queries the account or cluster."""
