"""Terraform's own language: what node pools a module makes, as far as that stands in its files.

`parse` makes a tree of expressions of the text, `evaluate` computes them with the `functions` and conversions
(`values`) that Terraform has, `module` knows what a name means, and `pools` brings it all to resources.
"""
