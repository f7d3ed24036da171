"""The kubectl commands of hints. They are messages, so that pods, nodes and namespaces stay facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.messages import say

if TYPE_CHECKING:
    from eniplan.messages import Message


def describe_pod(namespace: str, name: str) -> Message:
    """Return the command that shows a pod and its events."""
    return say("kubectl -n {namespace} describe pod {name}", namespace=namespace, name=name)


def delete_pod(namespace: str, name: str) -> Message:
    """Return the command that recreates a pod, if it has a controller."""
    return say("kubectl -n {namespace} delete pod {name}", namespace=namespace, name=name)


def pods_on(node: str) -> Message:
    """Return the command that shows the pods on a node."""
    return say("kubectl get pods -A -o wide --field-selector spec.nodeName={node}", node=node)


def terway_on(node: str) -> Message:
    """Return the command that shows Terway's pod on a node."""
    return say("kubectl -n kube-system get pods -l app=terway-eniip -o wide --field-selector spec.nodeName={node}",
               node=node)  # fmt: skip


def edit_config(name: str) -> Message:
    """Return the command that edits a ConfigMap of Terway."""
    return say("kubectl -n kube-system edit configmap {name}", name=name)
