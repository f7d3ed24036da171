"""Configurations of Terraform as people write them: variables, modules, clusters beside their pools."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from eniplan.inputs.hcl.disk import Disk
from eniplan.plan.model import EXCLUSIVE_LABEL
from tests.inputs.support import CLUSTER, RESOURCE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run

FEW = "ecs.g7.2xlarge"
"""A type with too few ENIs: ENI001 shows that a pool is judged with it."""
ENOUGH = "ecs.g8i.8xlarge"
LABEL = f'labels {{\n    key   = "{EXCLUSIVE_LABEL}"\n    value = "eniOnly"\n  }}'
TAINT = 'taints {\n    key    = "a"\n    value  = "b"\n    effect = "NoSchedule"\n  }'


def pool(name: str = "eni", *lines: str, types: str = f'["{FEW}"]', label: str = LABEL) -> str:
    body = (f'node_pool_name = "{name}"', f"instance_types = {types}", 'vswitch_ids = ["vsw-j"]', "desired_size = 1")
    inner = "\n  ".join((*(line for line in body if line.split()[0] not in {x.split()[0] for x in lines if x}), *lines))
    return f'resource "{RESOURCE}" "{name}" {{\n  {inner}\n  {label}\n  {TAINT}\n}}\n'


class Outcome(NamedTuple):
    code: int
    report: dict[str, Any]
    err: str

    @property
    def rules(self) -> set[str]:
        return {f["rule"] for f in self.report["findings"]}

    def found(self, rule: str) -> dict[str, Any]:
        (finding,) = [f for f in self.report["findings"] if f["rule"] == rule]
        return dict(finding)

    @property
    def pools(self) -> list[str]:
        return [p["name"] for p in self.report["pools"]]


@pytest.fixture
def check(run: Run, tmp_path: Path) -> Any:  # noqa: ANN401 - a function
    (tmp_path / "cluster.json").write_text(json.dumps({"cluster": CLUSTER}), encoding="utf-8")

    def checked(files: dict[str, str], *args: str, cluster: bool = True) -> Outcome:
        for name, value in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(value, encoding="utf-8")
        with_cluster = ("--cluster", "cluster.json") if cluster else ()
        result = run("check", *(args or (".",)), *with_cluster, "--format", "json", cwd=tmp_path)
        return Outcome(result.code, json.loads(result.out), result.err)

    return checked


VARIABLE = f'variable "types" {{\n  type    = list(string)\n  default = ["{ENOUGH}"]\n}}\n'
BY_VARIABLE = pool(types="var.types")


class TestVariables:
    """The value that wins, and where it comes from."""

    @pytest.mark.parametrize(
        ("files", "args", "where"),
        [
            ({"variables.tf": VARIABLE.replace(ENOUGH, FEW)}, (), "the default of var.types (variables.tf:3)"),
            ({"terraform.tfvars": f'# x\ntypes = ["{FEW}"]\n'}, (), "terraform.tfvars:2"),
            ({"terraform.tfvars.json": json.dumps({"types": [FEW]}, indent=1)}, (), "terraform.tfvars.json:2"),
            ({"a.auto.tfvars": f'types = ["{FEW}"]\n'}, (), "a.auto.tfvars:1"),
            (
                {"a.auto.tfvars": 'types = ["x"]\n', "b.auto.tfvars.json": json.dumps({"types": [FEW]})},
                (),
                "b.auto.tfvars.json:1",
            ),
            (
                {"terraform.tfvars": 'types = ["x"]\n', "prod.tfvars": f'types = ["{FEW}"]\n'},
                ("--var-file", "prod.tfvars"),
                "prod.tfvars:1",
            ),
            (
                {"prod.tfvars": 'types = ["x"]\n'},
                ("--var-file", "prod.tfvars", "--var", f'types=["{FEW}"]'),
                "--var types",
            ),
        ],
    )
    def test_which_value_wins(self, check: Any, files: dict[str, str], args: tuple[str, ...], where: str) -> None:  # noqa: ANN401 - see `check`
        outcome = check({"main.tf": BY_VARIABLE, "variables.tf": VARIABLE} | files, "main.tf", *args)
        found = outcome.found("ENI001")
        assert (outcome.code, found["file"], found["line"], found["column"]) == (1, "main.tf", 3, 20)
        assert found["hint"].endswith(f"; the value comes from {where}")

    def test_a_text_of_var_is_no_hcl_for_a_text(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        files = {"main.tf": 'variable "type" {}\n' + pool(types="[var.type]")}
        assert check(files, ".", "--var", f"type={FEW}").rules == {"ENI001"}

    @pytest.mark.parametrize(
        ("args", "code", "said"),
        [
            (("--var", "types"), 2, "--var needs NAME=VALUE, not types"),
            (("--var", "typo=1"), 3, "no configuration here declares the variable typo"),
            (("--var", "types=[1"), 3, "the value of types is not valid HCL: [1"),
            (("--var-file", "none.tfvars"), 3, "none.tfvars: error: cannot read it: no such file or directory"),
            (("--var-file", "broken.tfvars"), 3, "broken.tfvars:1:1: error: not valid HCL"),
        ],
    )
    def test_values_that_cannot_be_used(
        self, run: Run, tmp_path: Path, args: tuple[str, ...], code: int, said: str
    ) -> None:
        for name, value in {"main.tf": BY_VARIABLE + VARIABLE, "broken.tfvars": "a = = 1\n"}.items():
            (tmp_path / name).write_text(value, encoding="utf-8")
        result = run("check", "main.tf", *args, cwd=tmp_path)
        assert (result.code, said in result.err) == (code, True), result.err

    def test_what_has_no_value_is_told_by_its_name(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        outcome = check({"main.tf": 'variable "types" {}\n' + BY_VARIABLE})
        assert outcome.rules == set()
        hints = {u["fact"]: u["hint"] for u in outcome.report["undecided"]}
        assert hints["instance_types of pool 'eni'"] == "var.types has no value"


class TestCounts:
    """How many pools a block makes."""

    def test_one_of_two(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        one, other = (
            pool("a", f"count = {count}", 'node_pool_name = "x"') for count in ("var.on ? 1 : 0", "var.on ? 0 : 1")
        )
        files = {"main.tf": 'variable "on" {\n  default = true\n}\n' + one + other.replace('"a" {', '"b" {')}
        outcome = check(files)
        assert (outcome.pools, outcome.rules) == (["x"], {"ENI001"})
        assert f"main.tf: {RESOURCE}.b: its count is 0, by the default of var.on (./main.tf:2); it names" in outcome.err

    def test_what_may_not_be_there_clashes_with_nothing(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        made = [
            pool(name, f"count = {count}", 'node_pool_name = "x"', "desired_size = 300", types=f'["{ENOUGH}"]')
            for name, count in (("a", "var.on ? 1 : 0"), ("b", "var.on ? 0 : 1"))
        ]
        outcome = check({"main.tf": 'variable "on" {}\n' + "".join(made)})
        assert (outcome.rules & {"NP006", "NET002"}, outcome.pools) == (set(), ["x", "x"])
        certain = check({"main.tf": "".join(made).replace("var.on ? 1 : 0", "1").replace("var.on ? 0 : 1", "1")})
        assert {"NP006", "NET002"} <= certain.rules

    def test_for_each_makes_one_pool_for_each(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        each = f'for_each = {{ a = "{FEW}", b = "{ENOUGH}" }}'
        outcome = check({"main.tf": pool("p", each, 'node_pool_name = "eni-${each.key}"', types="[each.value]")})
        assert outcome.pools == ["eni-a", "eni-b"]
        assert outcome.found("ENI001")["path"] == f'{RESOURCE}.p["a"].instance_types[0]'

    def test_count_index(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        outcome = check({"main.tf": pool("p", "count = 2", 'node_pool_name = "eni-${count.index}"')})
        assert outcome.pools == ["eni-0", "eni-1"]

    @pytest.mark.parametrize("value", ["[]", "var.labels", "{}", 'var.on ? ["x"] : []'])
    def test_labels_that_no_block_makes(self, check: Any, value: str) -> None:  # noqa: ANN401 - see `check`
        content = f'content {{\n key = "{EXCLUSIVE_LABEL}"\n value = "eniOnly"\n }}'
        dynamic = f'dynamic "labels" {{\n for_each = {value}\n {content}\n }}'
        variables = 'variable "labels" {\n  default = {}\n}\nvariable "on" {\n  default = false\n}\n'
        outcome = check({"main.tf": variables + pool(label=dynamic)})
        assert outcome.pools == []
        assert "it has no exclusive label" in outcome.err
        assert f"it names {EXCLUSIVE_LABEL}" in outcome.err


CHILD = (
    'variable "name" {}\nvariable "types" {\n  type = list(string)\n}\nvariable "labels" {\n  default = {}\n}\n'
    + pool(
        "this",
        "node_pool_name = var.name",
        types="var.types",
        label='dynamic "labels" {\n    for_each = var.labels\n    content {\n      key   = labels.key\n'
        "      value = labels.value\n    }\n  }",
    )
    + 'output "id" {\n  value = "x-${var.name}"\n}\n'
)


def call(source: str, *lines: str) -> str:
    labels = f'labels = {{ "{EXCLUSIVE_LABEL}" = "eniOnly" }}'
    return 'module "pool" {\n  ' + "\n  ".join((f'source = "{source}"', labels, *lines)) + "\n}\n"


class TestModules:
    """Modules of the same repository are followed."""

    def test_a_local_module_is_judged_with_its_arguments(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        root = call("./modules/pool", 'name = "fast"', f'types = ["{FEW}"]')
        outcome = check({"main.tf": root, "modules/pool/main.tf": CHILD})
        found = outcome.found("ENI001")
        assert outcome.pools == ["fast"]
        assert (found["file"], found["path"]) == (
            "./modules/pool/main.tf",
            f"module.pool.{RESOURCE}.this.instance_types[0]",
        )
        assert found["hint"].endswith("the value comes from ./main.tf:5")

    def test_a_module_is_judged_once_for_each_call(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        root = call("./m", f'for_each = {{ a = "{FEW}", b = "{ENOUGH}" }}', "name = each.key", "types = [each.value]")
        outcome = check({"env/prod/main.tf": root.replace("./m", "../../m"), "m/main.tf": CHILD}, "env", "m")
        assert outcome.pools == ["a", "b"]
        assert outcome.found("ENI001")["path"].startswith(f'module.pool["a"].{RESOURCE}.this')

    def test_a_module_that_nobody_calls_is_judged_for_itself(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        outcome = check(
            {"m/main.tf": CHILD.replace("default = {}", f'default = {{ "{EXCLUSIVE_LABEL}" = "eniOnly" }}')}
        )
        assert (len(outcome.pools), outcome.rules) == (1, set())

    @pytest.mark.parametrize(
        "calls", [{"env/prod/main.tf": "../../m"}, {"env/prod/main.tf": "../../between", "between/main.tf": "../m"}]
    )
    def test_a_folder_that_only_calls_a_module_elsewhere(self, check: Any, calls: dict[str, str]) -> None:  # noqa: ANN401 - see `check`
        ours = CHILD.replace("default = {}", f'default = {{ "{EXCLUSIVE_LABEL}" = "eniOnly" }}')
        files = {file: f'module "pool" {{\n  source = "{source}"\n}}\n' for file, source in calls.items()}
        outcome = check({**files, "m/main.tf": ours}, "env")
        assert (outcome.code, len(outcome.pools)) == (0, 1)

    @pytest.mark.parametrize(
        "line", ["source = 5", 'source = "./${var.x}"', r'source = "./a\u0000b"', "source = null", ""]
    )
    def test_a_module_without_a_folder_is_left_out(self, check: Any, line: str) -> None:  # noqa: ANN401 - see `check`
        outcome = check({"main.tf": f'module "a" {{\n  {line}\n}}\nvariable "x" {{}}\n{pool("p")}'})
        assert (outcome.pools, outcome.rules) == (["p"], {"ENI001"})

    def test_a_module_that_calls_itself_is_read_once(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        inner = pool("p") + 'module "again" {\n  source = "../m"\n}\n'
        assert check({"main.tf": 'module "a" {\n  source = "./m"\n}\n', "m/main.tf": inner}).pools == ["p"]

    def test_a_folder_that_calls_nothing_of_ours_is_empty(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        root = call("../m", 'name = "fast"', f'types = ["{ENOUGH}"]').replace(EXCLUSIVE_LABEL, "${var.key}")
        other = {"b/main.tf": 'module "net" {\n  source = "../n"\n}\n', "n/main.tf": "locals {\n}\n"}
        assert check({"a/main.tf": root, "m/main.tf": CHILD, **other}, "a").code == 0
        outcome = check({}, "a", "b")
        assert (outcome.code, "b: error: no plan in this folder" in outcome.err) == (3, True)

    @pytest.mark.parametrize("back", ["../..", "./", "./deeper"])
    def test_a_circle_ends(self, check: Any, back: str) -> None:  # noqa: ANN401 - see `check`
        root = call("./m/n", 'name = "a"', f'types = ["{FEW}"]')
        inner = CHILD + call(back, 'name = "b"', f'types = ["{FEW}"]')
        outcome = check({"main.tf": root, "m/n/main.tf": inner, "m/n/deeper/main.tf": call("../", 'name = "c"')})
        assert outcome.pools

    def test_outputs(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        root = call("./m", 'name = "fast"', f'types = ["{ENOUGH}"]') + pool("x", "node_pool_name = module.pool.id")
        assert check({"main.tf": root, "m/main.tf": CHILD}).pools == ["x-fast", "fast"]

    def test_a_module_from_elsewhere_is_named(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        outcome = check({"main.tf": call("terraform-alicloud-modules/kubernetes/alicloud")})
        assert [u["fact"] for u in outcome.report["undecided"]] == [
            "whether pool 'module.pool' is an exclusive node pool"
        ]


AWAY = (
    'module "ack" {\n  source  = "a/ack/alicloud"\n  version = "1.0"\n  name    = "fast"\n  labels  = var.labels\n}\n'
)
DECLARED = 'variable "labels" {\n  default = {}\n}\n'


class TestRemoteModules:
    """Modules that are not in the repository."""

    @pytest.mark.parametrize(
        "values",
        [
            {"terraform.tfvars": f'labels = {{ "{EXCLUSIVE_LABEL}" = "eniOnly" }}\n'},
            {"labels.yaml": f"{EXCLUSIVE_LABEL}: eniOnly\n"},
        ],
    )
    @pytest.mark.parametrize("is_wrapped", [False, True])
    def test_the_label_in_a_value_is_not_overlooked(self, check: Any, values: dict[str, str], is_wrapped: bool) -> None:  # noqa: ANN401, FBT001 - see `check`
        """Whatever file the value is written in, and however many local modules pass it on."""
        given = "var.labels" if "terraform.tfvars" in values else 'yamldecode(file("${path.module}/labels.yaml"))'
        if is_wrapped:
            root = DECLARED + f'module "own" {{\n  source = "./own"\n  labels = {given}\n}}\n'
            files = {"main.tf": root, "own/main.tf": DECLARED + AWAY, **values}
        else:
            files = {"main.tf": DECLARED + AWAY.replace("var.labels", given), **values}
        outcome = check(files)
        address = "module.own.module.ack" if is_wrapped else "module.ack"
        facts = {item["fact"]: item["hint"] for item in outcome.report["undecided"]}
        why = "its labels are not known: a remote module: run `terraform init`, which installs it, or check the plan"
        assert (outcome.code, facts) == (0, {f"whether pool '{address}' is an exclusive node pool": why})

    def test_without_the_label_it_is_only_skipped(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        outcome = check({"main.tf": DECLARED + AWAY, "pool.tf": pool(types=f'["{ENOUGH}"]')}, ".", "-v")
        assert (outcome.code, outcome.pools, outcome.report["undecided"]) == (0, ["eni"], [])
        assert "skipped ./main.tf: module.ack: a remote module: run `terraform init`" in outcome.err
        assert check({"pool.tf": ""}).code == 3  # nothing else is there

    @pytest.mark.parametrize("is_nested", [False, True])
    def test_what_init_has_installed_is_read(self, check: Any, is_nested: bool) -> None:  # noqa: ANN401, FBT001 - see `check`
        folder = ".terraform/modules/ack"
        values = {"terraform.tfvars": f'labels = {{ "{EXCLUSIVE_LABEL}" = "eniOnly" }}\n'}
        modules = [{"Key": "", "Source": "", "Dir": "."}, {"Key": "ack", "Source": "a/ack/alicloud", "Dir": folder}]
        files = {"main.tf": DECLARED + AWAY, f"{folder}/main.tf": CHILD, **values}
        if is_nested:
            modules.append({"Key": "ack.inner", "Source": "a/inner/alicloud", "Dir": f"{folder}.inner/sub"})
            inner = 'variable "name" {}\n' + DECLARED + AWAY.replace('"ack"', '"inner"').replace('"fast"', "var.name")
            files |= {f"{folder}/main.tf": inner, f"{folder}.inner/sub/main.tf": CHILD}
        outcome = check({**files, ".terraform/modules/modules.json": json.dumps({"Modules": modules})})
        assert (outcome.code, outcome.pools) == (0, ["fast"])

    @pytest.mark.parametrize(
        "text", ["", "[]", '{"Modules": {}}', '{"Modules": [1, {"Key": "ack"}, {"Key": "ack", "Dir": 1}]}', "{", "\0"]
    )
    def test_another_list_of_modules_is_left_alone(self, check: Any, text: str) -> None:  # noqa: ANN401 - see `check`
        values = {"terraform.tfvars": f'labels = {{ "{EXCLUSIVE_LABEL}" = "eniOnly" }}\n'}
        files = {"main.tf": DECLARED + AWAY, ".terraform/modules/modules.json": text, **values}
        assert len(check(files).report["undecided"]) == 1


ACK = """resource "alicloud_cs_managed_kubernetes" "ack" {
  version         = "1.28.3-aliyun.1"
  ip_stack        = "dual"
  pod_vswitch_ids = [alicloud_vswitch.pod.id]
  addons {
    name    = "terway-eniip"
    version = "v1.5.0"
    config  = jsonencode({ NetworkPolicy = "true" })
  }
}
resource "alicloud_vswitch" "pod" {
  vpc_id  = "vpc-1"
  zone_id = "cn-hangzhou-j"
}
"""
IN_ACK = "cluster_id = alicloud_cs_managed_kubernetes.ack.id"


class TestClusters:
    """The cluster that stands beside its pools."""

    def test_its_facts_are_those_of_its_pools(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        files = {"main.tf": pool("a", IN_ACK, "vswitch_ids = [alicloud_vswitch.pod.id]"), "ack.tf": ACK}
        outcome = check(files, cluster=False)
        assert {"TW001", "TW009", "TW011", "DS004"} <= outcome.rules
        assert outcome.found("TW001")["path"] == "alicloud_cs_managed_kubernetes.ack.addons[0].version"
        assert outcome.found("TW011")["line"] == 2
        assert "NET001" not in outcome.rules  # the zone of the vSwitch is known, by its resource
        assert "NP007" not in outcome.rules

    def test_a_zone_without_pods(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        node = 'resource "alicloud_vswitch" "node" {\n  zone_id = "cn-hangzhou-k"\n}\n'
        files = {"main.tf": pool("a", IN_ACK, "vswitch_ids = [alicloud_vswitch.node.id]") + ACK + node}
        assert "NET001" in check(files, cluster=False).rules

    @pytest.mark.parametrize(
        ("own", "other", "is_open"),
        [
            ('"vpc-1"', '"vpc-1"', False),
            ('"vpc-1"', '"vpc-2"', False),
            ("alicloud_vpc.own.id", "alicloud_vpc.own.id", False),
            ("alicloud_vpc.own.id", "alicloud_vpc.other.id", False),
            ("alicloud_vpc.own.id", '"vpc-2"', True),  # this may be its id
            ('"vpc-1"', "alicloud_vpc.other.id", True),
            ("alicloud_vpc.own.id", "data.alicloud_vpcs.all.ids[0]", True),
            ("data.alicloud_vpcs.all.ids[0]", "data.alicloud_vpcs.all.vpcs[0].id", True),
        ],
    )
    def test_its_vpc_is_that_of_the_v_switches_of_its_pods(
        self,
        check: Any,  # noqa: ANN401 - see `check`
        own: str,
        other: str,
        *,
        is_open: bool,
    ) -> None:
        made = "".join(f'resource "alicloud_vpc" "{name}" {{\n}}\n' for name in ("own", "other"))
        vpcs = made + 'data "alicloud_vpcs" "all" {\n}\n'
        group = f'resource "alicloud_security_group" "pod" {{\n  vpc_id = {other}\n}}\n'
        ack = ACK.replace('"vpc-1"', own).replace(
            "addons {", "security_group_id = alicloud_security_group.pod.id\n  addons {"
        )
        files = {"main.tf": pool("a", IN_ACK, "vswitch_ids = [alicloud_vswitch.pod.id]") + ack + group + vpcs}
        outcome = check(files, cluster=False)
        assert ("NP007" in outcome.rules) == (own != other and not is_open)
        if not own.startswith("data"):
            assert any("NP007" in item["rules"] for item in outcome.report["undecided"]) == is_open

    def test_v_switches_in_two_vpcs_show_none(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        second = 'resource "alicloud_vswitch" "more" {\n  vpc_id = "vpc-2"\n  zone_id = "cn-hangzhou-k"\n}\n'
        ack = ACK.replace("[alicloud_vswitch.pod.id]", "[alicloud_vswitch.pod.id, alicloud_vswitch.more.id]")
        files = {"main.tf": pool("a", IN_ACK, "vswitch_ids = [alicloud_vswitch.pod.id]") + ack + second}
        outcome = check(files, cluster=False)
        assert any(item["fact"] == "cluster.vpcId" for item in outcome.report["undecided"])

    def test_a_v_switch_from_elsewhere_leaves_all_open(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        outcome = check({"main.tf": pool("a", IN_ACK) + ACK}, cluster=False)
        assert outcome.rules & {"NP007", "NET001", "DS004"} == set()
        assert any("NET001" in u["rules"] for u in outcome.report["undecided"])

    def test_given_facts_go_before_them(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        files = {"main.tf": pool("a", IN_ACK, "vswitch_ids = [alicloud_vswitch.pod.id]", types=f'["{ENOUGH}"]') + ACK}
        assert check(files).rules == set()

    def test_each_pool_has_its_own_cluster(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        other = ACK.replace('"ack"', '"new"').replace('"pod"', '"p2"').replace("v1.5.0", "v1.16.4")
        files = {
            "main.tf": ACK + other + pool("a", IN_ACK) + pool("b", IN_ACK.replace(".ack.", ".new.")),
        }
        outcome = check(files, cluster=False)
        assert [f["path"] for f in outcome.report["findings"] if f["rule"] == "TW001"] == [
            "alicloud_cs_managed_kubernetes.ack.addons[0].version"
        ]

    def test_a_cluster_of_a_module(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        module = ACK + 'output "cluster_id" {\n  value = alicloud_cs_managed_kubernetes.ack.id\n}\n'
        root = 'module "ack" {\n  source = "./ack"\n}\n' + pool("a", "cluster_id = module.ack.cluster_id")
        outcome = check({"main.tf": root, "ack/main.tf": module}, cluster=False)
        assert outcome.found("TW001")["path"] == "module.ack.alicloud_cs_managed_kubernetes.ack.addons[0].version"


DATA = """data "alicloud_vswitches" "pods" {
  zone_id = "cn-hangzhou-j"
}
data "alicloud_vswitches" "one" {
  ids = ["vsw-j"]
}
"""


class TestDataSources:
    """Of what Terraform will read only the conditions are known."""

    @pytest.mark.parametrize("said", ["ids[0]", "ids.0", "vswitches[0].id", "vswitches.0.id"])
    def test_the_zone_that_was_asked_for(self, check: Any, said: str) -> None:  # noqa: ANN401 - see `check`
        pods = "[data.alicloud_vswitches.pods.ids.0]"
        ack = ACK.replace("[alicloud_vswitch.pod.id]", f'{pods}\n  security_group_id = "sg-1"').replace(
            '"dual"', '"ipv4"'
        )
        nodes = pool("a", IN_ACK, f"vswitch_ids = [data.alicloud_vswitches.pods.{said}]")
        other = pool("b", IN_ACK, "vswitch_ids = [alicloud_vswitch.node.id]")
        node = 'resource "alicloud_vswitch" "node" {\n  zone_id = "cn-hangzhou-k"\n}\n'
        outcome = check({"main.tf": DATA + ack + nodes}, cluster=False)
        assert "NET001" not in {*outcome.rules, *(r for u in outcome.report["undecided"] for r in u["rules"])}
        assert "NET001" in check({"main.tf": DATA + ack + node + other}, cluster=False).rules

    def test_an_expression_that_stays_open_is_named(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        outcome = check({"main.tf": DATA + pool("a", "vswitch_ids = data.alicloud_vswitches.pods.ids")})
        hints = {u["fact"]: u["hint"] for u in outcome.report["undecided"]}
        assert hints["vswitch_ids of pool 'a'"] == "data.alicloud_vswitches.pods.ids is read by Terraform"

    def test_the_only_id_that_is_asked_for_is_known(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        outcome = check({"main.tf": DATA + pool("a", "vswitch_ids = data.alicloud_vswitches.one.ids")})
        assert (outcome.rules, outcome.report["undecided"]) == ({"ENI001"}, [])
        several = DATA.replace('["vsw-j"]', '["vsw-j", "vsw-k"]')  # of which some may not exist
        outcome = check({"main.tf": several + pool("a", "vswitch_ids = data.alicloud_vswitches.one.ids")})
        assert [u["hint"] for u in outcome.report["undecided"]] == [
            "data.alicloud_vswitches.one.ids is read by Terraform"
        ]

    @pytest.mark.parametrize("said", ["vswitches[0].zone_id", "vswitches.1.zone_id"])
    def test_what_was_asked_for_is_known_of_each_result(self, check: Any, said: str) -> None:  # noqa: ANN401 - see `check`
        name = f"node_pool_name = data.alicloud_vswitches.pods.{said}"
        assert check({"main.tf": DATA + pool("a", name)}).pools == ["cn-hangzhou-j"]
        assert check({"main.tf": DATA + pool("a", name.replace("pods", "one"))}).pools != ["cn-hangzhou-j"]


class TestOverrides:
    """Files that change what others say."""

    @pytest.mark.parametrize("name", ["override.tf", "prod_override.tf"])
    def test_arguments_and_kinds_of_blocks(self, check: Any, name: str) -> None:  # noqa: ANN401 - see `check`
        head = f'resource "{RESOURCE}" "eni" {{\n  instance_types = ["{FEW}"]\n'
        over = f'{head}  taints {{\n    key    = "a"\n    effect = "PreferNoSchedule"\n  }}\n}}\n'
        outcome = check({"main.tf": pool(types=f'["{ENOUGH}"]'), name: over}, "main.tf")
        assert outcome.pools == ["eni"]
        assert {"ENI001", "NP002"} <= outcome.rules
        found = outcome.found("ENI001")
        assert (found["file"], found["line"], "comes from" in found["hint"]) == (name, 2, False)
        assert "ENI001" in check({}, name).rules

    def test_variables_and_locals(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        files = {
            "main.tf": 'locals {\n  types = ["x"]\n}\nvariable "label" {\n  default = "no"\n}\n'
            + pool(types="local.types", label=LABEL.replace('"eniOnly"', "var.label")),
            "override.tf": f'locals {{\n  types = ["{FEW}"]\n}}\nvariable "label" {{\n  default = "eniOnly"\n}}\n',
        }
        assert check(files).rules == {"ENI001"}


class TestFiles:
    """Files that a configuration names itself."""

    def types(self, check: Any, expression: str, **files: str) -> tuple[set[str], str]:  # noqa: ANN401 - see `check`
        here = {f"tf/{name.replace('__', '.').replace('___', '/')}": text for name, text in files.items()}
        outcome = check({"tf/main.tf": pool(types=expression), **here}, "tf")
        return outcome.rules, "; ".join(u["hint"] for u in outcome.report["undecided"])

    @pytest.mark.parametrize(
        "expression",
        [
            'jsondecode(file("types.json"))',
            'jsondecode(file("${path.module}/types.json"))',
            'yamldecode(file("${path.root}/./types.json"))',
            'split(",", templatefile("types.tftpl", { size = "2xlarge" }))',
            '[for f in fileset(path.module, "*.txt") : file("${path.module}/${f}")]',
            '[fileexists("none.txt") ? "x" : file("few.txt")]',
            'try(jsondecode(file("none.json")), [file("few.txt")])',
        ],
    )
    def test_they_are_read(self, check: Any, expression: str) -> None:  # noqa: ANN401 - see `check`
        files = {"types__json": json.dumps([FEW]), "types__tftpl": "ecs.g7.${size}", "few__txt": FEW}
        assert self.types(check, expression, **files) == ({"ENI001"}, "")

    @pytest.mark.parametrize(
        ("pattern", "found"),
        [
            ("*.txt", {"a.txt"}),
            ("?.*", {"a.txt"}),
            ("**", {"a.txt", "b/a.txt", "b/c/a.txt", "b/c/x.md"}),
            ("**/*.txt", {"a.txt", "b/a.txt", "b/c/a.txt"}),
            ("**/b/*.txt", {"b/a.txt"}),
            ("b/**/*.txt", {"b/a.txt", "b/c/a.txt"}),
            ("b/**/c/*", {"b/c/a.txt", "b/c/x.md"}),
            ("**/**/c/**", {"b/c/a.txt", "b/c/x.md"}),
            ("b/*", {"b/a.txt"}),
            ("b**/a.txt", {"b/a.txt"}),
            ("c/**", set()),
            ("*a" * 60 + "b", set()),
            ("**/" * 60 + "b", set()),
        ],
    )
    def test_file_sets(self, tmp_path: Path, pattern: str, found: set[str]) -> None:
        for name in ("a.txt", "b/a.txt", "b/c/a.txt", "b/c/x.md", "a" * 200):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        names = Disk(str(tmp_path), str(tmp_path), set()).names(".", pattern)
        assert set(names) - {"a" * 200} == found

    @pytest.mark.parametrize(
        ("expression", "why"),
        [
            ('[file("../outside.txt")]', "file(): ../outside.txt is outside of the configuration"),
            ('[file("/etc/hostname")]', "file(): /etc/hostname is outside of the configuration"),
            ('[file("link.txt")]', "file(): link.txt is outside of the configuration"),
            ('[file("~/types.txt")]', "file(): ~/types.txt is outside of the configuration"),
            (
                '[fileexists("../outside.txt") ? "a" : "b"]',
                "fileexists(): ../outside.txt is outside of the configuration",
            ),
            ('[file("large.txt")]', "file(): large.txt is too large, or not a regular file"),
            ('[file("none.txt")]', "there is no file none.txt"),
            ('[file("${path.cwd}/a.txt")]', "path.cwd is not computed"),
            ('[templatefile("few.tftpl", {})]', "the template needs size, which is not passed"),
        ],
    )
    def test_what_is_not_read_is_told(self, check: Any, tmp_path: Path, expression: str, why: str) -> None:  # noqa: ANN401 - see `check`
        (tmp_path / "outside.txt").write_text(FEW, encoding="utf-8")
        (tmp_path / "tf").mkdir()
        (tmp_path / "tf" / "link.txt").symlink_to(tmp_path / "outside.txt")
        rules, hints = self.types(check, expression, large__txt="x" * (2**20 + 1), few__tftpl="ecs.${size}")
        assert (rules, hints.endswith(why)) == (set(), True), hints

    @pytest.mark.parametrize("name", ["config/types.json", "config/a.b/types.json"])
    def test_files_of_the_repository_are_read(self, check: Any, tmp_path: Path, name: str) -> None:  # noqa: ANN401 - see `check`
        root = pool(types=f'jsondecode(file("${{path.module}}/../../{name}"))')
        files = {"own/envs/prod/main.tf": root, f"own/{name}": f'["{FEW}"]'}
        assert check(files, "own/envs/prod").rules == set()
        (tmp_path / "own" / ".git").write_text("gitdir: elsewhere\n", encoding="utf-8")  # a worktree
        assert check(files, "own/envs/prod").rules == {"ENI001"}

    @pytest.mark.parametrize(
        "name", [".env", ".git/types.json", "config/.hidden/types.json", "../types.json", "link.json"]
    )
    def test_what_is_hidden_in_a_repository_is_not_read(self, check: Any, tmp_path: Path, name: str) -> None:  # noqa: ANN401 - see `check`
        (tmp_path / "repository" / ".git").mkdir(parents=True)
        (tmp_path / "repository" / ".env").write_text(f'["{FEW}"]', encoding="utf-8")
        (tmp_path / "repository" / "link.json").symlink_to(tmp_path / "repository" / ".env")
        root = pool(types=f'jsondecode(file("${{path.module}}/../{name}"))')
        files = {"repository/tf/main.tf": root}
        if name != "link.json":
            files[f"repository/{name}"] = f'["{FEW}"]'
        outcome = check(files, "repository/tf")
        assert outcome.rules == set()
        assert any(item["hint"].endswith("is outside of the configuration") for item in outcome.report["undecided"])

    def test_a_value_of_a_block_says_where_it_comes_from(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        """A dynamic block is far from its values: in a local name, a file, and what the caller passes."""
        content = "content {\n      key   = labels.key\n      value = labels.value\n    }"
        dynamic = f'dynamic "labels" {{\n    for_each = merge(local.mode, var.labels)\n    {content}\n  }}'
        mode = f'variable "labels" {{}}\nlocals {{\n  mode = {{ "{EXCLUSIVE_LABEL}" = "on" }}\n}}\n'
        root = 'module "a" {\n  source = "./m"\n  labels = jsondecode(file("${path.module}/x/../labels.json"))\n}\n'
        files = {"main.tf": root, "m/main.tf": mode + pool(label=dynamic), "labels.json": "{}", "x/y": ""}
        hint = check(files).found("NP001")["hint"]
        assert hint.endswith("; the value comes from ./m/main.tf:3, ./main.tf:3, labels.json")

    @pytest.mark.parametrize(
        ("types", "more", "head", "where"),
        [
            ("each.value", "for_each = var.all", f'variable "all" {{\n  default = {{ a = ["{FEW}"] }}\n}}\n',
             "the default of var.all (./main.tf:2)"),
            ("[var.one[count.index]]", "count = length(var.one)", f'variable "one" {{\n  default = ["{FEW}"]\n}}\n',
             "the default of var.one (./main.tf:2)"),
            ("[each.key]", "count = var.n", 'variable "n" {\n  default = 1\n}\n', None),
            (f'count.index < 9 ? ["{FEW}"] : []', "count = var.n", 'variable "n" {\n  default = 1\n}\n',
             "the default of var.n (./main.tf:2)"),
            ("local.all", "", f'locals {{\n  one = ["{FEW}"]\n  all = local.one\n}}\n', "./main.tf:3, ./main.tf:2"),
            ("local.a", "", f'locals {{\n  a = true ? ["{FEW}"] : local.a\n}}\n', "./main.tf:2"),
            (f'[try(file(), "{FEW}")]', "", "", ""),
            (f'[true ? "{FEW}" : file(data.a.b.c)]', "", "", ""),
            (f'[true ? "{FEW}" : terraform.version]', "", "", ""),
            (f'[try(file("none"), file("few.txt"), local.gone, "{FEW}")]', "", "", "none, few.txt"),
        ],
    )  # fmt: skip
    def test_the_sources_of_a_value(self, check: Any, types: str, more: str, head: str, where: str | None) -> None:  # noqa: ANN401 - see `check`
        lines = (more,) if more else ()
        outcome = check({"main.tf": head + pool("eni", *lines, types=types), "few.txt": FEW})
        if where is None:
            assert outcome.rules == set()
        else:
            hint = outcome.found("ENI001")["hint"]
            assert hint.partition("the value comes from ")[2] == where

    def test_a_module_reads_its_own_folder(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        inner = pool(types='jsondecode(file("${path.module}/types.json"))')
        files = {
            "live/main.tf": call("../modules/eni"),
            "modules/eni/main.tf": inner,
            "modules/eni/types.json": f'["{FEW}"]',
        }
        assert check(files, "live").rules == {"ENI001"}


class TestBroken:
    """What is no HCL spoils its own block."""

    def test_a_block_that_is_no_pool_is_told(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        outcome = check({"main.tf": 'resource "x" "y" {\n  a = = 3\n}\n' + pool()})
        assert (outcome.code, outcome.rules) == (1, {"ENI001"})
        assert "skipped ./main.tf:2:7: not valid HCL: this block was left out" in outcome.err

    @pytest.mark.parametrize("extra", ["", "/* c */\n", '  resource "x" "indented" {\n  }\n'])
    def test_a_pool_that_is_broken_is_an_error(self, check: Any, extra: str) -> None:  # noqa: ANN401 - see `check`
        outcome = check({"main.tf": extra + pool("a", "x = = 1") + pool("b")})
        assert (outcome.code, outcome.pools) == (3, ["b"])
        assert [p["message"] for p in outcome.report["problems"]] == ["not valid HCL: this is not expected here"]

    def test_text_in_comments_and_heredocs_is_no_pool(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        files = {"main.tf": f"/*\n{pool('gone')}*/\nlocals {{\n  x = <<EOT\n{pool('text')}\nEOT\n}}\n{pool('real')}"}
        assert check(files).pools == ["real"]
        files = {"main.tf": f"locals {{\n  x = <<EOT\n{pool('text')}\nEOT\n}}\n{pool('real')}"}
        assert check(files).pools == ["real"]

    @pytest.mark.parametrize(
        "value",
        [
            "[for x in range(1000) : [for y in range(1000) : [for z in range(1000) : x]]]",
            'join("", [for x in range(1000) : format("%0999d", x)])',
            "setproduct(range(1000), range(1000), range(1000))",
            "local.l",
        ],
    )
    def test_work_is_bounded(self, check: Any, value: str) -> None:  # noqa: ANN401 - see `check`
        chain = "".join(f"  l{i} = [local.l{i + 1}, local.l{i + 1}]\n" for i in range(40))
        outcome = check({"main.tf": f"locals {{\n{chain}  l40 = 1\n  l = local.l0\n}}\n" + pool(types=value)})
        assert outcome.code == 3
        (problem,) = outcome.report["problems"]
        assert problem["message"] == "this configuration needs more computation than eniplan allows for its size"

    def test_what_leads_back_to_itself_is_not_known(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        outcome = check({"main.tf": "locals {\n  a = local.b\n  b = [local.a]\n}\n" + pool(types="local.a")})
        assert [u["hint"] for u in outcome.report["undecided"] if "instance_types" in u["fact"]] == [
            "local.a refers to itself"
        ]


@pytest.mark.parametrize("name", ["map.yaml", "flow.yml", "app.json"])
def test_hcl_inside_of_another_document_is_none(check: Any, name: str) -> None:  # noqa: ANN401 - see `check`
    inner = pool()
    text = json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "data": {"main.tf": inner}})
    if not name.endswith(".json"):
        text = (
            "apiVersion: v1\nkind: ConfigMap\ndata:\n  main.tf: |\n    " + inner.replace("\n", "\n    ").rstrip() + "\n"
        )
    outcome = check({name: text, "main.tf": pool("real")})
    assert (outcome.pools, outcome.report["problems"]) == (["real"], [])
    assert f"it names {EXCLUSIVE_LABEL}" in outcome.err


def test_no_placeholder_is_said(check: Any) -> None:  # noqa: ANN401 - see `check`
    outcome = check({"main.tf": pool("a", 'node_pool_name = "${var.name}-a"')})
    assert f"'{RESOURCE}.a'" in json.dumps(outcome.report)
    assert "(" not in outcome.pools[0]


def test_the_fix_is_hcl(check: Any) -> None:  # noqa: ANN401 - see `check`
    text = pool("a", label=LABEL.replace("eni-type", "eni-types")).replace(TAINT, "")
    outcome = check({"main.tf": text})
    assert "in a labels block" in outcome.found("NP001")["hint"]
    assert "in a taints block" in outcome.found("NP002")["hint"]


NETWORKING = """{
    apiVersion = "network.alibabacloud.com/v1beta1"
    kind       = "PodNetworking"
    metadata   = { name = "eni" }
    spec = {
      allocationType   = { type = "Elastic" }
      selector         = { podSelector = { matchLabels = { app = "x" } } }
      securityGroupIDs = ["sg-pods"]
      vSwitchOptions   = ["vsw-j"]
      eniOptions       = { eniType = "Trunk" }
    }
  }"""


HEREDOC = """\
    apiVersion: network.alibabacloud.com/v1beta1
    kind: PodNetworking
    metadata: {name: eni}
    spec:
      allocationType: {type: Elastic}
      selector: {}
      securityGroupIDs: [sg-pods]
      vSwitchOptions: ["${alicloud_vswitch.pod.id}"]
      eniOptions: {eniType: ENI}
"""
ELSEWHERE = HEREDOC.replace("${alicloud_vswitch.pod.id}", "vsw-1").replace(
    "{}", "{podSelector: {matchLabels: {app: x}}}"
)
APP = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: x, namespace: default}
spec:
  replicas: 1
  selector: {matchLabels: {app: x}}
  template:
    metadata: {labels: {app: x}}
    spec:
      nodeSelector: {k8s.aliyun.com/exclusive-mode-eni-type: eniOnly}
      tolerations: [{operator: Exists}]
      containers: [{name: a, image: b}]
"""


class TestManifests:
    """Objects of Kubernetes that Terraform applies."""

    @pytest.mark.parametrize(
        "resource",
        [
            f'resource "kubernetes_manifest" "pn" {{\n  manifest = {NETWORKING}\n}}\n',
            f'resource "kubectl_manifest" "pn" {{\n  yaml_body = yamlencode({NETWORKING})\n}}\n',
        ],
    )
    def test_a_pod_networking_is_judged_with_the_pools(self, check: Any, resource: str) -> None:  # noqa: ANN401 - see `check`
        alone = check({"pn.tf": resource.replace('podSelector = { matchLabels = { app = "x" } }', "")})
        assert alone.found("PN005")["file"] == "./pn.tf"
        assert alone.found("PN005")["line"] >= 2

    @pytest.mark.parametrize(
        "resource",
        [
            'resource "kubernetes_manifest" "pn" {\n  manifest = %s\n}\n',
            'resource "kubectl_manifest" "pn" {\n  yaml_body = yamlencode(%s)\n}\n',
            'locals {\n  pn = %s\n}\nresource "kubernetes_manifest" "pn" {\n  manifest = local.pn\n}\n',
            'resource "kubectl_manifest" "pn" {\n  yaml_body = "${jsonencode(%s)}"\n}\n',
        ],
    )
    @pytest.mark.parametrize("zone", ["j", "k"])
    def test_a_pod_networking_names_v_switches_of_the_configuration(self, check: Any, resource: str, zone: str) -> None:  # noqa: ANN401 - see `check`
        """Their ids are known only after apply, and their zones now: pods in another zone than the nodes are told."""
        networking = NETWORKING.replace('"vsw-j"', "alicloud_vswitch.other.id").replace("Trunk", "ENI")
        other = f'resource "alicloud_vswitch" "other" {{\n  vpc_id = "vpc-1"\n  zone_id = "cn-hangzhou-{zone}"\n}}\n'
        files = {
            "ack.tf": ACK.replace("v1.5.0", "v1.16.4").replace('"dual"', '"ipv4"') + other,
            "main.tf": pool("a", IN_ACK, "vswitch_ids = [alicloud_vswitch.pod.id, alicloud_vswitch.other.id]"),
            "pn.tf": resource % networking,
            "app.yaml": APP,
        }
        outcome = check(files, cluster=False)
        assert "skipped" not in outcome.err
        assert "NP007" not in outcome.rules
        found = [f["path"] for f in outcome.report["findings"] if f["rule"] == "NET001" and f["file"] == "./pn.tf"]
        assert bool(found) == (zone == "k")

    def test_a_text_with_an_id_in_it_is_read(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        text = 'resource "kubectl_manifest" "pn" {\n  yaml_body = <<-Y\n' + HEREDOC + "  Y\n}\n"
        outcome = check({"pn.tf": text, "main.tf": pool("a", IN_ACK) + ACK}, cluster=False)
        assert "skipped" not in outcome.err
        assert outcome.found("PN005")["file"] == "./pn.tf"
        given = check(
            {"pn.tf": text, "main.tf": pool("a", IN_ACK) + ACK}
        )  # with --cluster: which one it is, nobody knows
        hints = [item["hint"] for item in given.report["undecided"]]
        assert "alicloud_vswitch.pod.id is known only after apply" in hints
        assert "skipped" not in given.err

    def test_an_id_from_elsewhere_is_no_mistake(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        """A manifest names real ids, and those of this configuration are known only after apply."""
        main = pool("a", IN_ACK, "vswitch_ids = [alicloud_vswitch.pod.id]") + ACK
        outcome = check({"main.tf": main, "pn.yaml": ELSEWHERE}, cluster=False)
        assert "NP007" not in outcome.rules
        (fact,) = [
            u for u in outcome.report["undecided"] if u["fact"].startswith("spec.vSwitchOptions of PodNetworking")
        ]
        assert "NP007" in fact["rules"]

    @pytest.mark.parametrize("ids", ["true", "3", "{}", "[{}, [1]]"])
    def test_ids_that_are_no_list_of_texts_are_told_as_that(self, check: Any, ids: str) -> None:  # noqa: ANN401 - see `check`
        main = pool("a", IN_ACK, "vswitch_ids = [alicloud_vswitch.pod.id]") + ACK
        outcome = check({"main.tf": main, "pn.yaml": ELSEWHERE.replace('["vsw-1"]', ids)}, cluster=False)
        assert {p["path"].partition("[")[0] for p in outcome.report["problems"]} == {"spec.vSwitchOptions"}

    @pytest.mark.parametrize(
        ("old", "key", "rules"),
        [
            ('"vsw-j"', "vSwitchOptions", {"NET001", "NET002", "NP007", "PN010"}),
            ('["vsw-j"]', "vSwitchOptions", {"NET001", "NET002", "NP007", "PN010"}),
            ('"sg-pods"', "securityGroupIDs", {"NET003", "NET004", "NP007", "PN010"}),
            ('"Trunk"', "eniOptions.eniType", {"PN001"}),
            ('"Elastic"', "allocationType", {"PN002", "PN009"}),
            ('"x"', "selector.podSelector", {"PN005", "PN007", "PN008"}),
        ],
    )
    def test_a_pod_networking_is_judged_by_what_is_known(
        self,
        check: Any,  # noqa: ANN401 - see `check`
        old: str,
        key: str,
        rules: set[str],
    ) -> None:
        resource = f'resource "kubernetes_manifest" "pn" {{\n  manifest = {NETWORKING}\n}}\n'
        known = check({"pn.tf": resource, "main.tf": pool()})
        outcome = check({"pn.tf": resource.replace(old, "alicloud_vswitch.x.id"), "main.tf": pool()})
        assert outcome.rules == known.rules - rules
        assert "skipped" not in outcome.err
        (item,) = (u for u in outcome.report["undecided"] if u["hint"] == "alicloud_vswitch.x is not declared")
        assert item["fact"] == f"spec.{key} of PodNetworking 'eni'"
        assert rules <= {*item["rules"]}

    def test_a_pod_networking_with_another_unknown_part_is_named(self, check: Any) -> None:  # noqa: ANN401 - see `check`
        resource = f'resource "kubernetes_manifest" "pn" {{\n  manifest = {NETWORKING}\n}}\n'
        lost = resource.replace("kind ", "other = var.x\n    kind ", 1)
        assert lost != resource
        outcome = check({"pn.tf": lost, "main.tf": pool()})
        assert "./pn.tf: kubernetes_manifest.pn: part of it is unknown: var.x is not declared" in outcome.err


def test_a_number_is_text_where_the_provider_has_text(check: Any) -> None:  # noqa: ANN401 - see `check`
    """Terraform converts it: neither the name nor the version of the cluster is a mistake."""
    cluster = ACK.replace('"1.28.3-aliyun.1"', "1.28")
    found = check({"main.tf": cluster + pool("eni", "node_pool_name = 1.50", IN_ACK)}, cluster=False)
    assert [item["name"] for item in found.report["pools"]] == ["1.5"]
    assert "TW011" in found.rules


REMOTE = 'source = "terraform-alicloud-modules/managed-kubernetes/alicloud"'
POOLS = f'{{ a = {{ labels = {{ "{EXCLUSIVE_LABEL}" = "eniOnly" }} }} }}'
IN_VARIABLE = f'variable "pools" {{\n  default = {{}}\n}}\nmodule "k8s" {{\n  {REMOTE}\n  node_pools = var.pools\n}}\n'


@pytest.mark.parametrize(
    ("files", "more"),
    [
        ({"main.tf": f'module "k8s" {{\n  {REMOTE}\n  node_pools = local.p\n}}\nlocals {{\n  p = {POOLS}\n}}\n'}, ()),
        ({"main.tf": IN_VARIABLE, "terraform.tfvars": f"pools = {POOLS}\n"}, ()),
        ({"main.tf": IN_VARIABLE, "prod.tfvars": f"pools = {POOLS}\n"}, ("--var-file", "prod.tfvars")),
        ({"main.tf": IN_VARIABLE}, ("--var", f"pools={POOLS}")),
        (
            {
                "main.tf": 'module "a" {\n  source = "./inner"\n  pools  = var.p\n}\nvariable "p" {}\n',
                "inner/main.tf": IN_VARIABLE,
                "a.auto.tfvars": f"p = {POOLS}\n",
            },
            (),
        ),
    ],
    ids=["local", "tfvars", "--var-file", "--var", "inner"],
)
def test_a_remote_module_that_gets_the_label_by_a_name(
    run: Run, tmp_path: Path, files: dict[str, str], more: tuple[str, ...]
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    result = run("check", ".", *more, cwd=tmp_path)
    assert (result.code, "k8s' is an exclusive node pool is not known" in result.out) == (0, True)
    (tmp_path / "main.tf").write_text(files["main.tf"].replace(EXCLUSIVE_LABEL, "tier"), encoding="utf-8")
    for name in files:
        if name.endswith(".tfvars"):
            (tmp_path / name).write_text("x = 1\n", encoding="utf-8")
    result = run("check", ".", "-v", cwd=tmp_path)
    assert (result.code, "k8s: a remote module: run `terraform init`" in result.err) == (3, True)
