"""Reads a cluster through the user's own kubectl, and so supports all of its logins.

`kubectl get --raw` and not `kubectl get`: it hands on page after page as the API server sends them, where the other
holds all 50,000 pods at once; it asks for nothing but what is named; and it says for each read why it failed.
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
from eniplan.kube.objects import Collector
from eniplan.kube.stream import Listed, read
from eniplan.messages import Message, say
from eniplan.observed import CLUSTER_CONFIG, NODE_POOL_LABEL, SYSTEM_NAMESPACE
from eniplan.plan.model import TERWAY_ADDON
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from eniplan.observed import Observed

PAGE = 500
"""Objects that the API server sends at once: kubectl's own number."""
_TERWAY = "/apis/network.alibabacloud.com/v1beta1"
_SYSTEM = f"namespaces/{SYSTEM_NAMESPACE}"
_AT_ONCE = 8
"""Maximum lists of workloads read in parallel: plans may have many namespaces."""
_REFUSED = r"Error from server \((Forbidden|NotFound)\): *(.*)"


WORKLOADS = ""
"""Instead of a kind: lists of which only what the plan names is kept."""


class _Read(NamedTuple):
    kind: str
    path: str
    listed: bool = True
    """Whether it is a list, in pages, or one object that may not exist."""


_READS = (
    _Read("Node", "/api/v1/nodes"),
    _Read("Pod", "/api/v1/pods"),
    _Read("PodNetworking", f"{_TERWAY}/podnetworkings"),
    _Read("PodENI", f"{_TERWAY}/podenis"),
    _Read("Event", "/api/v1/events"),
    _Read("DaemonSet", f"/apis/apps/v1/{_SYSTEM}/daemonsets/{TERWAY_ADDON}", listed=False),
    _Read("ConfigMap", f"/api/v1/{_SYSTEM}/configmaps/{CLUSTER_CONFIG}", listed=False),
)
"""All that is ever asked for. Secrets are not among it."""


class Kubectl(NamedTuple):
    """How kubectl reaches the cluster; None: as it does without being told."""

    context: str | None = None
    kubeconfig: str | None = None
    seconds: float = 60
    """Time limit of one request; an interactive login gets the same again."""

    def command(self, path: str) -> list[str]:
        """Return the command line that gets a path of the API."""
        return ["kubectl", f"--request-timeout={self.seconds:g}s", *self.options, "get", "--raw", path]

    @property
    def options(self) -> list[str]:
        """The options that name the cluster."""
        options = [] if self.context is None else [f"--context={self.context}"]
        return options + ([] if self.kubeconfig is None else [f"--kubeconfig={self.kubeconfig}"])

    @property
    def advice(self) -> Message:
        """What to do when kubectl itself has failed."""
        command = shlex.join(["kubectl", *self.options, "get", "nodes"])
        return say("nothing was judged; first make this work: {command}", command=command)


def namespace(kubectl: Kubectl) -> str:
    """Return the namespace of a context, as kubectl itself uses it."""
    command = ["kubectl", *kubectl.options, "config", "view", "--minify", "-o", "jsonpath={..namespace}"]
    try:
        done = subprocess.run(  # noqa: S603 - the user's own kubectl, as everywhere here
            command, capture_output=True, text=True, timeout=kubectl.seconds, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return "default"  # the reads that follow say what is wrong with kubectl
    return done.stdout.strip() or "default"


_GROUPS = {
    "Deployment": "apps/v1", "StatefulSet": "apps/v1", "DaemonSet": "apps/v1", "Job": "batch/v1", "CronJob": "batch/v1",
}  # fmt: skip
"""Kinds of workloads that report why they have no pods, and their group; the path has the plural."""


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
    """Read everything that verify checks. Kinds without permission, or that do not exist, are recorded as unseen.

    Args:
        kubectl: how the cluster is reached.
        follow: the namespace and name of a pod of which more is kept.
        wanted: the plan's workloads: namespace and `Deployment NAME`.

    Raises:
        ClusterError: there is no kubectl, it cannot reach the cluster, or it may not even list the nodes.

    """
    collector = Collector(SOURCE, follow, wanted)
    paths = () if follow is None else (f"/api/v1/namespaces/{quote(follow[0], safe='')}",)
    _read_all(kubectl, (*_READS, *(_Read("Namespace", path, listed=False) for path in paths)), collector)
    configs = (f"/api/v1/{_SYSTEM}/configmaps/{quote(name, safe='')}" for name in collector.configs_wanted)
    _read_all(kubectl, [_Read("ConfigMap", path, listed=False) for path in configs], collector)
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
"""Kinds with possibly very many objects: only named ones are read."""


def workloads(kubectl: Kubectl, named: Collection[tuple[str, str, str]]) -> Iterator[dict[str, Any]]:
    """Yield the workloads of a cluster, their PodDisruptionBudgets, and their namespaces.

    Args:
        kubectl: how the cluster is reached.
        named: kind, namespace and name of those that are asked for: Jobs and Pods are read by name.

    Raises:
        ClusterError: there is no kubectl, it cannot reach the cluster, or it may not read all of them.

    """
    yield from (found for item in _WORKLOADS for found in _items(kubectl, item, must=True))
    for kind, namespace, name in named:
        if kind in _NAMED:
            path = _NAMED[kind].format(quote(namespace, safe=""), quote(name, safe=""))
            yield from _items(kubectl, _Read(kind, path, listed=False), must=True)
    for namespace in sorted({namespace for _, namespace, _ in named}):
        path = f"/api/v1/namespaces/{quote(namespace, safe='')}"
        yield from _items(kubectl, _Read("Namespace", path, listed=False), must=False)


def nodes(kubectl: Kubectl) -> Iterator[dict[str, Any]]:
    """Yield the nodes of a cluster.

    Raises:
        ClusterError: there is no kubectl, it cannot reach the cluster, or it may not list the nodes.

    """
    yield from _items(kubectl, _READS[0], must=True)


def has_node_of(kubectl: Kubectl, pool: str) -> bool | None:
    """Return whether a node pool has a node, by its id; None without permission.

    Raises:
        ClusterError: there is no kubectl, or it cannot reach the cluster.

    """
    call = _Call(kubectl, f"/api/v1/nodes?limit=1&labelSelector={quote(f'{NODE_POOL_LABEL}={pool}', safe='')}")
    try:
        return None if call.refusal() else any(not isinstance(found, Listed) for found in call.objects())
    finally:
        call.end()


def _items(kubectl: Kubectl, item: _Read, *, must: bool) -> Iterator[dict[str, Any]]:
    """Yield the objects of a list, page by page, or the named one, if it exists.

    Raises:
        ClusterError: they `must` be read, and may not be.

    """
    more: str | None = ""
    group = "/".join(item.path.split("?")[0].split("/")[2 : 4 if item.path.startswith("/apis") else 3])
    while more is not None:
        call = _Call(kubectl, _page(item.path, more) if item.listed else item.path)
        try:
            refused = call.refusal()
            if refused is not None:
                if not must or (refused[0] == "NotFound" and not item.listed):
                    return
                message = say("cannot list {kind} objects: {message}", kind=item.kind, message=refused[1])
                raise ClusterError(Problem(message, Place(SOURCE), kubectl.advice))
            more = None
            for found in call.objects():
                if isinstance(found, Listed):
                    more = found.more or None
                else:
                    yield {**found, "kind": item.kind, "apiVersion": group}
        finally:
            call.end()


_ONE_NODE = _Read(WORKLOADS, "/api/v1/nodes?limit=1", listed=False)
"""Says by its labels which cluster this is; where it may not be read, nobody does."""


def configs(kubectl: Kubectl, names: Iterable[str]) -> Observed:
    """Read Terway's ConfigMaps by name, and one node. Missing ones are left out.

    Raises:
        ClusterError: there is no kubectl, or it cannot reach the cluster.

    """
    collector = Collector(SOURCE)
    paths = (f"/api/v1/{_SYSTEM}/configmaps/{quote(name, safe='')}" for name in names)
    _read_all(kubectl, [_ONE_NODE, *(_Read("ConfigMap", path, listed=False) for path in paths)], collector)
    return collector.observed()


def _read_all(kubectl: Kubectl, reads: tuple[_Read, ...] | list[_Read], collector: Collector) -> None:
    """Do several reads side by side; what comes is taken in order."""
    calls: list[_Call] = []
    try:
        for item in reads:
            call = _Call(kubectl, _page(item.path, "") if item.listed else item.path)
            calls.append(call)  # one by one: when the next cannot be started, this one is ended
        for item, call in zip(reads, tuple(calls), strict=True):
            _take(kubectl, item, call, calls, collector)
    finally:
        for call in calls:
            call.end()


def _page(path: str, more: str) -> str:
    return f"{path}?limit={PAGE}" + (f"&continue={quote(more, safe='')}" if more else "")


def _take(kubectl: Kubectl, item: _Read, call: _Call, calls: list[_Call], collector: Collector) -> None:
    """Process the result of a read, and of its further pages."""
    while True:
        refused = call.refusal()
        if refused is not None:
            reason, message = refused
            if item.kind == "Node":
                hint = say("without permission to list nodes nothing can be verified")
                raise ClusterError(
                    Problem(say("cannot list the nodes: {message}", message=message), Place(SOURCE), hint)
                )
            if reason == "NotFound" and not item.listed:
                collector.seen(item.kind)
            else:
                collector.unseen(item.kind, message)
            return
        more = ""
        for found in call.objects():
            if isinstance(found, Listed):
                more = found.more
            elif item.kind == WORKLOADS and item.listed:
                collector.add_workload(found)
            else:
                collector.add(found)
        collector.seen(item.kind)
        if not more or not item.listed:
            return
        call.end()
        call = _Call(kubectl, _page(item.path, more))
        calls.append(call)


class _Call:
    """A kubectl process in the background. Its output goes to files, so that it never blocks."""

    def __init__(self, kubectl: Kubectl, path: str) -> None:
        self._path = path
        self._kubectl = kubectl
        # They are closed by `end`.
        self._out, self._err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the arguments are a list, and no shell reads them
                kubectl.command(path), stdin=subprocess.DEVNULL, stdout=self._out, stderr=self._err
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

    def refusal(self) -> tuple[str, str] | None:
        """Wait for the end; return the reason and the message if the server refused only this read.

        Raises:
            ClusterError: it failed in another way, or did not end.

        """
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
            return None
        self._err.seek(0)
        told = self._err.read(_MOST_TOLD).decode("utf-8", "replace")
        refused = re.search(_REFUSED, told)
        if refused:
            return refused[1], refused[2].strip()
        lines = "; ".join(line.strip().removeprefix("error: ") for line in told.splitlines() if line.strip())
        raise ClusterError(
            Problem(
                say("{lines}", lines=lines) or say("kubectl exited with code {code}", code=code),
                Place(SOURCE),
                self._kubectl.advice,
            )
        )

    def objects(self) -> Iterator[dict[str, object] | Listed]:
        """Yield what it has printed.

        Raises:
            ClusterError: that was no list of objects: something between us and the API server has answered.

        """
        self._out.seek(0)
        try:
            with io.TextIOWrapper(self._out, encoding="utf-8") as stream:
                yield from read(stream, f"kubectl get --raw {self._path}")
        except InputError as error:
            raise ClusterError(*error.problems) from None

    def end(self) -> None:
        """Stop it if it still runs, and free what it holds. May be called twice."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._out.close()
        self._err.close()


_MOST_TOLD = 4096
"""Bytes of kubectl's complaint that are shown at most."""
