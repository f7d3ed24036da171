"""Turns bytes into plans: `document` (values with places), `schema`, `model` and `load`."""
