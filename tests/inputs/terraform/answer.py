"""Write the values that `terraform console` prints for the expressions next to this file, as JSON; null if refused."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
REFUSED = "terraform refuses it"


def expressions() -> list[str]:
    """Return the expressions in the table."""
    lines = (HERE / "expressions.txt").read_text(encoding="utf-8").splitlines()
    return [_with_breaks(line) for line in lines if line and not line.startswith("#")]


def _with_breaks(line: str) -> str:
    """Return an expression with its line breaks; inside quotes, a backslash belongs to HCL."""
    if line.startswith(("<<", '"${<<', "[\\n", "{\\n")):
        return line.replace("\\n", "\n").replace("\\\n", "\\n")
    return line


def answers(asked: list[str]) -> list[str | None]:
    """Return Terraform's values as JSON, from one run."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "main.tf").write_text((HERE / "preamble.tf").read_text(encoding="utf-8"), encoding="utf-8")
        lines = [f"  e{i} = try(jsonencode({text}), {json.dumps(REFUSED)})\n" for i, text in enumerate(asked)]
        (Path(folder) / "asked.tf").write_text("locals {\n" + "".join(lines) + "}\n", encoding="utf-8")
        command = ["terraform", "console"]
        environment = {**os.environ, "TF_CLI_CONFIG_FILE": "", "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
        everything = f"jsonencode([{', '.join(f'local.e{i}' for i in range(len(asked)))}])\n"
        done = subprocess.run(
            command, input=everything, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode or not done.stdout.startswith('"'):
            message = f"terraform does not answer: {done.stderr}{done.stdout}"
            raise RuntimeError(message)
        found: list[str] = json.loads(json.loads(done.stdout))
        return [None if text == REFUSED else text for text in found]


if __name__ == "__main__":
    table = dict(zip(asked := expressions(), answers(asked), strict=True))
    (HERE / "answers.json").write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
