"""The name of each field of the CreateClusterNodePool request body in plans, Terraform and ROS.

Writers, readers and findings all use this table. Sources: request model of
alibabacloud-cs20151215 7.2.3; provider alicloud, resource_alicloud_cs_kubernetes_node_pool.go at commit 81c43b67;
validators of ROS CDK cs 1.15.0, and the ROS page of ALIYUN::CS::ClusterNodePool.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from eniplan.plan.document import Path


class Field(NamedTuple):
    """One field: dotted key paths, with `[]` after a list of objects. Empty if the format has no name for it."""

    api: str
    plan: str = ""
    """In a pool of a plan; empty for fields that only `overrides` can set."""
    terraform: str = ""
    """A leading `~` marks a name that is read but never written, because it is deprecated or a secret."""
    ros: str = ""
    """Likewise."""


_SAME = "="
_READ = "~"
_SECTIONS_OF_ROS = {"nodepool_info": "NodePoolInfo"}
_FLAT = ("nodepool_info", "scaling_group", "kubernetes_config")
"""Sections of the body without a Terraform block: their fields are arguments of the resource."""


def _field(api: str, plan: str = "", terraform: str = "", ros: str = "") -> Field:
    section, _, rest = api.partition(".")
    flat = rest if section in _FLAT else api
    own = ".".join(_SECTIONS_OF_ROS.get(step) or pascal(step) for step in api.split("."))
    return Field(api, plan, terraform.replace(_SAME, flat), ros.replace(_SAME, own))


def pascal(name: str) -> str:
    """Return a name of the API in PascalCase, as in ROS."""
    return "".join(map(str.capitalize, name.split("_")))


def _others(section: str, names: Iterable[str], terraform: str = _SAME, ros: str = _SAME) -> Iterator[Field]:
    """Yield fields without a plan key. Formats that have such a field use the API's name."""
    return (_field(f"{section}.{name}", "", terraform, ros) for name in names)


FIELDS: tuple[Field, ...] = (
    _field("nodepool_info.name", "name", "node_pool_name", "="),
    _field("nodepool_info.type", "kind", "="),
    _field("eflo_node_group.cluster_id", "lingjun.clusterId", "="),
    _field("eflo_node_group.group_id", "lingjun.groupId", "="),
    _field("auto_scaling.enable", "autoScaling", "scaling_config.enable", "="),
    _field("auto_scaling.min_instances", "autoScaling.min", "scaling_config.min_size", "="),
    _field("auto_scaling.max_instances", "autoScaling.max", "scaling_config.max_size", "="),
    _field("auto_scaling.type", "autoScaling.type", "scaling_config.type", "="),
    _field("scaling_group.instance_types", "instanceTypes", "=", "="),
    _field("scaling_group.vswitch_ids", "vSwitchIds", "=", "ScalingGroup.VSwitchIds"),
    _field("scaling_group.security_group_ids", "securityGroupIds", "="),
    _field("scaling_group.desired_size", "desiredSize", "=", "Count"),
    _field("scaling_group.instance_charge_type", "chargeType", "=", "="),
    _field("scaling_group.multi_az_policy", "multiAzPolicy", "=", "="),
    _field("scaling_group.image_type", "imageType", "=", "="),
    _field("scaling_group.system_disk_category", "systemDisk.category", "=", "="),
    _field("scaling_group.system_disk_size", "systemDisk.size", "=", "="),
    _field("scaling_group.system_disk_performance_level", "systemDisk.performanceLevel", "=", "="),
    _field("scaling_group.key_pair", "keyPair", "key_name", "="),
    _field("kubernetes_config.labels[].key", "labels", "=", "="),
    _field("kubernetes_config.labels[].value", "labels", "=", "="),
    _field("kubernetes_config.taints[].key", "taints[].key", "=", "="),
    _field("kubernetes_config.taints[].value", "taints[].value", "=", "="),
    _field("kubernetes_config.taints[].effect", "taints[].effect", "=", "="),
    _field("kubernetes_config.runtime", "runtime", "runtime_name", "="),
    _field("instances", "instances", "~="),
    # Other names of fields above.
    _field("nodepool_info.name", "name", "~name"),
    _field("scaling_group.security_group_id", "securityGroupIds", "~=", "="),
    _field("scaling_group.instance_patterns", "instanceTypes", "~=", "~="),
    _field("scaling_group.security_group_ids", "securityGroupIds", "", "~="),
    _field("scaling_group.desired_size", "desiredSize", "", "~="),
    _field("count", "desiredSize", "~node_count"),
    _field("auto_mode", "kind"),
    # Fields that only `overrides` can set.
    _field("scaling_group.login_password", "", "~password", "~="),
    _field("scaling_group.system_disk_kms_key_id", "", "system_disk_kms_key"),
    _field("scaling_group.deploymentset_id", "", "deployment_set_id"),
    _field("scaling_group.private_pool_options.id", "", "private_pool_options.private_pool_options_id"),
    _field(
        "scaling_group.private_pool_options.match_criteria",
        "",
        "private_pool_options.private_pool_options_match_criteria",
    ),
    _field("scaling_group.data_disks[].disk_name", "", "data_disks[].name"),
    _field("kubernetes_config.cms_enabled", "", "install_cloud_monitor", "="),
    *_others("nodepool_info", ("resource_group_id",)),
    *_others(
        "scaling_group",
        (
            "period", "period_unit", "auto_renew", "auto_renew_period", "scaling_policy", "image_id",
            "internet_charge_type", "internet_max_bandwidth_out", "spot_strategy", "spot_price_limit[].instance_type",
            "spot_price_limit[].price_limit", "spot_instance_pools", "spot_instance_remedy", "on_demand_base_capacity",
            "on_demand_percentage_above_base_capacity", "compensate_with_on_demand", "rds_instances",
            "data_disks[].category", "data_disks[].encrypted", "data_disks[].performance_level", "data_disks[].size",
            "data_disks[].auto_snapshot_policy_id",
        ),
    ),
    *_others(
        "scaling_group",
        (
            "system_disk_categories", "system_disk_encrypted", "system_disk_encrypt_algorithm",
            "system_disk_provisioned_iops", "system_disk_bursting_enabled", "system_disk_snapshot_policy_id",
            "ram_role_name", "login_as_non_root", "security_hardening_os", "soc_enabled", "cis_enabled",
            "data_disks[].auto_format", "data_disks[].file_system", "data_disks[].mount_target", "data_disks[].device",
            "data_disks[].kms_key_id", "data_disks[].snapshot_id", "data_disks[].bursting_enabled",
            "data_disks[].provisioned_iops",
        ),
        ros="",
    ),
    # A map in Terraform.
    *_others("scaling_group", ("tags[].key", "tags[].value"), terraform=""),
    *_others("kubernetes_config", ("runtime_version", "cpu_policy", "user_data", "unschedulable", "node_name_mode")),
    *_others("kubernetes_config", ("pre_user_data",), ros=""),
    *_others("management", ("enable", "auto_repair")),
    *_others(
        "management",
        (
            "auto_repair_policy.restart_node", "auto_upgrade", "auto_upgrade_policy.auto_upgrade_kubelet",
            "auto_vul_fix", "auto_vul_fix_policy.restart_node", "auto_vul_fix_policy.vul_level",
        ),
        ros="",
    ),
    *_others("tee_config", ("tee_enable",)),
    _field("node_config.kubelet_configuration.maxPods", "", "~kubelet_configuration.max_pods"),
)  # fmt: skip
"""In the order of a written body. If fields share a plan key, the first is written."""


def written(spelling: Literal["terraform", "ros"]) -> dict[str, str]:
    """Return the names that a format is written with, by API name."""
    return {field.api: name for field in FIELDS if (name := getattr(field, spelling)) and name[0] != _READ}


def read(spelling: Literal["terraform", "ros"]) -> dict[str, str]:
    """Return the API names by the names that a format is read with, including deprecated and secret ones."""
    return {name.lstrip(_READ): field.api for field in FIELDS if (name := getattr(field, spelling))}


def steps(name: str) -> tuple[str, ...]:
    """Return the steps of a dotted name, up to the first list of objects."""
    return tuple(name.partition("[]")[0].split("."))


KEYS: dict[tuple[str, ...], tuple[str, ...]] = {steps(field.api): steps(field.plan) for field in FIELDS if field.plan}
"""The path in a plan's pool for each path in a body, if a plan has a key for it."""
WRITTEN: dict[Path, Path] = {}
"""The path in a body for each path in a plan's pool, in the order of a body."""
for _api, _plan in KEYS.items():
    WRITTEN.setdefault(_plan, _api)
SECTIONS = tuple(dict.fromkeys(field.api.partition(".")[0] for field in FIELDS if "." in field.api))
"""The top-level fields of a body that are maps."""
_NO_WORDS = (
    "auto_scaling.eip_bandwidth", "auto_scaling.eip_internet_charge_type", "auto_scaling.is_bond_eip",
    "eflo_node_group.auto_attach_enabled", "eflo_node_group.worker_ram_role_name", "host_network",
    "interconnect_config", "interconnect_mode", "intranet", "management.auto_fault_diagnosis",
    "management.auto_repair_policy.approval_required", "management.auto_repair_policy.max_parallel_repairing_nodes",
    "management.auto_repair_policy.max_unhealthy_nodes_threshold", "management.auto_upgrade_policy.auto_upgrade_os",
    "management.auto_upgrade_policy.auto_upgrade_runtime", "management.auto_vul_fix_policy.exclude_packages",
    "management.drift_enabled", "management.upgrade_config", "max_nodes", "node_components",
    "node_config.node_os_config", "scaling_group.cpu_options", "scaling_group.disk_init",
    "scaling_group.enable_high_density_mode", "scaling_group.instance_metadata_options", "scaling_group.platform",
    "scaling_group.resource_pool_options",
)  # fmt: skip
"""Fields of the request model that no other format has."""
_ANYTHING = "node_config.kubelet_configuration"
"""The kubelet's settings, of which the table lists only those that rules read."""


def _heads(name: str) -> Iterator[str]:
    """Yield a dotted name and the names of its parents."""
    yield name
    while "." in name:
        name = name.rpartition(".")[0].removesuffix("[]")
        yield name


def _folded(name: str) -> str:
    return name.replace("_", "").lower()


_BELOW: dict[str, set[str]] = {}
"""The names of the fields of each part of a body."""
for _name in (*(field.api for field in FIELDS), *_NO_WORDS):
    for _head in _heads(_name):
        _parent, _, _last = _head.rpartition(".")
        _BELOW.setdefault(_parent.removesuffix("[]"), set()).add(_last)
_FOLDED = {_folded(name): name for names in _BELOW.values() for name in names}


@lru_cache(4096)
def api_name(key: str) -> str:
    """Return the API's name of a field in another case: `vSwitchIds` and `VswitchIds` are `vswitch_ids`."""
    return _FOLDED.get(_folded(key)) or re.sub("(?<!^)[A-Z]", r"_\g<0>", key).lower()


def in_api_case(value: Any) -> Any:  # noqa: ANN401 - a request may hold anything
    """Return a request with the API's names. Maps whose keys are the user's own stay as they are."""
    if isinstance(value, dict):
        named = ((api_name(key), item) for key, item in value.items())
        return {
            name: item if name in _OWN_KEYS and isinstance(item, dict) else in_api_case(item) for name, item in named
        }
    return list(map(in_api_case, value)) if isinstance(value, list) else value


_OWN_KEYS = ("labels", "tags", "config", "kubelet_configuration")


def unknown(value: object, path: Path = (), name: str = "") -> Iterator[tuple[Path, str, set[str]]]:
    """Yield keys that CreateClusterNodePool does not have: the path, the dotted name, and the known fields there."""
    known = _BELOW.get(name)
    if known is None or name == _ANYTHING:
        return
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from unknown(item, (*path, i), name)
    elif isinstance(value, dict):
        for key, item in value.items():
            inner = f"{name}.{key}" if name else str(key)
            if key in known:
                yield from unknown(item, (*path, key), inner)
            else:
                yield (*path, key), inner, known
