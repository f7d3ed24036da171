"""Kubernetes objects in Kubernetes' own terms, and the only code that reads pods.

Plans, manifests, patches and running clusters all read taints, selectors, affinity, requests, quantities, durations and
names through this package. It does not know plans; `k8s.terway` holds all that it knows of Terway.
"""
