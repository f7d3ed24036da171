"""What docs/try.md says works as it stands there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import yaml

from tests.harness import REPO, clean_env, run_process
from tests.loopback import Fault, cs

if TYPE_CHECKING:
    from pathlib import Path

SECTION = re.compile(r"^# Try it without an account\n(.*)", re.DOTALL)
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_the_commands_of_the_readme(tmp_path: Path) -> None:
    section = SECTION.search((REPO / "docs" / "try.md").read_text("utf-8"))
    assert section is not None
    serve, use, verify = SHELL.findall(section[1])
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    # Started as it stands there, but on a free port, and with tasks that do not keep the tests waiting.
    state = tmp_path / "state.yaml"
    sample = (REPO / "tests" / "loopback" / "sample.yaml").read_text("utf-8")
    state.write_text(sample.replace("taskScript: [running, running, success]", "taskScript: [success]"), "utf-8")
    server = shlex.split(serve.replace(".venv/bin/python", sys.executable).replace("8080", port))
    env = clean_env(tmp_path)
    with subprocess.Popen([*server, "--state", state], cwd=REPO, env=env, stdout=subprocess.PIPE, text=True) as cloud:
        assert cloud.stdout is not None
        assert f"http://127.0.0.1:{port}" in cloud.stdout.readline()
        folder = tmp_path / "checkout"
        (folder / "tests" / "loopback").mkdir(parents=True)
        shutil.copy(REPO / "tests" / "loopback" / "plan.yaml", folder / "tests" / "loopback")
        program = tmp_path / "eniplan"
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m eniplan "$@"\n', "utf-8")
        program.chmod(0o755)
        env["PATH"] = f"{tmp_path}{os.pathsep}{env['PATH']}"
        done = run_process(["/bin/sh", "-euc", use.replace("8080", port) + verify], cwd=folder, env=env)
        cloud.terminate()
    assert done.code == 0, done.err
    assert "0 errors, 0 warnings" in done.err
    assert "as requested: " in done.err
    assert "nothing to do" in done.err
    assert len(re.findall("^np[a-z0-9]{32}$", done.out, re.MULTILINE)) == 1  # the second is in the variable
    assert "pool trading: 3 of 3 nodes Ready, aliyun/eni 21 of 21, 3 of 3 pods with a bound PodENI\n" in done.out


def test_the_fault_of_the_readme_is_one_that_there_is() -> None:
    section = SECTION.search((REPO / "docs" / "try.md").read_text("utf-8"))
    assert section is not None
    (stated,) = re.findall(r"`(faults: .*?)`", section[1])
    faults = [Fault.from_map(row) for row in yaml.safe_load(stated)["faults"]]
    assert [fault.action in cs.OPERATIONS for fault in faults] == [True]
