"""Translates users' existing files into plans: Terraform plans and HCL, request bodies, manifests.

Each input becomes the values of a plan, and a map from each value to its place in the user's file. So the same rules
check all inputs, and findings point into the user's file.
"""
