"""Account access, shared by commands. Commands import it only when they query an account: it imports the SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan import clock, facts
from eniplan.cloud import place
from eniplan.cloud.facts import read_facts, with_groups
from eniplan.cloud.failures import CallError, problem
from eniplan.cloud.session import Session
from eniplan.emit import cluster_plan
from eniplan.errors import CloudError, InputError, Place, Problem, usage
from eniplan.k8s.terway import CLUSTER_CONFIG
from eniplan.kube import kubectl
from eniplan.messages import say, together
from eniplan.observed import CLUSTER_LABEL
from eniplan.plan.live import Unread, wanted
from eniplan.plan.load import LoadedPlan
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from eniplan.kube.kubectl import Kubectl
    from eniplan.messages import Message
    from eniplan.observed import Observed
    from eniplan.plan.live import LiveFacts
    from eniplan.plan.model import Plan


class Access(NamedTuple):
    """How to query the account: one endpoint for all services, if any, and whether to use the instance's RAM role."""

    endpoint: str | None
    ecs_role: bool


class Target(NamedTuple):
    """One cluster."""

    region: str
    cluster_id: str


def access(endpoint: str | None, *, ecs_role: bool) -> Access:
    """Return how to query the account, from a command's options.

    Raises:
        UsageError: the endpoint is not the URL of a host.

    """
    return Access(place.endpoint(endpoint), ecs_role)


def open_session(region: str, how: Access) -> Session:
    """Find the credentials and open a session for one region.

    Raises:
        CloudError: there are no credentials.

    """
    try:
        return Session(region, endpoint=how.endpoint, ecs_role=how.ecs_role)
    except CallError as error:
        raise CloudError(problem(error, account_place(region, how))) from None


def account_place(region: str, how: Access) -> Place:
    """Return the place to report for a failed call."""
    if how.endpoint:
        return Place(say("the account in {region} at {endpoint}", region=region, endpoint=how.endpoint))
    return Place(say("the account in {region}", region=region))


def with_live(
    loaded: Iterable[LoadedPlan | Problem], how: Access, kube: Kubectl | None = None
) -> list[LoadedPlan | Problem]:
    """Add the account's facts to every plan; query each cluster once.

    With `kube`, also read Terway's ConfigMaps; all plans must then name the same cluster. A plan without a cluster id
    or a region becomes a problem and is not judged.

    Raises:
        UsageError: `kube` is given, and the plans name several clusters.
        CloudError: the account cannot be queried, or does not have the cluster.

    """
    items: list[LoadedPlan | Problem] = []
    plans: dict[Target, list[tuple[LoadedPlan, Plan]]] = {}
    for item in loaded:
        items.append(item)
        if isinstance(item, LoadedPlan) and item.plan is not None:
            try:
                plans.setdefault(target(item, item.plan), []).append((item, item.plan))
            except InputError as error:
                items[-1] = item._replace(plan=None, problems=(*item.problems, *error.problems))
    live: dict[int, LiveFacts] = {}
    if kube is not None and len(plans) > 1:
        raise usage(say("--context is one cluster, but the plans are for {clusters}", clusters=len(plans)))
    for where, found in plans.items():
        session = open_session(where.region, how)
        try:
            read = read_facts(session, wanted(where.cluster_id, [plan for _, plan in found]), clock.day_of_reading())
        except CallError as error:
            at = found[0][0].document.place(("cluster", "id"))
            hint = say("check cluster.id and cluster.region, and which account the credentials belong to")
            raise CloudError(_cluster_problem(error, where, how, at, hint)) from None
        if kube is not None:
            read = with_configs(read, where, kube, [plan for _, plan in found])
            read = _with_their_groups(session, read, account_place(where.region, how))
        live |= {id(item): read for item, _ in found}
    return [item._replace(live=live.get(id(item))) if isinstance(item, LoadedPlan) else item for item in items]


def with_configs(live: LiveFacts, where: Target, kube: Kubectl, plans: list[Plan]) -> LiveFacts:
    """Add facts from Terway's ConfigMaps, if the label of a node proves that the context is the plans' cluster.

    Raises:
        InputError: the context belongs to another cluster.
        ClusterError: kubectl cannot reach it.

    """
    own = {name for plan in plans for name in plan.cluster.terway_configs or ()}
    own |= {name for plan in plans for pool in plan.node_pools if (name := pool.effective_terway_config)}
    seen = kubectl.configs(kube, [CLUSTER_CONFIG, *sorted(own - {CLUSTER_CONFIG})])
    cluster_id, _ = cluster_plan.cluster_of(seen)
    context = kube.context or say("of the kubeconfig")
    if cluster_id is not None and cluster_id != where.cluster_id:
        message = say("context {context} belongs to cluster {found}; the plan is for {cluster_id}", context=context,
                      found=cluster_id, cluster_id=where.cluster_id)  # fmt: skip
        raise InputError(Problem(message, Place(seen.source), say("pass the context of the plan's cluster")))
    told = ""
    if cluster_id is None:
        told = say("no node of context {context} has the label {label} with cluster {cluster_id}",
                   context=context, label=CLUSTER_LABEL, cluster_id=where.cluster_id)  # fmt: skip
    elif CLUSTER_CONFIG not in seen.configs:
        told = seen.unseen.get("ConfigMap") or say("ConfigMap kube-system/{name} does not exist", name=CLUSTER_CONFIG)
    elif seen.configs[CLUSTER_CONFIG] is None:
        told = say("eni_conf of ConfigMap kube-system/{name} cannot be read", name=CLUSTER_CONFIG)
    unread = (Unread(facts.ENI_CONFIG, told, denied=True),) if told else ()
    configs = None if cluster_id is None else cluster_plan.configured(seen)
    return live._replace(configs=configs, unread=(*live.unread, *unread))


def _with_their_groups(session: Session, live: LiveFacts, where: Place) -> LiveFacts:
    """Query the security groups that only ConfigMaps name."""
    if live.configs is None:
        return live
    networks = [live.configs.pod_defaults, *(live.configs.terway_configs or {}).values()]
    names = [name for network in networks if network is not None for name in network.security_group_ids]
    try:
        return with_groups(session, live, dict.fromkeys(names))
    except CallError as error:
        raise CloudError(problem(error, where)) from None


def of_cluster(seen: Observed, how: Access) -> LiveFacts:
    """Query the account about a cluster that kubectl reads, by the cluster id in its nodes' labels.

    Raises:
        InputError: the nodes do not show the cluster's id or region.
        CloudError: the account cannot be queried, or does not have the cluster.

    """
    cluster_id, labelled = cluster_plan.cluster_of(seen)
    region = place.region(labelled)
    if cluster_id is None:
        message = say("the nodes do not show which cluster it is: the label {label} is missing, or differs",
                      label=CLUSTER_LABEL)  # fmt: skip
        hint = say("write the plan without --live, add cluster.id to it, and then run: eniplan check PLAN --live")
        raise InputError(Problem(message, Place(seen.source), hint))
    if region is None or not place.is_region(region):
        message = say("the nodes do not show their region: the label {label} is missing, or differs",
                      label=cluster_plan.REGION_LABEL)  # fmt: skip
        hint = say("set it: {variable}=cn-hangzhou eniplan init …", variable=place.REGION_VARIABLES[0])
        raise InputError(Problem(message, Place(seen.source), hint))
    session = open_session(region, how)
    try:
        live = read_facts(session, cluster_plan.wanted(seen, cluster_id), clock.day_of_reading())
        return with_groups(session, live, cluster_plan.groups_of(seen, live))
    except CallError as error:
        hint = say("check that the credentials and kubectl's context belong to the same cluster")
        where = Target(region, cluster_id)
        raise CloudError(_cluster_problem(error, where, how, Place(seen.source), hint)) from None


def target(item: LoadedPlan, plan: Plan) -> Target:
    """Return the cluster of a plan, and its region: the plan's, or else the environment's.

    Raises:
        InputError: the plan has no cluster id, or the region is missing or malformed.

    """
    if plan.cluster.id is None:
        hint = say("write the cluster's id (c…) as cluster.id; the console and `aliyun cs DescribeClustersV1` show it")
        if item.files:
            hint = together((hint, say("for inputs other than plans, in the file passed with --cluster")))
        message = say("the plan has no cluster.id, so it is unclear which cluster to query")
        raise InputError(Problem(message, item.document.place(("cluster",)), hint))
    region = place.region(plan.cluster.region)
    if region is None:
        message = say("no region: neither the plan's cluster.region nor the environment sets one")
        hint = say("set it, such as cn-hangzhou; looked in {looked}", looked=place.LOOKED_IN)
        raise InputError(Problem(message, item.document.place(("cluster",)), hint))
    if not place.is_region(region):
        message = say("{region!r} is not a region id", region=region)
        raise InputError(Problem(message, item.document.place(("cluster", "region")), say("such as cn-hangzhou")))
    return Target(region, plan.cluster.id)


def _cluster_problem(error: CallError, where: Target, how: Access, at: Place, hint: Message) -> Problem:
    """Return the problem of a cluster that cannot be read; `at` and `hint` are for one that the account lacks."""
    if not error.is_not_found:
        return problem(error, account_place(where.region, how))
    message = say("the account has no cluster {cluster_id} in {region} ({code})", cluster_id=where.cluster_id,
                  region=where.region, code=error.code)  # fmt: skip
    return Problem(message, at, hint)
