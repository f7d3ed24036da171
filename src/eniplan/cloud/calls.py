"""All API calls that eniplan makes, with the RAM action that each needs.

`session` sends only these calls, and `eniplan ram-policy` uses the same table, so the policy always matches the calls.
Source: alibabacloud-cs20151215 7.2.3, -ecs20140526 7.11.8, -vpc20160428 7.2.2, -eflo-controller20221215 3.2.0.
"""

from __future__ import annotations

from eniplan.values import NamedTuple


class Service(NamedTuple):
    """The API of one Alibaba Cloud product."""

    name: str
    version: str
    ram: str
    """The product's name in RAM."""


CS = Service("cs", "2015-12-15", "cs")
ECS = Service("ecs", "2014-05-26", "ecs")
VPC = Service("vpc", "2016-04-28", "vpc")
EFLO = Service("eflo-controller", "2022-12-15", "eflo")
STS = Service("sts", "2015-04-01", "sts")


class Call(NamedTuple):
    """One operation. With a path it is a ROA call; without, it is an RPC call with parameters in the query or form."""

    action: str
    service: Service
    path: str = "/"
    method: str = "POST"
    form: bool = False
    """Whether parameters go into the body as a form instead of the query."""
    resource: str = "*"
    """The resource of the RAM statement, with `{region}` and `{ClusterId}` as placeholders."""

    @property
    def is_roa(self) -> bool:
        """Whether it is a ROA call: the path names the resource."""
        return self.path != "/"

    @property
    def ram_action(self) -> str:
        """The RAM action that a policy must allow."""
        return f"{self.service.ram}:{self.action}"


_CLUSTER = "acs:cs:{region}:*:cluster/{ClusterId}"


def _cs(action: str, path: str, method: str = "GET", resource: str = _CLUSTER) -> Call:
    return Call(action, CS, path, method, resource=resource)


DESCRIBE_CLUSTER = _cs("DescribeClusterDetail", "/clusters/{ClusterId}")
GET_ADDON = _cs("GetClusterAddonInstance", "/clusters/{ClusterId}/addon_instances/{name}")
DESCRIBE_POOLS = _cs("DescribeClusterNodePools", "/clusters/{ClusterId}/nodepools")
DESCRIBE_POOL = _cs("DescribeClusterNodePoolDetail", "/clusters/{ClusterId}/nodepools/{NodepoolId}")
CREATE_POOL = _cs("CreateClusterNodePool", "/clusters/{ClusterId}/nodepools", "POST")
DESCRIBE_TASK = _cs("DescribeTaskInfo", "/tasks/{task_id}", resource="*")
DESCRIBE_QUOTA = _cs("DescribeUserQuota", "/quota", resource="*")
DESCRIBE_TYPES = Call("DescribeInstanceTypes", ECS)
DESCRIBE_STOCK = Call("DescribeAvailableResource", ECS)
DESCRIBE_GROUPS = Call("DescribeSecurityGroups", ECS)
DESCRIBE_V_SWITCHES = Call("DescribeVSwitches", VPC)
WHO_AM_I = Call("GetCallerIdentity", STS)
"""Needs no permission."""
DESCRIBE_NODE_GROUP = Call("DescribeNodeGroup", EFLO, form=True)
LIST_LINGJUN_NODES = Call("ListClusterNodes", EFLO, form=True)
DESCRIBE_NODE_TYPE = Call("DescribeNodeType", EFLO, form=True)
