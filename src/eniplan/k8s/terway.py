"""Labels, annotations and resources of Terway. Source: Terway types/k8s.go and deviceplugin/eni.go."""

from __future__ import annotations

SYSTEM_NAMESPACE = "kube-system"
"""The namespace of Terway."""
ENI = "aliyun/eni"
"""The resource of exclusive nodes: one for each exclusive pod."""
MEMBER_ENI = "aliyun/member-eni"
"""The resource of trunk nodes; exclusive nodes never offer it."""
IGNORE_LABEL = "k8s.aliyun.com/ignore-by-terway"
"""On a pod or a node: Terway ignores it if the value is "true"."""
POD_ENI = "k8s.aliyun.com/pod-eni"
"""On a pod: "true" requests an ENI without a PodNetworking. On a namespace: "false" disables the webhook."""
NETWORKING = "k8s.aliyun.com/pod-networking"
"""The annotation with the PodNetworking that the webhook chose."""
NETWORKS = "k8s.aliyun.com/pod-networks"
NETWORKS_REQUEST = "k8s.aliyun.com/pod-networks-request"
"""The annotation with the PodNetworkings of a pod with several networks: a JSON list."""
