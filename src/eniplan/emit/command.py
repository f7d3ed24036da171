"""The aliyun CLI command that creates a node pool. Source: aliyun CLI at commit eadd68d9, openapi/flags.go."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from eniplan.emit.body import body_json

if TYPE_CHECKING:
    from eniplan.emit.body import Body


def command(body: Body, region: str, cluster_id: str) -> str:
    """Return the command for a POSIX shell, with the text of `body_json` as its body.

    It always has `--region`: without it, the CLI fails with a misleading message about an unknown API.
    """
    parts = ["aliyun", "cs", "CreateClusterNodePool", "--region", region, "--ClusterId", cluster_id, "--body"]
    return shlex.join([*parts, body_json(body)]) + "\n"
