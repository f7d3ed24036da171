"""Read a cluster through the user's own kubectl, which supports all login methods.

This uses `kubectl get --raw`: it passes on each page of the API server, where `kubectl get` holds all 50,000 pods in
memory; it sends no extra requests; and it reports for each read why it failed.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import tempfile
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from eniplan.errors import KUBECTL as SOURCE
from eniplan.errors import ClusterError, InputError, Place, Problem
from eniplan.k8s.terway import CLUSTER_CONFIG, SYSTEM_NAMESPACE
from eniplan.kube.local import said
from eniplan.kube.objects import Collector
from eniplan.kube.stream import Listed, read
from eniplan.messages import Message, say
from eniplan.observed import NODE_POOL_LABEL
from eniplan.plan.model import TERWAY_ADDON
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from eniplan.observed import Observed

PAGE = 500
"""Objects per page, the same as kubectl's default."""
_TERWAY = "/apis/network.alibabacloud.com/v1beta1"
_SYSTEM = f"namespaces/{SYSTEM_NAMESPACE}"
_AT_ONCE = 8
"""Maximum lists of workloads to read in parallel: plans may have many namespaces."""
_REFUSED = r"Error from server \((Forbidden|NotFound)\): *(.*)"


WORKLOADS = ""
"""In place of a kind: a list of which only the plan's workloads are kept."""


class _Read(NamedTuple):
    kind: str
    path: str
    listed: bool = True
    """Whether it is a list in pages; otherwise it is one object, which may not exist."""


_READS = (
    _Read("Node", "/api/v1/nodes"),
    _Read("Pod", "/api/v1/pods"),
    _Read("PodNetworking", f"{_TERWAY}/podnetworkings"),
    _Read("PodENI", f"{_TERWAY}/podenis"),
    _Read("Event", "/api/v1/events"),
    _Read("DaemonSet", f"/apis/apps/v1/{_SYSTEM}/daemonsets/{TERWAY_ADDON}", listed=False),
    _Read("ConfigMap", f"/api/v1/{_SYSTEM}/configmaps/{CLUSTER_CONFIG}", listed=False),
)
"""Every list that `verify` reads. Secrets are never read."""


class Kubectl(NamedTuple):
    """The user's choice of cluster; None: kubectl's default."""

    context: str | None = None
    kubeconfig: str | None = None
    seconds: float = 60
    """Time limit of one request in seconds; an interactive login gets the same time in addition."""

    def command(self, path: str) -> list[str]:
        """Return the command line that reads a path of the API."""
        return ["kubectl", f"--request-timeout={self.seconds:g}s", *self.options, "get", "--raw", path]

    @property
    def options(self) -> list[str]:
        """The options that select the cluster."""
        options = [] if self.context is None else [f"--context={self.context}"]
        return options + ([] if self.kubeconfig is None else [f"--kubeconfig={self.kubeconfig}"])

    @property
    def advice(self) -> Message:
        """What to do if kubectl itself fails."""
        command = shlex.join(["kubectl", *self.options, "get", "nodes"])
        return say("nothing was judged; first make this work: {command}", command=command)


def namespace(kubectl: Kubectl) -> str:
    """Return the default namespace of a context, as kubectl uses it."""
    words = (*kubectl.options, "config", "view", "--minify", "-o", "jsonpath={..namespace}")
    return (said(*words, seconds=kubectl.seconds) or "").strip() or "default"  # later reads report what is wrong


_GROUPS = {
    "Deployment": "apps/v1", "StatefulSet": "apps/v1", "DaemonSet": "apps/v1", "Job": "batch/v1", "CronJob": "batch/v1",
}  # fmt: skip
"""Kinds of workloads whose status says why they have no pods, and their API groups. Paths use the plural."""


def _controllers(wanted: Collection[tuple[str, str]]) -> tuple[_Read, ...]:
    """Return the lists with a plan's workloads: one for each namespace and kind."""
    pairs = sorted({(namespace, owner.partition(" ")[0]) for namespace, owner in wanted})
    return tuple(
        _Read(WORKLOADS, f"/apis/{_GROUPS[kind]}/namespaces/{quote(namespace, safe='')}/{kind.lower()}s")
        for namespace, kind in pairs
        if kind in _GROUPS
    )


def observe(
    kubectl: Kubectl, follow: tuple[str, str] | None = None, wanted: Collection[tuple[str, str]] = ()
) -> Observed:
    """Read everything that `verify` checks. Kinds that do not exist or are forbidden are recorded as unseen.

    Args:
        kubectl: the cluster to read.
        follow: the namespace and name of a pod to read more fields of.
        wanted: the plan's workloads: namespace and `Deployment NAME`.

    Raises:
        ClusterError: kubectl is missing, cannot reach the cluster, or may not list nodes.

    """
    collector = Collector(SOURCE, follow, wanted)
    _read_all(kubectl, _READS if follow is None else (*_READS, _namespace(follow[0])), collector)
    _read_all(kubectl, tuple(map(_config_map, collector.configs_wanted)), collector)
    workloads = _controllers(wanted)
    for at in range(0, len(workloads), _AT_ONCE):
        _read_all(kubectl, workloads[at : at + _AT_ONCE], collector)
    return collector.observed()


_WORKLOADS = (
    _Read("Deployment", "/apis/apps/v1/deployments"),
    _Read("StatefulSet", "/apis/apps/v1/statefulsets"),
    _Read("DaemonSet", "/apis/apps/v1/daemonsets"),
    _Read("CronJob", "/apis/batch/v1/cronjobs"),
    _Read("PodDisruptionBudget", "/apis/policy/v1/poddisruptionbudgets"),
    _Read("HorizontalPodAutoscaler", "/apis/autoscaling/v2/horizontalpodautoscalers"),
)


_NAMED = {"Job": "/apis/batch/v1/namespaces/{}/jobs/{}", "Pod": "/api/v1/namespaces/{}/pods/{}"}
"""Kinds that may have very many objects: read only named ones."""


def workloads(kubectl: Kubectl, named: Collection[tuple[str, str, str]]) -> Iterator[dict[str, Any]]:
    """Yield the workloads of a cluster, their PodDisruptionBudgets, and their namespaces.

    Args:
        kubectl: the cluster to read.
        named: kind, namespace and name of the wanted workloads. Jobs and Pods are read by name, others in lists.

    Raises:
        ClusterError: kubectl is missing, cannot reach the cluster, or may not read all of them.

    """
    yield from (found for item in _WORKLOADS for found in _items(kubectl, item, must=True))
    for kind, namespace, name in named:
        if kind in _NAMED:
            path = _NAMED[kind].format(quote(namespace, safe=""), quote(name, safe=""))
            yield from _items(kubectl, _Read(kind, path, listed=False), must=True)
    for namespace in sorted({namespace for _, namespace, _ in named}):
        yield from _items(kubectl, _namespace(namespace), must=False)


def nodes(kubectl: Kubectl) -> Iterator[dict[str, Any]]:
    """Yield the nodes of a cluster.

    Raises:
        ClusterError: kubectl is missing, cannot reach the cluster, or may not list nodes.

    """
    yield from _items(kubectl, _READS[0], must=True)


def has_node_of(kubectl: Kubectl, pool: str) -> bool | None:
    """Return whether the node pool with this id has a node; None without permission.

    Raises:
        ClusterError: kubectl is missing, or cannot reach the cluster.

    """
    path = f"/api/v1/nodes?limit=1&labelSelector={quote(f'{NODE_POOL_LABEL}={pool}', safe='')}"
    node = _Read("Node", path, listed=False)
    try:
        return any(True for _ in _Reading(kubectl, node).objects())
    except _RefusedError:
        return None


def _items(kubectl: Kubectl, item: _Read, *, must: bool) -> Iterator[dict[str, Any]]:
    """Yield the objects of a list page by page, or the named object if it exists.

    Raises:
        ClusterError: RBAC denies the read, and `must` is set.

    """
    group = "/".join(item.path.split("/")[2 : 4 if item.path.startswith("/apis") else 3])
    try:
        for found in _Reading(kubectl, item).objects():
            yield {**found, "kind": item.kind, "apiVersion": group}
    except _RefusedError as refused:
        if must and (item.listed or not refused.is_not_found):
            message = say("cannot list {kind} objects: {message}", kind=item.kind, message=refused.message)
            raise ClusterError(Problem(message, Place(SOURCE), kubectl.advice)) from None


_ONE_NODE = _Read(WORKLOADS, "/api/v1/nodes?limit=1", listed=False)
"""One node, whose labels identify the cluster. Without permission, the cluster stays unidentified."""


def configs(kubectl: Kubectl, names: Iterable[str]) -> Observed:
    """Read Terway's ConfigMaps by name, and one node. ConfigMaps that do not exist are skipped.

    Raises:
        ClusterError: kubectl is missing, or cannot reach the cluster.

    """
    collector = Collector(SOURCE)
    _read_all(kubectl, (_ONE_NODE, *map(_config_map, names)), collector)
    return collector.observed()


def _config_map(name: str) -> _Read:
    return _Read("ConfigMap", f"/api/v1/{_SYSTEM}/configmaps/{quote(name, safe='')}", listed=False)


def _namespace(name: str) -> _Read:
    return _Read("Namespace", f"/api/v1/namespaces/{quote(name, safe='')}", listed=False)


def _read_all(kubectl: Kubectl, reads: Sequence[_Read], collector: Collector) -> None:
    """Run several reads in parallel; process their results in order."""
    begun: list[_Reading] = []
    try:
        for item in reads:
            reading = _Reading(kubectl, item)
            begun.append(reading)  # append each, so that it is ended if the next one fails to start
        for item, reading in zip(reads, begun, strict=True):
            _take(item, reading, collector)
    finally:
        for reading in begun:
            reading.end()


def _take(item: _Read, reading: _Reading, collector: Collector) -> None:
    """Process the results of a read."""
    add = collector.add_workload if item.kind == WORKLOADS and item.listed else collector.add
    try:
        for found in reading.objects():
            add(found)
    except _RefusedError as refused:
        if item.kind == "Node":
            hint = say("without permission to list nodes nothing can be verified")
            message = say("cannot list the nodes: {message}", message=refused.message)
            raise ClusterError(Problem(message, Place(SOURCE), hint)) from None
        if item.listed or not refused.is_not_found:
            collector.unseen(item.kind, refused.message)
            return
    collector.seen(item.kind)


class _RefusedError(Exception):
    """The server refuses one read: RBAC denies it, or what is read does not exist."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.is_not_found = reason == "NotFound"
        self.message = message


class _Reading:
    """A read in the background. kubectl writes to temporary files, so it never blocks on a full pipe."""

    def __init__(self, kubectl: Kubectl, item: _Read) -> None:
        self._kubectl = kubectl
        self._item = item
        self._start("")

    def _start(self, more: str) -> None:
        """Start kubectl for the first page, or for the page of a token."""
        page = f"?limit={PAGE}" + (f"&continue={quote(more, safe='')}" if more else "")
        self._path = self._item.path + (page if self._item.listed else "")
        # `end` closes them.
        self._out, self._err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._process = subprocess.Popen(  # noqa: S603 - a list of arguments, without a shell
                self._kubectl.command(self._path), stdin=subprocess.DEVNULL, stdout=self._out, stderr=self._err
            )
        except OSError as error:
            self._out.close()
            self._err.close()
            reason = (
                say("it is not on the PATH") if isinstance(error, FileNotFoundError) else os.strerror(error.errno or 0)
            )
            hint = say("install kubectl, or pass its saved output: eniplan verify --from FILE")
            raise ClusterError(
                Problem(say("cannot start kubectl: {reason}", reason=reason), Place(SOURCE), hint)
            ) from None

    def objects(self) -> Iterator[dict[str, Any]]:
        """Yield the objects: of a list, page by page.

        Raises:
            _RefusedError: the server refused only this read.
            ClusterError: kubectl failed for another reason, or timed out; or the output is not a list of objects,
                because a proxy answered instead of the API server.

        """
        try:
            while True:
                self._wait()
                more = ""
                for found in self._printed():
                    if isinstance(found, Listed):
                        more = found.more
                    else:
                        yield found
                if not more or not self._item.listed:
                    return
                self.end()
                self._start(more)
        finally:
            self.end()

    def _wait(self) -> None:
        """Wait for kubectl, and raise why it failed."""
        try:
            code = self._process.wait(2 * self._kubectl.seconds)
        except subprocess.TimeoutExpired as error:
            message = say(
                "kubectl did not finish within {timeout:g} seconds: get --raw {path}",
                timeout=error.timeout,
                path=self._path,
            )
            raise ClusterError(Problem(message, Place(SOURCE), self._kubectl.advice)) from None
        if code == 0:
            return
        self._err.seek(0)
        told = self._err.read(_MOST_TOLD).decode("utf-8", "replace")
        refused = re.search(_REFUSED, told)
        if refused:
            raise _RefusedError(refused[1], refused[2].strip())
        lines = "; ".join(line.strip().removeprefix("error: ") for line in told.splitlines() if line.strip())
        raise ClusterError(
            Problem(
                say("{lines}", lines=lines) or say("kubectl exited with code {code}", code=code),
                Place(SOURCE),
                self._kubectl.advice,
            )
        )

    def _printed(self) -> Iterator[dict[str, Any] | Listed]:
        self._out.seek(0)
        try:
            with io.TextIOWrapper(self._out, encoding="utf-8") as stream:
                yield from read(stream, f"kubectl get --raw {self._path}")
        except InputError as error:
            raise ClusterError(*error.problems) from None

    def end(self) -> None:
        """Stop kubectl if it still runs, and close its files. Safe to call twice."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._out.close()
        self._err.close()


_MOST_TOLD = 4096
"""Maximum bytes of kubectl's error output to show."""
