"""Evaluates Terraform's language (HCL) to find the node pools of a module, without running Terraform.

`parse` turns text into expressions, `evaluate` computes them with Terraform's `functions` and type conversions
(`values`), `module` resolves names, and `pools` returns the resources.
"""
