from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from eniplan.emit.command import command
from tests.inputs.support import BODY, LABEL, judge_files

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run

BAD: dict[str, Any] = BODY | {"scaling_group": {**BODY["scaling_group"], "instance_types": ["ecs.g7.2xlarge"]}}
POST = "aliyun cs POST /clusters/c1/nodepools --header 'Content-Type=application/json'"
CREATE = "aliyun cs CreateClusterNodePool --region cn-hangzhou --ClusterId c1"
CLUSTER_BODY = {"name": "c", "cluster_type": "ManagedKubernetes", "nodepools": [BAD]}


def quoted(value: object) -> str:
    return "'" + json.dumps(value, indent=1) + "'"


SCRIPTS = {
    "post": f"{POST} --body {quoted(BAD)}\n",
    "create": f"{CREATE} --body={quoted(BAD)}\n",
    "emitted": command(BAD, "cn-hangzhou", "c1"),
    "heredoc": f'set -e\n{POST} --body "$(cat <<EOF\n{json.dumps(BAD, indent=1)}\nEOF\n)"\n',
    "variable": f'BODY={quoted(BAD)}\n{POST} --body "$BODY"\n',
    "written": f'cat > /tmp/b.json <<"EOF"\n{json.dumps(BAD, indent=1)}\nEOF\n{POST} --body "$(cat /tmp/b.json)"\n',
    "echoed": f'BODY={quoted(BAD)}\necho "$BODY" > b.json\n{POST} --body "$(cat b.json)"\n',
    "printed": f"printf '%s\\n' {quoted(BAD)} > b.json 2>/dev/null\n{CREATE} --body-file b.json\n",
    "teed": f"tee b.json <<'EOF' >/dev/null\n{json.dumps(BAD, indent=1)}\nEOF\n{CREATE} --body file://b.json\n",
    "output of echo": f'BODY={quoted(BAD)}\n{POST} --body "$(echo "$BODY")"\n',
    "lines of Windows": f"{CREATE} \\\r\n  --body {quoted(BAD)}\r\n",
    "inside": f"ID=$({CREATE} \\\n  --body {quoted(BAD)} | jq -r .nodepool_id) || exit 1\n",
    "read": f"read -r -d '' BODY <<'EOF' || true\n{json.dumps(BAD, indent=1)}\nEOF\n{POST} --body \"$BODY\"\n",
    "read without blanks": f"IFS= read -rd '' BODY <<EOF\n{json.dumps(BAD)}\nEOF\n{POST} --body \"$BODY\"\n",
    "here-string": f'{POST} --body "$(cat <<< {quoted(BAD)})"\n',
    "formatted": f'{POST} --body "$(cat <<EOF | jq -c .\n{json.dumps(BAD, indent=1)}\nEOF\n)"\n',
    "formatted from a variable": f'B={quoted(BAD)}\n{POST} --body "$(echo "$B" | tr -d \'\\n\')"\n',
    "formatted here": f'{POST} --body "$(jq -c . <<EOF\n{json.dumps(BAD, indent=1)}\nEOF\n)"\n',
    "several lines": f"aliyun \\\n  cs POST \\\n  /clusters/c1/nodepools \\\n  --body {quoted(BAD)}\n",
    "program in a variable": f'CLI="aliyun --profile a cs"\n$CLI POST /clusters/c1/nodepools --body {quoted(BAD)}\n',
    "program by another name": f"CLI=aliyun\n$CLI cs CreateClusterNodePool --body {quoted(BAD)}\n",
    "on Windows": f"aliyun.exe cs POST /clusters/c1/nodepools --body {quoted(BAD)}\n",
    "array": f'ARGS=(\n  --force\n  --body {quoted(BAD)}\n)\n{POST} "${{ARGS[@]}}"\n',
    "array of the whole call": f'call=({POST} --body {quoted(BAD)})\n"${{call[@]}}"\n',
    "wrapper": f'ack() {{ aliyun --region x cs "$@"; }}\nack POST /clusters/c1/nodepools --body {quoted(BAD)}\n',
    "wrapper of lines": f'function ack {{\n  aliyun cs "$@"\n}}\nack CreateClusterNodePool --body {quoted(BAD)}\n',
    "function": f"make() {{\n  if true; then {POST} --body {quoted(BAD)}; fi\n}}\n",
    "cluster": f"aliyun cs POST /clusters --body {quoted(CLUSTER_BODY)}\n",
    "cluster by name": f"aliyun cs CreateCluster --body {quoted(CLUSTER_BODY)}\n",
    "options": "aliyun cs create-cluster-node-pool --cluster-id c1 "
    + " ".join(f"--{name.replace('_', '-')} {quoted(value)}" for name, value in BAD.items()),
    "cluster with a slash": f"aliyun cs POST /clusters/ --body {quoted(CLUSTER_BODY)}\n",
    "at sign": f"tee b.json <<'EOF' >/dev/null\n{json.dumps(BAD, indent=1)}\nEOF\n{CREATE} --body @b.json\n",
    "option without a value": "aliyun cs create-cluster-node-pool "
    + " ".join(f"--{name.replace('_', '-')} {quoted(value)}" for name, value in BAD.items())
    + " --count\n",
    "options of a cluster": f"aliyun cs create-cluster --cluster-type Edge --nodepools {quoted([BAD])}\n",
}


@pytest.mark.parametrize(
    "command",
    [
        "kubectl cs POST /clusters/c1/nodepools",
        "aliyun ecs POST /clusters/c1/nodepools",
        "cs POST /clusters/c1/nodepools",
        "aliyun cs GET /clusters/c1/nodepools",
        "aliyun cs POST /clusters/c1/tags",
    ],
)
def test_what_is_no_request(here: Path, command: str) -> None:
    script = f"# as `aliyun cs POST /clusters/c1/nodepools` does\n{command} --body {quoted(BAD)}\n"
    judged = judge_files(here, {"make.sh": script})
    assert (judged.rules, judged.skipped) == (set(), [("make.sh", "it creates no node pool")])


@pytest.mark.parametrize("option", ["--ClusterId ", "--ClusterId=", "--cluster-id ", "--cluster-id="])
def test_pools_of_two_clusters_may_share_a_name(here: Path, option: str) -> None:
    for first, second in (("ac", "bc"), ("ac", "ac")):
        calls = (f"aliyun cs CreateClusterNodePool {option}{name} --body {quoted(BODY)}\n" for name in (first, second))
        judged = judge_files(here, {"make.sh": "".join(calls)})
        assert ("NP006" in judged.rules) == (first == second)


@pytest.mark.parametrize("given", ["xargs -0 %s --body", "xargs -I{} %s --body '{}'", "parallel %s --body {}"])
def test_a_call_whose_words_another_program_adds(here: Path, given: str) -> None:
    judged = judge_files(here, {"make.sh": f"cat pool.json | {given % POST}\n"})
    (fact,) = judged.facts
    assert "xargs adds" in fact or "parallel adds" in fact


def test_options_of_a_cluster_may_be_words(here: Path) -> None:
    options = f"--kubernetes-version 1.30.1-aliyun.1 --nodepools {quoted([BODY])}"
    judged = judge_files(here, {"make.sh": f"aliyun cs create-cluster {options}\n"}, cluster=None)
    assert judged.rules == {"TW011"}


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("$(cat pool.json)$MORE", "the file pool.json$MORE"),
        ("$(cat $DIR/pool.json)", "$(cat $DIR/pool.json)"),
        ("$(make pool |\n sort)", "$(make pool |…"),
        (f"$(make {'x' * 72})", f"$(make {'x' * 72})"),
        (f"$(make {'x' * 73})", f"$(make {'x' * 73}…"),
    ],
)
def test_a_body_that_only_the_shell_knows(here: Path, body: str, name: str) -> None:
    (here / "pool.json").write_text(json.dumps(BAD), encoding="utf-8")
    judged = judge_files(here, {"make.sh": f'{POST} --body "{body}"\n'})
    assert (judged.rules, list(judged.facts)) == (set(), [f"whether pool {name!r} is an exclusive node pool"])


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_a_request_in_a_script(here: Path, script: str) -> None:
    judged = judge_files(here, {"make.sh": "#!/bin/sh\n" + script})
    assert (judged.problems, judged.rules) == ([], {"ENI001"})
    place = judged.report.findings[0].place
    line = ("#!/bin/sh\n" + script).splitlines()[place.line - 1]
    assert line[place.column - 1 :].startswith('"ecs.g7.2xlarge"')
    assert [pool.file for pool in judged.report.pools] == ["make.sh"]


@pytest.mark.parametrize(
    "how",
    [
        '--body "$(jq -c . b.json)"',
        '--body "$(jq . < b.json)"',
        '--body "$(cat b.json | jq -c .)"',
        '--body "$(cat b.json)"',
        "--body file://b.json",
        "--body-file b.json",
    ],
)
@pytest.mark.parametrize("paths", [("s/make.sh",), ("s",), ("s/make.sh", "s/b.json")])
def test_a_body_in_a_file_is_judged_once(here: Path, how: str, paths: tuple[str, ...]) -> None:
    judged = judge_files(here, {"s/make.sh": f"{POST} {how}\n", "s/b.json": BAD}, *paths)
    assert judged.rules == {"ENI001"}
    assert [pool.file for pool in judged.report.pools] == ["s/b.json"]


def test_what_a_shell_puts_in_is_open(here: Path) -> None:
    body = json.dumps(BODY).replace('"ecs.g8i.8xlarge"', '"$TYPE"').replace(": 3", ": ${SIZE:?}")
    judged = judge_files(here, {"make.sh": f'{POST} --body "{body.replace(chr(34), chr(92) + chr(34))}"\n'})
    assert (judged.problems, judged.rules) == ([], set())
    hints = {item.fact: item.hint for item in judged.report.undecided}
    assert hints["scaling_group.instance_types of pool 'trading'"] == "$TYPE"
    assert hints["the size of pool 'trading'"] == "${SIZE:?}"


FEW = "ecs.g7.2xlarge"


@pytest.mark.parametrize(
    ("before", "word", "by"),
    [
        ("", f"${{TYPE:-{FEW}}}", "TYPE"),
        ("", f"${{TYPE-{FEW}}}", "TYPE"),
        ("", f"${{1:-{FEW}}}", "$1"),
        (f"TYPE=${{TYPE:-{FEW}}}", "$TYPE", "TYPE"),
        (f'export TYPE="${{TYPE:-{FEW}}}"', "${TYPE}", "TYPE"),
        (f': "${{TYPE:={FEW}}}"', "$TYPE", "TYPE"),
        ("SIZE=${SIZE:-2xlarge}; TYPE=ecs.${FAMILY:-g7}.$SIZE", "$TYPE", "FAMILY, SIZE"),
        (f"TYPE={FEW}", "${TYPE:?set it}", None),
        (f"TYPE={FEW}", "${TYPE:-ecs.g8i.8xlarge}", None),
        (f"TYPE=''; OTHER={FEW}", "${TYPE:-$OTHER}", "open"),
        ("TYPE=$(cat type); TYPE=x", f"${{TYPE:-{FEW}}}", "open"),
        ("if x; then TYPE=a; fi", f"${{TYPE:-{FEW}}}", "open"),
        ("make() { :; }", f"${{1:-{FEW}}}", "open"),
        ("", "${TYPE:-}", "open"),
    ],
)
def test_a_default_of_a_script(here: Path, before: str, word: str, by: str | None) -> None:
    body = json.dumps(BODY).replace("ecs.g8i.8xlarge", word)
    judged = judge_files(here, {"make.sh": f'{before}\n{POST} --body "$(cat <<EOF\n{body}\nEOF\n)"\n'})
    if by == "open":
        assert (judged.rules, list(judged.facts)) == (set(), ["scaling_group.instance_types of pool 'trading'"])
    else:
        (finding,) = judged.report.findings
        note = f"; the value comes from {', '.join(f'the default of {name}' for name in by.split(', '))}" if by else ""
        assert (finding.rule.id, "; the value comes from" in finding.hint) == ("ENI001", by is not None)
        assert finding.hint.endswith(note)


def test_a_value_of_several_expressions_is_one_unknown(here: Path) -> None:
    body = json.dumps(BODY).replace(": 3", ": $TENS$ONES")
    judged = judge_files(here, {"make.sh": f'{POST} --body "$(cat <<EOF\n{body}\nEOF\n)"\n'})
    assert (judged.problems, list(judged.facts)) == ([], ["the size of pool 'trading'"])


def test_numbers_of_a_script_may_be_defaults(here: Path) -> None:
    body = json.dumps(BODY).replace(": 3", ": ${SIZE:-900}")
    judged = judge_files(here, {"make.sh": f'{POST} --body "$(cat <<EOF\n{body}\nEOF\n)"\n'})
    assert judged.report.pools[0].nodes == (900, 900)


@pytest.mark.parametrize("body", ['"$BODY"', '"$(jq -n .)"', "file://none.json", '"$(cat $DIR/x.json)"'])
def test_a_body_that_nobody_sees_is_open(here: Path, body: str) -> None:
    judged = judge_files(here, {"make.sh": f"{POST} --body {body}\n"})
    assert (judged.problems, judged.rules, judged.report.exit_code) == ([], set(), 0)
    assert any("exclusive node pool" in fact for fact in judged.facts)


@pytest.mark.parametrize(
    "change",
    [
        "sed -i s/a/b/ b.json",
        "jq . b.json > c.json && mv c.json b.json",
        "echo '}' >> b.json",
        "envsubst < a.json > b.json",
        "yq -i .a b.json",
        "printf '%s,%s' a b > b.json",
    ],
)
def test_a_file_that_a_script_changes_is_open(here: Path, change: str) -> None:
    judged = judge_files(here, {"make.sh": f"echo {quoted(BAD)} > b.json\n{change}\n{POST} --body file://b.json\n"})
    assert (judged.problems, judged.rules) == ([], set())
    (item,) = judged.report.undecided
    assert {"NP001", "ENI001", "NET002"} <= {*item.rules}
    assert any("exclusive node pool" in fact for fact in judged.facts)


def test_pools_of_one_script_are_one_plan(here: Path) -> None:
    one = f"{POST} --body {quoted(BODY)}\n"
    assert judge_files(here, {"make.sh": one + one}).rules == {"NP006"}
    assert judge_files(here, {"make.sh": one + one.replace("c1", "c2")}).rules == set()
    assert judge_files(here, {"make.sh": one + one.replace("/c1/", "/$C/")}).rules == set()


def test_options_that_are_not_json_are_open(here: Path) -> None:
    options = " ".join(f"--{name} {quoted(value)}" for name, value in BODY.items() if name != "nodepool_info")
    judged = judge_files(here, {"make.sh": f"{CREATE} --nodepool_info name=a type=ess {options}\n"})
    assert (judged.problems, judged.rules) == ([], set())
    assert {item.hint for item in judged.report.undecided} >= {"name=a"}


@pytest.mark.parametrize(
    "text",
    [
        "echo hello\n",
        "aliyun cs GET /clusters/c1/nodepools\n",
        "aliyun ecs RunInstances --body /clusters\n",
        "aliyun cs CreateClusterNodePool help\n",
        "aliyun cs CreateClusterNodePool --cluster_id c1 --name a --instance_types '[\"ecs.g7.2xlarge\"]'\n",
    ],
)
def test_a_script_that_creates_nothing(here: Path, text: str) -> None:
    judged = judge_files(here, {"make.sh": text})
    assert (judged.problems, judged.report.exit_code, judged.report.inputs) == ([], 0, ("make.sh",))


def test_a_body_that_is_no_json(here: Path) -> None:
    text = f"{POST} --body '{{\"a\": }}'\n"
    judged = judge_files(here, {"s/make.sh": text})
    assert judged.problems == ["s/make.sh:1:94: not valid JSON: Expecting value []"]
    assert judged.report.exit_code == 3
    text = text.replace("/c1/nodepools", "")
    judged = judge_files(here, {"s/make.sh": text, "s/b.json": BODY}, "s")
    assert (judged.problems, [what for what, _ in judged.skipped]) == ([], ["s/make.sh"])
    judged = judge_files(here, {"s/make.sh": text + "# " + LABEL["key"]}, "s")
    assert len(judged.problems) == 1


def test_a_runbook_that_is_no_text(here: Path) -> None:
    (here / "run.md").write_bytes(b"\xff\xfe\xfa")
    judged = judge_files(here, {}, "run.md")
    assert judged.report.exit_code == 3


def test_a_folder_with_nothing_but_a_script(here: Path) -> None:
    judged = judge_files(here, {"s/make.sh": SCRIPTS["post"]}, "s")
    assert (judged.rules, judged.problems) == ({"ENI001"}, [])


def test_a_script_is_known_by_its_first_line(here: Path) -> None:
    assert judge_files(here, {"make": "#!/usr/bin/env bash\n" + SCRIPTS["post"]}).rules == {"ENI001"}


MARKDOWN = """\
# Runbook

1. Make the pool:

   ```json
   %s
   ```

```sh
%s
```

~~~yaml
apiVersion: eniplan/v1
nodePools: [{name: other, instanceTypes: [ecs.g7.2xlarge], vSwitchIds: [vsw-j], desiredSize: 1}]
~~~

```yaml
k8s.aliyun.com/exclusive-mode-eni-type: {{ broken
```

  ```hcl
  resource "alicloud_cs_kubernetes_node_pool" "a" {
    instance_types = ["ecs.g7.2xlarge"]
    labels {
      key = "k8s.aliyun.com/exclusive-mode-eni-type"
      value = "eniOnly"
    }
  }
  ```

```text
ecs.g7.2xlarge
"""


def test_code_blocks_of_markdown(here: Path) -> None:
    text = MARKDOWN % (json.dumps(BAD), SCRIPTS["post"].replace("trading", "second").rstrip())
    judged = judge_files(here, {"docs/run.md": text}, "docs/run.md")
    assert judged.problems == []
    places = [f.place for f in judged.report.findings if f.rule.id == "ENI001"]
    lines = text.splitlines()
    assert [lines[p.line - 1][p.column - 1 :].lstrip('"').startswith("ecs.g7.2xlarge") for p in places] == [True] * 4
    assert [what for what, _ in judged.skipped] == [f"docs/run.md:{lines.index('```yaml') + 1}"]
    assert {pool.name for pool in judged.report.pools} == {
        "trading", "second", "other", "alicloud_cs_kubernetes_node_pool.a",
    }  # fmt: skip


def test_markdown_of_folders_is_asked_for(here: Path) -> None:
    judged = judge_files(here, {"docs/run.md": MARKDOWN % ("{}", ""), "docs/b.json": BODY}, "docs")
    assert judged.report.inputs == ("docs/b.json", "facts/cluster.json")


def test_an_empty_runbook(here: Path) -> None:
    judged = judge_files(here, {"run.md": "# Nothing\n"})
    assert (judged.problems, judged.report.exit_code, judged.report.inputs) == ([], 0, ("run.md",))


def test_what_envsubst_fills_in_is_open(here: Path) -> None:
    group = {**BAD["scaling_group"], "vswitch_ids": ["${VSWITCH}"]}
    files = {"make.sh": f'{POST} --body "$(envsubst < b.json)"\n', "b.json": BAD | {"scaling_group": group}}
    judged = judge_files(here, files, "make.sh")
    assert (judged.problems, judged.rules) == ([], {"ENI001"})
    assert "scaling_group.vswitch_ids of pool 'trading'" in judged.facts


@pytest.mark.parametrize(
    "script",
    [
        "cat > a.json <<'EOF'\n%s\nEOF\nenvsubst < a.json > b.json\n%s --body \"$(cat b.json)\"\n",
        "cat <<'EOF' > a.json\n%s\nEOF\nenvsubst '$VSWITCH' < a.json > b.json\n%s --body-file b.json\n",
        "cat > a.json <<'EOF'\n%s\nEOF\ncat a.json > b.json\njq . < b.json > c.json\n%s --body file://c.json\n",
    ],
)
def test_a_body_that_goes_through_files(here: Path, script: str) -> None:
    body = json.dumps(BAD).replace(": 3", ": ${SIZE}").replace('"vsw-j"', '"${VSWITCH}"')
    judged = judge_files(here, {"make.sh": script % (body, POST)})
    assert (judged.problems, judged.rules) == ([], {"ENI001"})
    assert {"the size of pool 'trading'", "scaling_group.vswitch_ids of pool 'trading'"} <= judged.facts.keys()
    assert judged.places["ENI001"].startswith("make.sh:2:")


SHAPES = {
    "braces": ("${SIZE}", '"a"'),
    "a name": ("$SIZE", '"a"'),
    "Ansible": ('{{ size | default("3") }}', '"{{ name | default("x") }}"'),
}


@pytest.mark.parametrize(("size", "name"), SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("file", ["np.json", "np.json.tpl"])
def test_what_is_filled_into_json_may_have_no_quotes(here: Path, file: str, size: str, name: str) -> None:
    body = json.dumps(BAD, indent=1).replace(": 3", f": {size}")
    paths = (file,) if file.endswith(".json") else ("make.sh",)
    script = f'envsubst < {file} > made.json\n{POST} --body "$(cat made.json)"\n'
    judged = judge_files(here, {file: body, "make.sh": script}, *paths)
    assert (judged.problems, judged.rules) == ([], {"ENI001"})
    assert judged.report.undecided[0].fact == "the size of pool 'trading'"
    assert judged.report.undecided[0].hint == size
    line = body.splitlines()[judged.report.findings[0].place.line - 1]
    assert "ecs.g7.2xlarge" in line
    script = f"{POST} --body '{body}'\n".replace('"trading"', name)
    judged = judge_files(here, {"make.sh": script}, "make.sh")
    assert (judged.problems, judged.rules) == ([], {"ENI001"})
    broken = judge_files(here, {"np.json": '{"nodepool_info": ${A}, "scaling_group": }'})
    assert broken.problems == ["np.json:1:19: not valid JSON: Expecting value []"]


def test_a_template_that_a_script_fills_in_is_not_listed(here: Path) -> None:
    script = f'envsubst < np.json.tpl > made.json\n{POST} --body "$(cat made.json)"\n'
    files: dict[str, object] = {"np.json.tpl": BAD, "other.json.tpl": BAD, "make.sh": script}
    judged = judge_files(here, files, ".")
    assert (judged.rules, [what for what, _ in judged.skipped]) == (
        {"ENI001"},
        ["./other.json.tpl", "./facts/cluster.json"],
    )


@pytest.mark.parametrize(
    "script",
    [
        f'ARGS=(--body {quoted(BAD)})\nARGS+=(--force)\n{POST} "${{ARGS[@]}}"\n',
        f"read -r -d '' BODY <<EOF\n{json.dumps(BAD)}\nEOF\nBODY=x\n{POST} --body \"$BODY\"\n",
        f"{POST} --body \"$(jq -n --arg a b '{{{'x' * 90}}}')\"\n",
    ],
)
def test_what_else_a_shell_may_change_is_never_ok(here: Path, script: str) -> None:
    judged = judge_files(here, {"make.sh": script})
    assert "ENI001" in judged.rules or any("ENI001" in item.rules for item in judged.report.undecided) or judged.skipped
    assert all(len(item.fact) < 150 for item in judged.report.undecided)


JOBS = {
    "GitHub": "on: push\njobs:\n  a:\n    steps:\n    - name: create\n      run: |\n        %s\n",
    "GitLab": "create:\n  script:\n    - |\n      %s\n  stage: deploy\n",
    "Ansible": "- hosts: all\n  tasks:\n    - shell: |-\n        %s\n      register: made\n",
    "a Job": "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {template: {}}\nmore:\n  - |\n    %s\n",
}


@pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
def test_a_script_in_a_job_is_read(here: Path, job: str) -> None:
    call = f"{POST} --body '{json.dumps(BAD)}'"
    judged = judge_files(here, {"job.yml": job % call})
    assert (judged.problems, judged.rules) == ([], {"ENI001"})
    place = judged.report.findings[0].place
    assert (job % call).splitlines()[place.line - 1][place.column - 1 :].startswith('"ecs.g7.2xlarge"')
    assert judge_files(here, {"job.yml": job % call}, ".").rules == {"ENI001"}


LINES = {
    "GitLab": "create:\n  script:\n    - apk add jq\n    - %s\n    - echo done\n",
    "folded": "create:\n  script:\n    - >-\n      aliyun cs\n      %s\n\n  stage: a\n",
    "several lines": "a:\n  - name: x\n    run: aliyun cs\n      %s\n      --region cn-hangzhou\n    env: {}\n",
    "a Job": "kind: Job\nspec:\n  containers:\n  - {name: a, command: [sh, -c, %s], image: b}\n",
    "tagged": "create:\n  script:\n    - !reference [.login, script]\n    - !x %s\n",
}


@pytest.mark.parametrize("quote", ["", "'", '"'])
@pytest.mark.parametrize("job", LINES.values(), ids=LINES)
def test_a_call_in_any_text_of_yaml_is_read(here: Path, job: str, quote: str) -> None:
    body = json.dumps(BAD, separators=(",", ":"))
    call = f"POST /clusters/c1/nodepools --body '{body}'"
    call = call if "aliyun" in job else f"aliyun cs {call}"
    if (quote and "aliyun" in job) or (not quote and "[sh" in job):
        return
    if quote:
        call = json.dumps(call) if quote == '"' else "'" + call.replace("'", "''") + "'"
    assert BODY["nodepool_info"]["name"] in str(yaml.compose(job % call))
    judged = judge_files(here, {"job.yml": job % call})
    assert (judged.problems, judged.rules) == ([], {"ENI001"})
    place = judged.report.findings[0].place
    found = (job % call).splitlines()[place.line - 1][place.column - 1 :]
    assert found.startswith('"ecs.g7.2xlarge"') or quote


MAKEFILE = """\
# don't
CLUSTER ?= c1
.PHONY: pool
pool: np.json
\t@aliyun cs POST /clusters/$(CLUSTER)/nodepools \\
\t  --region cn-hangzhou \\
    --body '%s'
\techo "it's done"

clean:
\trm -f np.json
"""


@pytest.mark.parametrize("file", ["Makefile", "pools.mk", "a/GNUmakefile"])
def test_a_recipe_of_make_is_read(here: Path, file: str) -> None:
    body = json.dumps(BAD).replace("vsw-j", "$(VSW)").replace(": 3", ": $(SIZE)")
    text = MAKEFILE % body
    judged = judge_files(here, {file: text}, ".")
    assert (judged.problems, judged.rules) == ([], {"ENI001"})
    assert {"the size of pool 'trading'", "scaling_group.vswitch_ids of pool 'trading'"} <= judged.facts.keys()
    place = judged.report.findings[0].place
    assert text.splitlines()[place.line - 1][place.column - 1 :].startswith('"ecs.g7.2xlarge"')
    assert judge_files(here, {}, file).rules == {"ENI001"}
    by_shell = MAKEFILE.replace("'%s'", '"$$(cat np.json)"')
    judged = judge_files(here, {file: by_shell, file.replace(file.rsplit("/", maxsplit=1)[-1], "np.json"): BAD}, file)
    assert judged.rules == {"ENI001"}


def test_a_makefile_that_creates_nothing(here: Path) -> None:
    judged = judge_files(here, {"Makefile": "all:\n\tgo build\n", "np.json": BODY}, ".")
    assert (judged.problems, judged.skipped[0]) == ([], ("./Makefile", "it creates no node pool"))
    assert judge_files(here, {}, "Makefile").report.exit_code == 0
    (here / "Makefile").write_bytes(b"a:\n\taliyun cs CreateCluster \xff\n")
    assert judge_files(here, {}, "Makefile").report.exit_code == 3
    assert judge_files(here, {}, ".").problems == []


def test_a_body_that_ansible_makes_is_open(here: Path) -> None:
    command = "aliyun cs POST /clusters/{{ cluster_id }}/nodepools --body '{{ nodepool | to_json }}'"
    judged = judge_files(
        here, {"play.yml": f"- hosts: all\n  tasks:\n    - command:\n        cmd: >-\n          {command}\n"}
    )
    assert list(judged.facts) == ["whether pool '{{ nodepool | to_json }}' is an exclusive node pool"]


@pytest.mark.parametrize("name", ["label.sh", "Makefile"])
def test_a_script_that_labels_live_nodes(here: Path, name: str) -> None:
    """Terway keeps the mode that it saw first."""
    text = f"all:\n\tkubectl label nodes -l pool=a --overwrite {LABEL['key']}=eniOnly\n"
    told = "a label on a live node does not change its mode: create a node pool with the label"
    assert judge_files(here, {name: text}).skipped == [(name, told)]
    other = text.replace("label nodes -l", "get nodes -L")
    assert judge_files(here, {name: other}).skipped == [(name, "it creates no node pool")]


# --- Files that only the shell can name ---------------------------------------------------------------------------


def kept(name: str, value: object) -> str:
    return f"cat > {name} <<'EOF'\n{json.dumps(value)}\nEOF\n"


@pytest.mark.parametrize(
    "script",
    [
        kept("$A", BAD) + kept("$B", BODY) + f"{CREATE} --body-file $A\n",
        "A=$(mktemp)\nB=$(mktemp)\n" + kept("$A", BAD) + kept('"$B"', BODY) + f'{CREATE} --body "$(cat "${{A}}")"\n',
        kept("${DIR}/b.json", BAD) + f"{CREATE} --body=file://$DIR/b.json\n",
        f"{CREATE} --body-file <(cat <<'EOF'\n{json.dumps(BAD)}\nEOF\n)\n",
        f"{CREATE} --body-file /dev/stdin <<'EOF'\n{json.dumps(BAD)}\nEOF\n",
        f"echo {quoted(BAD)} | {CREATE} --body-file /dev/stdin\n",
    ],
)
def test_a_file_that_only_the_shell_can_name(here: Path, script: str) -> None:
    """Two such files are not the same: the body of another call would be judged."""
    assert judge_files(here, {"make.sh": script}).rules == {"ENI001"}


@pytest.mark.parametrize(
    "script",
    [
        kept("$A", BODY) + f"{CREATE} --body-file $B\n",
        "A=a.json\n" + kept("$A", BODY) + f"A=$(pick)\n{CREATE} --body-file $A\n",
        kept("$(pick)", BODY) + f"{CREATE} --body-file $(pick)\n",
        kept("$A", BODY) + f"rm $A\n{CREATE} --body-file $A\n",
        f"{CREATE} --body-file <(pick)\n",
        f"pick | {CREATE} --body-file /dev/stdin\n",
        f"{CREATE} --body-file /dev/stdin\n",
    ],
)
def test_a_file_that_nobody_has_seen_is_open(here: Path, script: str) -> None:
    judged = judge_files(here, {"make.sh": script})
    assert (judged.problems, judged.rules) == ([], set())
    assert [fact for fact in judged.facts if fact.endswith("is an exclusive node pool")]


def test_an_option_without_a_file(here: Path) -> None:
    judged = judge_files(here, {"make.sh": f"{CREATE} --body-file\n"})
    assert (judged.problems, judged.facts) == ([], {})


@pytest.mark.parametrize(
    ("setting", "folder"),
    [
        ('DIR=$(cd "$(dirname "$0")" && pwd)', "scripts"),
        ('DIR="$(cd "$(dirname "${BASH_SOURCE[0]}")/../pools" >/dev/null 2>&1 && pwd -P)"', "pools"),
        ("DIR=$(dirname -- ${BASH_SOURCE})", "scripts"),
        ("DIR=`dirname $0`", ""),
        ('DIR=$(cd "$(dirname "$OTHER")" && pwd)', ""),
    ],
)
def test_a_file_beside_the_script(here: Path, setting: str, folder: str) -> None:
    script = f'{setting}\n{CREATE} --body "$(cat "$DIR/b.json")"\n'
    files = {"r/scripts/make.sh": script, f"r/{folder or 'pools'}/b.json": BAD}
    judged = judge_files(here, files, "r/scripts/make.sh")
    assert judged.rules == ({"ENI001"} if folder else set())


# --- Requests that change a live pool -----------------------------------------------------------------------------

SWITCHING = {"kubernetes_config": {"labels": [LABEL]}}
LIVE = "the request changes a live pool, and a label does not change the mode of its nodes"
MODE = "whether pool {!r} is an exclusive node pool"


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("aliyun cs PUT /clusters/c1/nodepools/np1 --body", "np1"),
        ("aliyun cs PUT /clusters/c1/nodepools/np1/ --body", "np1"),
        ("aliyun cs ModifyClusterNodePool --ClusterId c1 --NodepoolId np1 --body", "np1"),
        ("aliyun cs modify-cluster-node-pool --cluster-id c1 --nodepool-id $POOL --body", "$POOL"),
        ("aliyun cs ModifyClusterNodePool --body", "ModifyClusterNodePool"),
    ],
)
def test_a_label_for_a_live_pool_is_no_exclusive_pool(here: Path, call: str, name: str) -> None:
    (asked,) = judge_files(here, {"change.sh": f"{call} {quoted(SWITCHING)}\n"}).report.undecided
    assert (asked.fact, str(asked.hint)) == (MODE.format(name), f"its labels are not known: {LIVE}")
    plain = judge_files(here, {"change.sh": f"{call} {quoted({'scaling_group': {'desired_size': 3}})}\n"})
    assert (plain.problems, plain.facts) == ([], {})
    unknown = judge_files(here, {"change.sh": f"{call} $BODY\n"})
    assert (unknown.problems, unknown.facts) == ([], {})


def test_what_a_request_leaves_as_it_is_is_not_missing(here: Path) -> None:
    """Without it, there would be no taint (NP002), no type and no vSwitch (NP005)."""
    whole = {**BAD, **SWITCHING}
    judged = judge_files(here, {"change.sh": f"aliyun cs PUT /clusters/c1/nodepools/np1 --body {quoted(whole)}\n"})
    assert (judged.rules, set(judged.facts)) == (
        {"ENI001"}, {"which labels pool 'trading' has", "kubernetes_config.taints of pool 'trading'"}
    )  # fmt: skip
    part = {**SWITCHING, "scaling_group": {}, "auto_scaling": {"enable": True, "min_instances": 1, "max_instances": 2}}
    judged = judge_files(here, {"change.sh": f"aliyun cs PUT /clusters/c1/nodepools/np1 --body {quoted(part)}\n"})
    assert (judged.rules, judged.problems) == (set(), [])
    assert "the size of pool 'np1'" not in judged.facts


@pytest.mark.parametrize(
    ("body", "fact"),
    [
        (SWITCHING, MODE.format("change.json")),
        ({**SWITCHING, "update_nodes": True}, MODE.format("change.json")),
        ({**BODY, "update_nodes": True}, "which labels pool 'trading' has"),
        ([SWITCHING], MODE.format("change.json")),
        ({"concurrency": 1, **SWITCHING, **BODY}, "which labels pool 'trading' has"),
        ({"scalingGroup": {"instanceTypes": ["ecs.g8i.8xlarge"]}, "kubernetesConfig": SWITCHING["kubernetes_config"],
          "updateNodes": True}, "which labels pool 'change.json' has"),
    ],
)  # fmt: skip
def test_a_body_that_changes_a_live_pool(here: Path, body: object, fact: str) -> None:
    judged = judge_files(here, {"change.json": body})
    assert (judged.rules - {"NP018"}, judged.problems) == (set(), [])
    assert fact in judged.facts
    told = [str(item.message) for item in judged.report.findings]
    assert not [words for words in told if "update" in words or "concurrency" in words]


@pytest.mark.parametrize(
    "body", [{"kubernetes_config": {"labels": [{"key": "team", "value": "a"}]}}, {**SWITCHING, "kind": "x"}]
)
def test_other_documents_with_such_a_section(here: Path, body: object) -> None:
    assert judge_files(here, {"s/a.json": body, "s/b.json": BODY}, "s").facts == {}


@pytest.mark.parametrize("name", ["index.ts", "main.go", "pool.py"])
def test_a_program_is_not_run(here: Path, name: str) -> None:
    text = f'pool = {{"labels": [{{"key": "{LABEL["key"]}"}}]}}\n'
    assert judge_files(here, {f"s/{name}": text}).problems == [
        f"s/{name}: this is a program, which eniplan does not run []"
    ]
    assert not judge_files(here, {f"s/{name}": text, "s/np.json": BODY}, "s").problems


def test_programs_of_a_folder_are_told_together(run: Run, tmp_path: Path) -> None:
    """They may create pools that nothing judges. Those that do not name the label are nobody's concern."""
    (tmp_path / "np.json").write_text(json.dumps(BODY))
    for name in ("Jenkinsfile", "a.go", "b.py", "c.jsonnet", "d.ps1"):
        (tmp_path / name).write_text(f"create('{LABEL['key']}')\n")
    (tmp_path / "other.py").write_text("print()\n")
    why = f"this is a program, which eniplan does not run; it names {LABEL['key']}"
    told = [line for line in run("check", ".", cwd=tmp_path).err.splitlines() if "program" in line]
    assert told == [f"skipped ./Jenkinsfile, ./a.go, ./b.py and 2 more: {why}"]
    every = run("check", ".", "--verbose", cwd=tmp_path).err
    assert f"skipped ./d.ps1: {why}\n" in every
    assert "skipped ./other.py: this is a program, which eniplan does not run\n" in every


@pytest.mark.parametrize("name", ["main.tfdeploy.hcl", "root.hcl", "terragrunt.stack.hcl"])
def test_hcl_of_another_program_is_told(here: Path, name: str) -> None:
    text = 'component "pools" {\n  source = "./pools"\n}\n'
    assert judge_files(here, {name: text}).problems == [
        f"{name}: this HCL is of another program, such as Terraform Stacks or Packer []"
    ]


NETWORKING = """\
apiVersion: network.alibabacloud.com/v1beta1
kind: PodNetworking
metadata: {name: net}
spec:
  eniOptions: {eniType: ENI}
  allocationType: {type: Fixed, releaseStrategy: TTL, releaseAfter: %s}
  selector: {podSelector: {matchLabels: {app: a}}}
  vSwitchOptions: [vsw-j]
  securityGroupIDs: [sg-pods]
"""
WITH_MANIFESTS = {
    "a pipe": "cat <<EOF | kubectl apply -f -\n%sEOF\n",
    "kubectl": "kubectl apply -f - <<'EOF'\n%sEOF\n",
    "tabs": "f() {\n\tkubectl apply -f - <<-EOF\n%s\tEOF\n}\n",
    "a file": "cat > net.yaml <<EOF\n%sEOF\nkubectl apply -f net.yaml\n",
    "a here-string": "kubectl create -f - <<< '%s'\n",
    "beside calls": f"{POST} --body '{json.dumps(BODY)}'\nkubectl apply -f - <<EOF\n%sEOF\n",
}


@pytest.mark.parametrize("script", WITH_MANIFESTS.values(), ids=WITH_MANIFESTS)
def test_a_manifest_in_a_script_is_read(here: Path, script: str) -> None:
    indent = "\t" if "<<-" in script else ""
    text = script % "".join(f"{indent}{line}\n" for line in (NETWORKING % "soon").splitlines())
    files = {"s/make.sh": text, "np.json": BODY}
    for path in ("s/make.sh", "s"):
        judged = judge_files(here, files, path, "np.json")
        assert (judged.problems, judged.rules) == ([], {"PN003"})
        place = judged.report.findings[0].place
        assert text.splitlines()[place.line - 1][place.column - 1 :].startswith("soon}")
        assert judged.report.findings[0].fix is None or judged.report.findings[0].fix.why_not


def test_a_manifest_that_a_script_deletes_is_not_read(here: Path) -> None:
    text = WITH_MANIFESTS["kubectl"].replace("apply", "delete") % (NETWORKING % "soon")
    assert judge_files(here, {"make.sh": text, "np.json": BODY}, "make.sh", "np.json").rules == set()


@pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
def test_a_manifest_in_a_job_is_read(here: Path, job: str) -> None:
    inner = (WITH_MANIFESTS["kubectl"] % (NETWORKING % "soon")).rstrip()
    spaces = next(line for line in job.splitlines() if "%s" in line).partition("%s")[0]
    text = job % inner.replace("\n", f"\n{spaces}")
    judged = judge_files(here, {"job.yml": text, "np.json": BODY}, "job.yml", "np.json")
    assert (judged.problems, judged.rules) == ([], {"PN003"})
    place = judged.report.findings[0].place
    assert text.splitlines()[place.line - 1][place.column - 1 :].startswith("soon}")


def test_a_manifest_in_the_script_of_a_runbook_is_read(here: Path) -> None:
    text = f"# Steps\n\n```bash\n{WITH_MANIFESTS['kubectl'] % (NETWORKING % 'soon')}```\n"
    judged = judge_files(here, {"run.md": text, "np.json": BODY}, "run.md", "np.json")
    assert (judged.problems, judged.rules) == ([], {"PN003"})


def test_what_a_shell_puts_into_a_manifest_is_open(here: Path) -> None:
    text = f"TYPE=soon\n{WITH_MANIFESTS['kubectl'].replace(chr(39), '')}" % (NETWORKING % "$TYPE")
    assert judge_files(here, {"a.sh": text, "np.json": BODY}, "a.sh", "np.json").rules == {"PN003"}
    for unknown in ("$OTHER", "${OTHER}", "$(other)", "a${OTHER}"):
        judged = judge_files(here, {"a.sh": text.replace("$TYPE", unknown), "np.json": BODY}, "a.sh", "np.json")
        assert (judged.problems, judged.rules) == ([], set())
        assert any("PN003" in item.rules for item in judged.report.undecided)


def test_a_manifest_of_a_script_that_is_not_yaml(here: Path) -> None:
    text = WITH_MANIFESTS["kubectl"] % "apiVersion: v1\nkind: [\n"
    judged = judge_files(here, {"a.sh": text, "np.json": BODY}, "a.sh")
    assert judged.problems == ["a.sh:3:7: not valid YAML: this bracket is never closed []"]
    judged = judge_files(here, {"s/a.sh": text, "s/np.json": BODY}, "s")
    assert (judged.problems, [what for what, _ in judged.skipped]) == ([], ["s/a.sh"])


def test_a_description_that_quotes_a_call_is_no_error(here: Path) -> None:
    text = "runbook: aliyun cs POST /clusters/c1/nodepools --body '{...}'\n"
    judged = judge_files(here, {"a.yml": text, "np.json": BODY}, ".")
    assert not judged.problems
    assert judged.skipped[0] == ("./a.yml", "not valid JSON: Expecting property name enclosed in double quotes")
    (problem,) = judge_files(here, {"a.yml": f"{text}b: {text[9:-2]} {LABEL['key']}'\n"}, ".").problems
    assert problem.startswith("./a.yml:2:")


def test_what_github_fills_in_is_open(here: Path) -> None:
    body = json.dumps(BAD).replace('"trading"', '"${{ inputs.name }}"').replace(": 3", ": ${{ inputs.size }}")
    judged = judge_files(
        here, {"job.yml": JOBS["GitHub"] % f'{POST} --body "$(cat <<EOF\n        {body}\n        EOF\n        )"'}
    )
    assert (judged.problems, judged.rules) == ([], {"ENI001"})
    assert "the size of pool '${{ inputs.name }}'" in judged.facts


def test_a_job_with_a_malformed_body_is_told_at_its_place(here: Path) -> None:
    judged = judge_files(here, {"job.yml": JOBS["GitLab"] % f"{POST} --body '{{\"a\": }}'"})
    (problem,) = judged.problems
    assert problem.startswith("job.yml:4:")


@pytest.mark.parametrize("text", ["on: push\njobs: {}\n", '{"x": {"y": 1}}'])
def test_a_file_of_another_program_is_no_plan_with_mistakes(here: Path, text: str) -> None:
    judged = judge_files(here, {"a.yml": text})
    assert judged.problems == ["a.yml:1:1: this is no plan, and no other input that eniplan reads []"]


SET = {
    "read from a file": "T=ecs.g8i.8xlarge\nsource ./env.sh\n",
    "read from a file, by the short name": "T=ecs.g8i.8xlarge\n. env.sh\n",
    "evaluated": "T=ecs.g8i.8xlarge\neval 'T=ecs.g7.2xlarge'\n",
    "exported from a file": "T=ecs.g8i.8xlarge\nexport $(grep -v ^# .env | xargs)\n",
    "printed into": "T=ecs.g8i.8xlarge\nprintf -v T %s ecs.g7.2xlarge\n",
    "asked for": 'T=ecs.g8i.8xlarge\nread -p "Which type? " T\n',
    "asked for with others": "T=ecs.g8i.8xlarge\nread -r A T B <types.txt\n",
    "default of a variable that a file may set": "source ./env.sh\nT=${T:-ecs.g8i.8xlarge}\n",
    "default of a variable that is asked for": 'read -p "Which type? " U\nT=${U:-ecs.g8i.8xlarge}\n',
}


@pytest.mark.parametrize("name", SET)
def test_what_may_set_a_variable_leaves_it_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    call = POST + " --body " + json.dumps(json.dumps(BAD).replace("ecs.g7.2xlarge", "${T}")) + "\n"
    judged = judge_files(tmp_path, {"a.sh": SET[name] + call})
    assert (judged.rules, list(judged.facts)) == (set(), ["scaling_group.instance_types of pool 'trading'"])


@pytest.mark.parametrize("before", [". ./env.sh", "eval $(ssh-agent)", "export $(xargs < .env)", "read U"])
def test_a_variable_that_is_set_afterwards_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    monkeypatch.chdir(tmp_path)
    script = f'{before}\nB={quoted(BAD)}\n{POST} --body "$B"\n'
    assert judge_files(tmp_path, {"a.sh": script}).rules == {"ENI001"}


@pytest.mark.parametrize(
    "edit",
    [
        "sed -i 's/g8i.8/g7.2/' b.json", "yq -i '.x = 1' b.json", "perl -pi -e s/a/b/ b.json", "mv new.json b.json",
        "jq .x new.json > b.json", "cp prod.json b.json", "yq e --inplace '.x = 1' b.json", "jq . < a | sponge b.json",
    ],
)  # fmt: skip
@pytest.mark.parametrize("body", ["$(cat b.json)", "file://b.json"])
def test_a_body_that_the_script_edits_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edit: str, body: str
) -> None:
    """The file of the folder is only what the script starts from."""
    monkeypatch.chdir(tmp_path)
    judged = judge_files(tmp_path, {"a.sh": f'{edit}\n{POST} --body "{body}"\n', "b.json": BODY})
    (waiting,) = judged.report.undecided
    assert {"ENI001", "NP015", "NET001"} <= set(waiting.rules)


@pytest.mark.parametrize("use", ["cp b.json old.json", "sed s/a/b/ b.json > c.json", "sed -n 1p b.json", "cat b.json"])
def test_a_body_that_the_script_only_reads_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, use: str) -> None:
    monkeypatch.chdir(tmp_path)
    judged = judge_files(tmp_path, {"a.sh": f'{use}\n{POST} --body "$(cat b.json)"\n', "b.json": BAD})
    assert (judged.rules, judged.facts) == ({"ENI001"}, {})
