"""`eniplan verify` as a process: through the real kubectl against a fake API server, and from dumps."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from eniplan.observed import NODE_POOL_LABEL
from eniplan.rules import BY_ID
from eniplan.rules.examples import POD_NETWORKING, changed, example
from eniplan.rules.examples_cluster import CLUSTER, NODES, cluster_example, cluster_plan, daemon_pod
from tests.cli.test_streams import interruptible
from tests.emit.support import needs
from tests.harness import REPO, TIMEOUT, clean_env, run_process
from tests.kube.support import FakeApi

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.harness import Result, Run

BROKEN: dict[str, Any] = dict(BY_ID["VER006"].fails)


@pytest.fixture
def api() -> Iterator[FakeApi]:
    needs("kubectl")
    found = FakeApi()
    yield found
    found.close()


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(cluster_plan()), encoding="utf-8")
    return file


def dumped(tmp_path: Path, changes: Mapping[str, Any] | None = None) -> Path:
    file = tmp_path / "dump.json"
    file.write_text(json.dumps(cluster_example(changes or {}), indent=4), encoding="utf-8")
    return file


class TestKubectl:
    @pytest.fixture
    def verify(self, api: FakeApi, plan: Path, run: Run, tmp_path: Path) -> Any:  # noqa: ANN401 - a function
        options: list[str | Path] = ["--kubeconfig", api.kubeconfig(tmp_path), "--context", "fake"]

        def verify_plan(*args: str | Path, plan: Path = plan) -> Result:
            return run("verify", plan, *options, *args)

        return verify_plan

    def test_a_good_cluster(self, verify: Any, api: FakeApi) -> None:  # noqa: ANN401 - a function
        result = verify()
        assert (result.code, result.err) == (0, "1 pool checked with specs of 2026-07-16: 0 errors, 0 warnings\n")
        assert "pool trading: 3 of 3 nodes Ready, aliyun/eni 21 of 21, 3 of 3 pods with a bound PodENI\n" in result.out
        assert sorted(path.partition("?")[0] for path in api.asked) == [
            "/api/v1/events",
            "/api/v1/namespaces/kube-system/configmaps/eni-config",
            "/api/v1/nodes",
            "/api/v1/pods",
            "/apis/apps/v1/namespaces/kube-system/daemonsets/terway-eniip",
            "/apis/apps/v1/namespaces/trading/statefulsets",
            "/apis/network.alibabacloud.com/v1beta1/podenis",
            "/apis/network.alibabacloud.com/v1beta1/podnetworkings",
        ]

    def test_a_broken_cluster(self, verify: Any, api: FakeApi) -> None:  # noqa: ANN401 - a function
        api.states = [changed(CLUSTER, BROKEN)]
        result = verify("--format", "json")
        assert (result.code, result.err) == (1, "")
        report = json.loads(result.out)
        (finding,) = report["findings"]
        assert (finding["rule"], finding["file"], finding["path"]) == ("VER006", "kubectl", f"Node/{NODES[0]}")
        assert finding["facts"].items() >= {"nodes": [NODES[0]], "pool": "pool 'trading'"}.items()
        assert report["exitCode"] == 1
        assert report["pools"][0]["proven"] == {
            "nodes": 3, "ready": 3, "enis": 14, "expected": 21, "pods": 3, "bound": 3,
        }  # fmt: skip

    def test_an_annotation_without_a_file_names_the_object(self, verify: Any, api: FakeApi) -> None:  # noqa: ANN401
        api.states = [changed(CLUSTER, BROKEN)]
        first, seen, _ = verify("--format", "github").out.splitlines()
        assert first.startswith("::error title=VER006 An exclusive node offers no aliyun/eni::1 node of pool")
        assert NODES[0] in first
        assert seen.startswith("pool trading: 3 of 3 nodes Ready, aliyun/eni 14 of 21")

    def test_large_lists_come_in_pages(self, verify: Any, api: FakeApi) -> None:  # noqa: ANN401 - a function
        many = [daemon_pod("agent", "elsewhere", name=f"agent-{number}") for number in range(1101)]
        api.states = [{**CLUSTER, "pods": [*many, *CLUSTER["pods"]]}]
        assert verify().code == 0
        assert sum(path.startswith("/api/v1/pods") for path in api.asked) == 3

    def test_node_level_configuration_is_read_by_name(self, verify: Any, api: FakeApi) -> None:  # noqa: ANN401
        labels = {f'nodes[{n}].metadata.labels["terway-config"]': "gpu-net" for n in range(3)}
        api.states = [changed(CLUSTER, labels)]
        assert "whose ConfigMap kube-system/gpu-net does not exist" in verify().out
        assert "/api/v1/namespaces/kube-system/configmaps/gpu-net" in {path.partition("?")[0] for path in api.asked}

    def test_workloads_that_may_not_be_read_are_none_of_the_verdict(self, verify: Any, api: FakeApi) -> None:  # noqa: ANN401
        api.forbidden = {"/apis/apps/v1/namespaces/trading/statefulsets"}
        assert verify("--strict").code == 0

    def test_what_is_forbidden_is_told_and_the_rest_goes_on(self, verify: Any, api: FakeApi) -> None:  # noqa: ANN401
        podenis = "/apis/network.alibabacloud.com/v1beta1/podenis"
        api.forbidden = {podenis}
        api.missing = {"/apis/network.alibabacloud.com/v1beta1/podnetworkings"}
        api.states = [changed(CLUSTER, BROKEN)]
        result = verify()
        assert result.code == 1
        assert "error VER006" in result.out
        assert (
            f"kubectl: undecided VER012, VER013, VER014, VER015, VER030: the list of PodENIs is not known: {podenis} "
            'is forbidden: User "fake" cannot list it\n'
        ) in result.out
        assert "the list of PodNetworkings is not known: the server could not find the requested resource" in result.out
        assert "14 of 21, unknown of 3 pods with a bound PodENI" in result.out
        api.states = [CLUSTER]
        assert verify().code == 0
        assert verify("--strict").code == 1

    def test_without_the_right_to_list_nodes_nothing_can_be_proven(self, verify: Any, api: FakeApi) -> None:  # noqa: ANN401
        api.forbidden = {"/api/v1/nodes"}
        result = verify()
        assert (result.code, result.out) == (4, "")
        assert result.err.startswith("kubectl: error: cannot list the nodes: /api/v1/nodes is forbidden")

    def test_a_server_that_is_down(self, verify: Any, api: FakeApi) -> None:  # noqa: ANN401 - a function
        api.states = [None]
        result = verify()
        assert (result.code, result.out) == (4, "")
        assert "the server is currently unable to handle the request" in result.err
        assert result.err.endswith("kubeconfig get nodes\n")

    def test_a_context_that_does_not_exist(self, run: Run, api: FakeApi, plan: Path, tmp_path: Path) -> None:
        result = run("verify", plan, "--kubeconfig", api.kubeconfig(tmp_path), "--context", "prod")
        assert (result.code, result.out) == (4, "")
        assert result.err.startswith('kubectl: error: context "prod" does not exist\n')
        assert "kubectl --context=prod --kubeconfig=" in result.err
        assert "a-secret-token" not in result.err

    def test_wait_until_it_holds(self, verify: Any, api: FakeApi) -> None:  # noqa: ANN401 - a function
        api.states = [changed(CLUSTER, BROKEN), None, CLUSTER]
        result = verify("--wait", "1m")
        assert result.code == 0
        lines = result.err.splitlines()
        assert lines[0] == "1 finding (VER006); retrying in 1 s"
        assert "unable to handle the request" in lines[1]
        assert lines[-2] == "1 finding (VER006); retrying in 2 s"
        assert lines[-1].endswith("0 errors, 0 warnings")

    def test_wait_in_vain(self, verify: Any, api: FakeApi) -> None:  # noqa: ANN401 - a function
        api.states = [changed(CLUSTER, BROKEN)]
        result = verify("--wait", "500ms")
        assert result.code == 1
        assert "error VER006" in result.out
        assert "timed out after 0.5 s\n" in result.err

    def test_wait_for_facts(self, verify: Any, api: FakeApi) -> None:  # noqa: ANN401 - a function
        api.forbidden = {"/api/v1/events"}
        result = verify("--wait", "0", "--strict")
        assert result.code == 1
        assert "timed out" in result.err

    def test_ctrl_c_while_waiting(self, api: FakeApi, plan: Path, tmp_path: Path) -> None:
        api.states = [changed(CLUSTER, BROKEN)]
        args = ("verify", str(plan), "--kubeconfig", str(api.kubeconfig(tmp_path)), "--context", "fake", "--wait", "1h")
        process = subprocess.Popen(
            interruptible(*args), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, env=clean_env(tmp_path)
        )
        try:
            assert process.stderr is not None
            assert b"retrying in" in process.stderr.readline()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=TIMEOUT)
        finally:
            process.kill()
            process.wait()
        assert (process.returncode, out, err) == (130, b"", b"interrupted: run the same command again\n")


class TestOtherPrograms:
    """Programs of the name kubectl that are not at their best."""

    def verify(self, run: Run, tmp_path: Path, script: str, *args: str) -> Result:
        program = tmp_path / "bin" / "kubectl"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)
        return run("verify", *args, env={"PATH": f"{program.parent}:/usr/bin:/bin"})

    def test_what_it_is_asked(self, run: Run, tmp_path: Path) -> None:
        script = 'echo "$@" >&2; exit 1'
        err = self.verify(run, tmp_path, script, "--context", "a b", "--kubeconfig", "--x").err
        assert "--request-timeout=60s --context=a b --kubeconfig=--x get --raw /api/v1/nodes?limit=500" in err

    @pytest.mark.parametrize(
        ("script", "told"),
        [
            ("echo '<html>'", "kubectl get --raw /api/v1/nodes?limit=500:1:1: error: '{' is missing here"),
            ("exit 7", "kubectl: error: kubectl exited with code 7"),
            (r"printf 'a\033[31m\nb\n\n' >&2; exit 1", r"kubectl: error: a\x1b[31m; b"),
            ("kill -9 $$", "kubectl: error: kubectl exited with code -9"),
        ],
    )
    def test_what_it_answers(self, run: Run, tmp_path: Path, script: str, told: str) -> None:
        result = self.verify(run, tmp_path, script)
        assert (result.code, result.out) == (4, "")
        assert result.err.splitlines()[0] == told

    def test_there_is_none(self, run: Run, tmp_path: Path) -> None:
        result = run("verify", env={"PATH": str(tmp_path)})
        assert (result.code, result.out) == (4, "")
        assert result.err == (
            "kubectl: error: cannot start kubectl: it is not on the PATH\n"
            "    install kubectl, or pass its saved output: eniplan verify --from FILE\n"
        )
        (tmp_path / "kubectl").write_text("", encoding="utf-8")
        assert "cannot start kubectl: Permission denied" in run("verify", env={"PATH": str(tmp_path)}).err


class TestDumps:
    def test_json(self, run: Run, plan: Path, tmp_path: Path) -> None:
        good = run("verify", plan, "--from", dumped(tmp_path))
        assert good.code == 0
        dump = dumped(tmp_path, BROKEN)
        bad = run("verify", plan, "--from", dump)
        assert bad.code == 1
        assert f"{dump}: error VER006 1 node of pool 'trading' without aliyun/eni: {NODES[0]}" in bad.out
        piped = run("verify", plan, "--from", "-", stdin=dump.read_bytes())
        assert piped.out == bad.out.replace(str(dump), "-")
        assert run("verify", "-", "--from", dump, stdin=plan.read_bytes()).code == 1

    def test_yaml_and_several_documents_and_a_folder(self, run: Run, plan: Path, tmp_path: Path) -> None:
        items = cluster_example(BROKEN)["items"]
        folder = tmp_path / "dumps"
        folder.mkdir()
        (folder / "a.yaml").write_text(yaml.safe_dump_all([{"kind": "List", "items": items[:4]}, *items[4:7]]))
        (folder / "b.json").write_bytes(b"\xef\xbb\xbf" + b"\n".join(json.dumps(item).encode() for item in items[7:9]))
        (folder / "kube-system").mkdir()  # as `kubectl cluster-info dump` has it
        (folder / "kube-system" / "pods.json").write_text("\n".join(json.dumps(item) for item in items[9:]))
        (folder / ".git").mkdir()
        (folder / ".git" / "a.json").write_text("{")
        (folder / "notes.txt").write_text("no dump")
        expected = json.loads(run("verify", plan, "--from", dumped(tmp_path, BROKEN), "-f", "json").out)
        got = json.loads(run("verify", plan, "--from", folder, "-f", "json").out)
        assert [f["message"] for f in got["findings"]] == [f["message"] for f in expected["findings"]]
        assert (got["undecided"], got["pools"]) == ([], expected["pools"])

    def test_lists_of_one_kind_and_items_alone(self, run: Run, plan: Path) -> None:
        """What `kubectl get --raw` and `jq .items` print, as JSON and as YAML."""
        items = cluster_example(BROKEN)["items"]
        kinds = dict.fromkeys(item["kind"] for item in items)
        lists = [
            {"items": [{k: v for k, v in i.items() if k != "kind"} for i in items if i["kind"] == kind],
             "kind": f"{kind}List"}
            for kind in kinds
        ]  # fmt: skip
        expected = run("verify", plan, "--from", "-", stdin=json.dumps({"kind": "List", "items": items}).encode())
        assert (expected.code, "VER006" in expected.out, "undecided" in expected.out) == (1, True, False)
        for text in (
            yaml.safe_dump_all(lists),
            "\n".join(map(json.dumps, lists)),
            json.dumps(items),
            yaml.safe_dump(items),
        ):
            assert run("verify", plan, "--from", "-", stdin=text.encode()).out == expected.out

    def test_a_page_of_yaml_without_the_last(self, run: Run, tmp_path: Path) -> None:
        head = {"kind": "NodeList", "metadata": {"continue": "token"}, "items": [{"metadata": {"name": "a"}}]}
        (tmp_path / "dump.yaml").write_text(yaml.safe_dump(head), encoding="utf-8")
        result = run("verify", "--from", "dump.yaml", cwd=tmp_path)
        assert result.code == 3
        assert "its last page is missing: metadata.continue says that NodeList continues" in result.err

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ('{"items": [', "dump.json:1:12: error: it is truncated"),
            ('{"items": []}', "dump.json: error: it has no objects of a cluster\n    it may be empty,"),
            ('{"kind": "NodeList", "items": []}', "dump.json: error: there is no node in this dump"),
            ('{"kind": "Pod", "metadata": {"name": "a"}}', "dump.json: error: there is no node in this dump"),
            ("", "dump.json: error: it has no objects of a cluster"),
            ("NAME STATUS", "dump.json: error: it has no objects of a cluster"),
            ("items:\n- kind: Node\n  metadata: {name: a}\n", "dump.json: error: it is truncated"),
            (
                "Error from server (Forbidden): nodes is forbidden: no\n{",
                (
                    "dump.json: error: it is an error message of kubectl: Error from server (Forbidden): nodes is "
                    "forbidden: no\n    create one with: kubectl get"
                ),
            ),
            (
                'error: the server doesn\'t have a resource type "podenis"',
                "dump.json: error: it is an error message of kubectl: error: the server doesn't have",
            ),
            ('{"kind": "Node"}\nError from', "dump.json:2:1: error: there is other text after the JSON"),
            ("a: [", "dump.json:1:4: error: not valid YAML"),
        ],
    )
    def test_what_is_no_dump(self, run: Run, tmp_path: Path, text: str, told: str) -> None:
        (tmp_path / "dump.json").write_text(text, encoding="utf-8")
        result = run("verify", "--from", "dump.json", cwd=tmp_path)
        assert (result.code, result.out) == (3, "")
        assert result.err.startswith(told)

    def test_the_script_of_the_docs_writes_a_dump_in_pages(
        self, run: Run, api: FakeApi, plan: Path, tmp_path: Path
    ) -> None:
        text = (REPO / "docs" / "verify.md").read_text(encoding="utf-8")
        (script,) = (code for code in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) if code.startswith("mkdir dump"))
        api.states = [{**CLUSTER, "pods": [*(daemon_pod("a", "other", name=f"a-{n}") for n in range(1101)),
                                           *CLUSTER["pods"]]}]  # fmt: skip
        config = json.loads(api.kubeconfig(tmp_path).read_text(encoding="utf-8"))
        current = tmp_path / "current"
        current.write_text(json.dumps({**config, "current-context": "fake"}), encoding="utf-8")
        commands, _, _ = script.partition("eniplan verify")
        env = clean_env(tmp_path, {"KUBECONFIG": str(current)})
        done = run_process([needs("bash"), "-e", "-c", commands], cwd=tmp_path, env=env)
        assert (done.code, done.err) == (0, "")
        pages = sorted(path.name for path in (tmp_path / "dump").iterdir() if path.name.startswith("pods"))
        assert pages == ["pods-1.json", "pods-2.json", "pods-3.json"]
        whole = run("verify", plan, "--from", tmp_path / "dump")
        assert (whole.code, "3 of 3 pods with a bound PodENI" in whole.out) == (0, True)
        (tmp_path / "dump" / "pods-3.json").unlink()
        cut = run("verify", plan, "--from", tmp_path / "dump")
        assert (cut.code, cut.out) == (3, "")
        assert "its last page is missing: metadata.continue says that PodList continues" in cut.err

    def test_a_folder_without_a_dump(self, run: Run, tmp_path: Path) -> None:
        result = run("verify", "--from", tmp_path)
        assert (result.code, result.out) == (3, "")
        assert result.err.startswith(f"{tmp_path}: error: this folder has no file that ends with .json, .yaml, .yml\n")

    def test_a_dump_in_the_place_of_the_plan(self, run: Run, tmp_path: Path) -> None:
        result = run("verify", dumped(tmp_path))
        assert (result.code, result.out) == (3, "")
        assert "; if it is a dump of a cluster: eniplan verify [PLAN] --from FILE\n" in result.err

    def test_no_such_file(self, run: Run) -> None:
        result = run("verify", "--from", "none.json")
        assert (result.code, result.err) == (3, "none.json: error: cannot read it: no such file or directory\n")

    def test_credentials_of_terway_are_never_shown(self, run: Run, tmp_path: Path) -> None:
        conf = {"access_key": "LTAI-visible", "access_secret": "hush", "ipam_type": "crd", "ip_stack": "dual"}
        for text in (json.dumps(conf), json.dumps(conf)[:-1]):
            dump = dumped(tmp_path, {"configMaps[0].data.eni_conf": text})
            for args in ((), ("--format", "json")):
                result = run("verify", "--from", dump, *args, env={"FORCE_COLOR": "1"})
                assert "LTAI-visible" not in result.out + result.err
                assert "hush" not in result.out + result.err

    def test_waivers_of_a_file_and_reports_in_other_formats(self, run: Run, plan: Path, tmp_path: Path) -> None:
        waiver = {"rule": "VER006", "path": f"Node/{NODES[0]}", "reason": "under repair"}
        file = tmp_path / "waivers.yaml"
        file.write_text(yaml.safe_dump({"waivers": [waiver]}), encoding="utf-8")
        args = (plan, "--from", dumped(tmp_path, BROKEN), "--waivers", file)
        result = run("verify", *args, "--output", f"sarif={tmp_path / 'out.sarif'}")
        assert result.code == 0
        assert "(waived: under repair)" in result.out
        (found,) = json.loads((tmp_path / "out.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
        assert found["locations"][0]["logicalLocations"] == [{"fullyQualifiedName": f"Node/{NODES[0]}"}]
        assert found["suppressions"][0]["justification"] == "under repair"
        # A check of the plan cannot know what the cluster would say.
        assert "WV" not in run("check", plan, "--waivers", file).out
        file.write_text("waivers: 3\n", encoding="utf-8")
        assert run("verify", *args).code == 3
        assert run("verify", *args[:-1], tmp_path / "none.yaml").code == 3

    def test_waivers_that_do_nothing_are_told(self, run: Run, tmp_path: Path) -> None:
        waiver = {"rule": "VER006", "path": f"Node/{NODES[0]}", "reason": "under repair"}
        plan = tmp_path / "plan.yaml"
        idle = [{**waiver, "path": "Node/gone"}, {"rule": "ENI002", "path": "nodePools[0]", "reason": "of a check"}]
        plan.write_text(yaml.safe_dump({**cluster_plan(), "waivers": idle}), encoding="utf-8")
        folder = tmp_path / ".eniplan"
        folder.mkdir()
        old = {**waiver, "expires": "2026-01-31"}
        (folder / "waivers.yaml").write_text(yaml.safe_dump({"waivers": [old, {**old, "expires": "9999-01-31"}]}))
        result = run("verify", plan, "--from", dumped(tmp_path, BROKEN), cwd=tmp_path)
        lines = result.out.splitlines()
        assert any("warning WV002 the waiver of VER006 expired on 2026-01-31 [waivers[0].expires]" in x for x in lines)
        (unused,) = [line for line in lines if "WV003" in line]
        assert unused.endswith("plan.yaml:48:3: warning WV003 no finding of VER006 at Node/gone [waivers[0]]"), unused
        assert "(waived: under repair)" in result.out
        assert result.code == 0

    def test_on_a_terminal(self, run: Run, plan: Path, tmp_path: Path) -> None:
        result = run("verify", plan, "--from", dumped(tmp_path, BROKEN), env={"FORCE_COLOR": "1", "NO_COLOR": "1"})
        assert "error[VER006]" in result.out
        assert "nodes Ready" in result.out


class TestTraces:
    """--pod and --node."""

    def test_a_pod(self, run: Run, plan: Path, tmp_path: Path) -> None:
        good = run("verify", plan, "--from", dumped(tmp_path), "--pod", "trading/matcher-0")
        assert (good.code, good.err) == (0, "")
        assert good.out.splitlines()[0] == "pod trading/matcher-0"
        assert good.out.splitlines()[-1] == "ok       start       Running and Ready"
        lost = {"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory"}
        failed = run("verify", "--from", dumped(tmp_path, {"pods[0].status": lost}), "--pod", "trading/matcher-0")
        assert failed.code == 1
        assert "stop     start  it has failed: Evicted: The node was low on resource: memory" in failed.out
        bad = dumped(tmp_path, {"podENIs[0].status.phase": "Binding", "pods[0].status": {"phase": "Pending"}})
        result = run("verify", "--from", bad, "--pod", "trading/matcher-0", "--format", "json")
        document = json.loads(result.out)
        assert (result.code, document["schema"], document["stopsAt"]) == (1, "eniplan.trace/v1", "interface")
        assert document["steps"][-1] == {"name": "start", "state": "later", "message": "", "fix": "", "facts": {}}

    def test_a_node(self, run: Run, plan: Path, tmp_path: Path) -> None:
        result = run("verify", plan, "--from", dumped(tmp_path, BROKEN), "--node", NODES[0])
        assert result.code == 1
        assert "stop     aliyun/eni" in result.out
        assert run("verify", plan, "--from", dumped(tmp_path, BROKEN), "--node", NODES[1]).code == 0

    def test_the_namespace_is_read_for_a_pod_only(self, run: Run, api: FakeApi, plan: Path, tmp_path: Path) -> None:
        options: list[str | Path] = ["--kubeconfig", api.kubeconfig(tmp_path), "--context", "fake"]
        assert run("verify", plan, *options, "--pod", "trading/matcher-0").code == 0
        assert any(path.startswith("/api/v1/namespaces/trading") for path in api.asked)
        api.forbidden, api.asked = {"/api/v1/namespaces/trading"}, []
        assert run("verify", plan, *options, "--pod", "trading/matcher-0").code == 0
        api.asked = []
        assert run("verify", plan, *options).code == 0
        assert not any(path.startswith("/api/v1/namespaces/trading") for path in api.asked)

    @pytest.mark.parametrize(
        ("args", "code", "told"),
        [
            (("--pod", "/matcher-0"), 2, "--pod '/matcher-0' is not NAMESPACE/NAME\n    such as trading/matcher-0"),
            (("--pod", "a/b", "-n", "c"), 2, "--pod 'a/b' and --namespace 'c' differ"),
            (("--namespace", "c"), 2, "--namespace requires --pod"),
            (("--pod", "matcher-0"), 3, "there is no pod 'default/matcher-0'"),
            (("--pod", "matcher-00", "-n", "trading"), 3, "there is no pod 'trading/matcher-00'"),
            (("--summary", "--format", "json"), 2, "--summary and --format are two forms"),
            (("--watch", "1s"), 2, "--from reads no cluster"),
            (("--pod", "a/b", "--node", "c"), 2, "--pod and --node follow one object each"),
            (("--pod", "a/b", "--format", "sarif"), 2, "--pod and --node print text or json, once"),
            (("--node", "a", "--output", "json=x"), 2, "--pod and --node print text or json, once"),
            (
                ("--pod", "trading/matcher-00"),
                3,
                "there is no pod 'trading/matcher-00'\n    did you mean 'trading/matcher-",
            ),
            (
                ("--node", f"{NODES[0]}1"),
                3,
                f"there is no node '{NODES[0]}1'\n    did you mean 'cn-hangzhou.10.0.0.1'?",
            ),
        ],
    )
    def test_what_is_not_there(self, run: Run, tmp_path: Path, args: tuple[str, ...], code: int, told: str) -> None:
        result = run("verify", "--from", dumped(tmp_path), *args)
        assert (result.code, result.out) == (code, "") or "json" in args  # which gets a document of the failure
        assert (result.code, told in result.err) == (code, True)


class TestUsage:
    @pytest.mark.parametrize(
        ("args", "told"),
        [
            (("--from", "-", "--wait", "1m"), "--from reads no cluster"),
            (("--from", "-", "--context", "a"), "--from reads no cluster"),
            (("-", "--from", "-"), "the plan and the dump cannot both come from stdin"),
            (("--wait", "1d"), "--wait '1d' is not a duration\n    write 90s, 30m or 1h"),
            (("--wait", "-1m"), "--wait '-1m' is not a duration"),
            (("plan.json", "--pool", "trading"), "--pool 'trading' is not NAME=ID"),
            (("plan.json", "--pool", "tradin=np1"), "the plan has no node pool 'tradin'\n    did you mean 'trading'?"),
            (("--pool", "a=np1"), "the plan has no node pool 'a'"),
        ],
    )
    def test_options(self, run: Run, plan: Path, args: tuple[str, ...], told: str) -> None:
        result = run("verify", *args, cwd=plan.parent)
        assert (result.code, result.out) == (2, "")
        assert f"command line: error: {told}" in result.err

    def test_plans_that_do_not_fit(self, run: Run, tmp_path: Path) -> None:
        two = tmp_path / "two.yaml"
        two.write_text(yaml.safe_dump_all([cluster_plan(), cluster_plan()]), encoding="utf-8")
        result = run("verify", two, "--from", dumped(tmp_path))
        assert result.code == 2
        assert "a cluster is verified against one plan, but this input has 2" in result.err
        two.write_text("apiVersion: eniplan/v1\nnodePools: 3\n", encoding="utf-8")
        result = run("verify", two, "--from", dumped(tmp_path))
        assert (result.code, result.out) == (3, "")
        assert run("verify", tmp_path / "none.yaml", "--from", dumped(tmp_path)).code == 3

    def test_pools_are_told_apart_by_id(self, run: Run, tmp_path: Path) -> None:
        second = {"name": "second", "instanceTypes": ["ecs.g8i.8xlarge"], "desiredSize": 1}
        plan = tmp_path / "plan.json"
        pools = {"nodePools[0].desiredSize": 2, "nodePools[1]": second, "podNetworkings": [POD_NETWORKING]}
        plan.write_text(json.dumps(example(pools)), encoding="utf-8")
        dump = dumped(tmp_path, {f'nodes[2].metadata.labels["{NODE_POOL_LABEL}"]': "np2"})
        unclear = run("verify", plan, "--from", dump)
        assert (unclear.code, unclear.out.count("matches trading, second equally well")) == (1, 2)
        result = run("verify", plan, "--from", dump, "--pool", "second=np2")
        assert (result.code, "undecided" in result.out) == (0, False)
        assert "pool trading: 2 of 2 nodes Ready" in result.out
        assert "pool second: 1 of 1 node Ready" in result.out


class TestAnOperatorsDay:
    def test_summary_is_a_few_lines(self, run: Run, tmp_path: Path, plan: Path) -> None:
        result = run("verify", plan, "--from", dumped(tmp_path, BROKEN), "--summary")
        lines = result.out.splitlines()
        assert result.code == 1
        assert lines[0] == "trading: 3 of 3 nodes Ready, 3 of 14 exclusive ENIs used, 11 free"
        assert lines[1].startswith("error VER006: ")
        assert lines[-1].startswith("1 pool checked with specs of ")
        right = run("verify", plan, "--from", dumped(tmp_path), "--summary")
        assert (right.code, right.out.splitlines()[0]) == (
            0, "trading: 3 of 3 nodes Ready, 3 of 21 exclusive ENIs used, 18 free",
        )  # fmt: skip

    def test_metrics_are_what_prometheus_reads(self, run: Run, tmp_path: Path, plan: Path) -> None:
        result = run("verify", plan, "--from", dumped(tmp_path, BROKEN), "--format", "metrics")
        assert result.code == 1
        found: dict[tuple[object, ...], float] = {
            (sample.name, *sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(result.out)
            for sample in family.samples
        }
        own = (("file", str(plan)), ("pool", "trading"))
        states = {
            state: found["eniplan_pool_exclusive_enis", *own, ("state", state)] for state in ("offered", "used", "free")
        }
        assert states == {"offered": 14, "used": 3, "free": 11}
        assert found["eniplan_exit_code",] == 1
        assert found["eniplan_findings", ("level", "error"), ("rule", "VER006"), ("waived", "false")] == 1
        assert found["eniplan_pool_nodes", *own, ("state", "ready")] == 3

    def test_watch_shows_the_state_when_it_changes(self, api: FakeApi, plan: Path, tmp_path: Path) -> None:
        api.states = [changed(CLUSTER, BROKEN), changed(CLUSTER, BROKEN), CLUSTER]
        options = ["--kubeconfig", str(api.kubeconfig(tmp_path)), "--context", "fake", "--watch", "100ms"]
        command = [sys.executable, "-u", "-m", "eniplan", "verify", str(plan), *options]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_env(tmp_path),
            preexec_fn=interruptible,  # noqa: PLW1509 - no other thread runs here
        ) as process:  # fmt: skip
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(5)]
            process.send_signal(signal.SIGINT)
            assert process.wait(TIMEOUT) == 130
        told = [line.split(" ", 1)[1] for line in lines]
        assert [line.split(":")[0] for line in told] == [
            "trading", "error VER006", told[2].split(":")[0], "trading", told[4].split(":")[0],
        ]  # fmt: skip
        assert told[3] == "trading: 3 of 3 nodes Ready, 3 of 21 exclusive ENIs used, 18 free\n"

    def test_watch_makes_a_pause(self, run: Run, plan: Path) -> None:
        result = run("verify", plan, "--watch", "0s")
        assert (result.code, "without a pause" in result.err) == (2, True), result.err

    def test_watch_goes_on_when_the_cluster_cannot_be_read(self, api: FakeApi, plan: Path, tmp_path: Path) -> None:
        api.states = [None, CLUSTER]
        options = ["--kubeconfig", str(api.kubeconfig(tmp_path)), "--context", "fake", "--watch", "100ms"]
        command = [sys.executable, "-u", "-m", "eniplan", "verify", str(plan), *options]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_env(tmp_path),
            preexec_fn=interruptible,  # noqa: PLW1509 - no other thread runs here
        ) as process:  # fmt: skip
            assert process.stdout is not None
            assert "trading: 3 of 3 nodes Ready" in process.stdout.readline()
            process.send_signal(signal.SIGINT)
            assert process.wait(TIMEOUT) == 130
            assert process.stderr is not None
            assert "Error from server (ServiceUnavailable)" in process.stderr.read()

    def test_watch_updates_in_place_on_a_terminal(self, api: FakeApi, plan: Path, tmp_path: Path) -> None:
        options = ["--kubeconfig", str(api.kubeconfig(tmp_path)), "--context", "fake", "--watch", "50ms"]
        command = [sys.executable, "-u", "-m", "eniplan", "verify", str(plan), *options]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=clean_env(tmp_path, {"FORCE_COLOR": "1", "COLUMNS": "30"}),
            preexec_fn=interruptible,  # noqa: PLW1509 - no other thread runs here
        ) as process:  # fmt: skip
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(6)]
            process.send_signal(signal.SIGINT)
            process.wait(TIMEOUT)
        assert lines[3].startswith("\x1b[3A\x1b[J20")
        assert max(len(line.rstrip("\n")) for line in lines[:3]) == 30

    def test_is_a_plugin_of_kubectl(self, api: FakeApi, tmp_path: Path) -> None:
        plugin = tmp_path / "bin" / "kubectl-eniplan"
        plugin.parent.mkdir()
        code = "import sys; from eniplan.__main__ import main; sys.exit(main())"
        plugin.write_text(f"#!{sys.executable}\n{code}\n", encoding="utf-8")
        plugin.chmod(0o755)
        config = json.loads(api.kubeconfig(tmp_path).read_text())
        config["contexts"][0]["context"]["namespace"] = "trading"
        (tmp_path / "kubeconfig").write_text(json.dumps({**config, "current-context": "fake"}))
        env = clean_env(tmp_path, {"KUBECONFIG": str(tmp_path / "kubeconfig")})
        env["PATH"] = f"{plugin.parent}:{env['PATH']}"

        def kubectl(*words: str) -> subprocess.CompletedProcess[str]:
            command = ["kubectl", "eniplan", *words]
            return subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)

        assert kubectl("verify", "-h").stdout.startswith("Usage: kubectl eniplan verify")
        # The namespace is that of the context, as for kubectl's own commands.
        followed = kubectl("verify", "--pod", "matcher-1")
        assert (followed.returncode, "trading/matcher-1" in followed.stdout) == (0, True), followed.stderr
