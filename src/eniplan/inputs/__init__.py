"""What people already have, in the form of a plan: Terraform plans and HCL, request bodies, manifests.

Each is translated into the values of a plan, beside a map of where each of them came from. So every rule judges
all of them alike, and a finding points into the user's own file.
"""
