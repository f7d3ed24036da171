"""Kubernetes' own words, and the one reading of a pod.

Plans, manifests, patches and running clusters all read taints, selectors, affinity, requests, quantities, durations and
names through this package. It knows nothing of plans; of Terway it knows the words in `k8s.terway`.
"""
