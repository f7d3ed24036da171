"""Region and endpoint of calls to the account."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from eniplan.bounds import parse_json
from eniplan.errors import usage
from eniplan.k8s.values import listing
from eniplan.messages import NOTHING, say

if TYPE_CHECKING:
    from eniplan.messages import Message

ENDPOINT_VARIABLE = "ENIPLAN_ENDPOINT"
REGION_VARIABLES = (
    "ALIBABA_CLOUD_REGION_ID", "ALIBABACLOUD_REGION_ID", "ALICLOUD_REGION_ID", "REGION_ID", "REGION",
)  # fmt: skip
"""In the order of the aliyun CLI (its config/profile.go)."""
PROFILES = "~/.aliyun/config.json"
LOOKED_IN = say("{variables} and the profile in {profiles}", variables=REGION_VARIABLES, profiles=PROFILES)
"""Where `region` looks, besides the plan."""
_VPC_CENTRAL = "vpc.aliyuncs.com"
_VPC_NEBULA = "vpc-nebula.cn-qingdao-nebula.aliyuncs.com"
_HOSTS: dict[str, dict[str, str]] = {
    "vpc": {
        **dict.fromkeys(
            (
                "cn-hangzhou", "cn-shanghai-finance-1", "cn-shenzhen-finance-1", "cn-north-2-gov-1",
                "ap-northeast-2-pop", "cn-beijing-finance-pop", "cn-beijing-gov-1", "cn-beijing-nu16-b01", "cn-fujian",
                "cn-haidian-cm12-c01", "cn-hangzhou-bj-b01", "cn-hangzhou-finance", "cn-hangzhou-internal-prod-1",
                "cn-hongkong-finance-pop", "cn-shanghai-et2-b01", "cn-shanghai-inner", "cn-shenzhen-inner",
                "cn-shenzhen-st4-d01", "cn-shenzhen-su18-b01", "cn-wuhan", "cn-yushanfang", "cn-zhangbei",
                "cn-zhangbei-na61-b01", "rus-west-1-pop",
            ), _VPC_CENTRAL,
        ),
        **dict.fromkeys(
            ("cn-edge-1", "cn-huhehaote-nebula-1", "cn-qingdao-nebula", "cn-zhengzhou-nebula-1"), _VPC_NEBULA
        ),
        "cn-zhangjiakou-na62-a01": "vpc.cn-zhangjiakou.aliyuncs.com",
        "eu-west-1-oxs": "vpc-nebula.cn-shenzhen-cloudstone.aliyuncs.com",
    },
}  # fmt: skip
"""Hosts that do not follow from the region. Source: alibabacloud-vpc20160428 7.2.2 (client.py), without test regions;
alibabacloud-eflo-controller20221215 3.2.0 has no such hosts. This table saves installing both packages."""
_REGION = r"[a-z0-9]+(-[a-z0-9]+)+"


def endpoint(given: str | None) -> str | None:
    """Return the single endpoint for all services, from the option or the environment; None: use each region's own.

    Raises:
        UsageError: the URL is not `http://host[:port]` or `https://host[:port]`.

    """
    url, origin = (given, "--endpoint") if given is not None else (os.environ.get(ENDPOINT_VARIABLE), ENDPOINT_VARIABLE)
    if not url and given is None:
        return None
    problem = endpoint_problem(url or "")
    if problem:
        # Do not print the URL: it may contain a password.
        hint = say("write scheme, host and port, such as https://gateway.example.com or http://127.0.0.1:8080")
        raise usage(say("{origin} {problem}", origin=origin, problem=problem), hint)
    return url


def endpoint_problem(url: str) -> Message:
    """Return what is wrong with an endpoint URL; empty if it is valid."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return say("is not a URL")
    if parts.scheme not in ("http", "https"):
        return say("does not start with http:// or https://")
    if parts.username is not None or parts.password is not None:
        return say("contains a user or a password: credentials do not belong in a URL")
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9a-f:]+", parts.hostname or "") or port == 0:
        return say("has no host")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        return say("has more than scheme, host and port")
    return NOTHING


def host(service: str, region: str) -> str:
    """Return the host of a service whose package is not installed."""
    return _HOSTS.get(service, {}).get(region) or f"{service}.{region}.aliyuncs.com"


def region(stated: str | None) -> str | None:
    """Return the region: the plan's, or that of the aliyun CLI's variables, or that of its profile; else None."""
    found = (stated, *(os.environ.get(name) for name in REGION_VARIABLES), _profile_region())
    return next((name for name in found if name), None)


def is_region(name: str) -> bool:
    """Return whether a name has the form of a region id. It becomes part of host names."""
    return re.fullmatch(_REGION, name) is not None


def _profile_region() -> str | None:
    """Return the region of the CLI's profile; None if its file cannot be read."""
    try:
        with open(os.path.expanduser(PROFILES), encoding="utf-8") as file:
            config = parse_json(file.read())
    except (OSError, ValueError):
        return None  # if the credentials need the file, the SDK reports the problem
    if not isinstance(config, dict):
        return None
    name = os.environ.get("ALIBABA_CLOUD_PROFILE") or config.get("current")
    for profile in listing(config.get("profiles")):
        if isinstance(profile, dict) and profile.get("name") == name:
            region_id = profile.get("region_id")
            return region_id if isinstance(region_id, str) else None
    return None
