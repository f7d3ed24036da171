"""Rules of eniplan as admission policies of Kubernetes."""
