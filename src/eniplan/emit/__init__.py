"""Artifacts: what people apply, worked out from a plan that passes. Pure: nothing here prints or talks to anybody."""
