"""Renders rules of eniplan as Kubernetes admission policies."""
