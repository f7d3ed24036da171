"""What keeps a cluster right from inside: rules of eniplan as Kubernetes' own admission policies."""
