"""A workflow of a store, run as GitHub runs it: each job on a machine of its own, in bash.

Of the actions it knows those that a store's workflows use, and of expressions comparisons, `&&` and
`||`. What it does not know is an error.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from support.checkout import git

_EXPRESSION = re.compile(r"\$\{\{ (.+?) \}\}")
_COMPARISON = re.compile(r"(\S+) (==|!=) '(.*)'")


@dataclass
class Runner:
    """GitHub, for one run of a workflow.

    `checked_out` prepares what a job has checked out, of which `commit` is the main branch's newest
    where it is empty. `variables` are in every step's environment, `contexts` are the values of
    expressions.
    """

    remote: Path
    folder: Path
    checked_out: Callable[[Path], None]
    variables: Mapping[str, str]
    contexts: Mapping[str, str]
    ran: list[str] = field(default_factory=list)
    log: str = ""
    passed: bool = True
    commit: str = ""

    def concurrency(self, workflow: Path) -> tuple[str, bool]:
        """Return a run's group, and whether it cancels the one that is under way there."""
        declared = yaml.safe_load(workflow.read_text("utf-8"))["concurrency"]
        cancels = self._value(str(declared["cancel-in-progress"]), {})
        return self._value(declared["group"], {}), cancels == "true"

    def run(self, workflow: Path) -> None:
        """Run the jobs in turn; a failed one ends it."""
        for name, job in yaml.safe_load(workflow.read_text("utf-8"))["jobs"].items():
            if self.passed and self._is_true(job.get("if"), {}):
                self.ran.append(name)
                self.passed = self._run_job(name, job)

    def _run_job(self, name: str, job: Mapping[str, Any]) -> bool:
        machine = self.folder / f"machine-{len(list(self.folder.glob('machine-*')))}"
        workspace = machine / "workspace"
        for folder in (workspace, machine / "temp", machine / "home"):
            folder.mkdir(parents=True)
        known = {"runner.temp": str(machine / "temp")}
        variables = self._values(job.get("env", {}), known)
        known |= {f"env.{key}": value for key, value in variables.items()}
        for step in job["steps"]:
            if not self._is_true(step.get("if"), known):
                continue
            if "uses" in step:
                with_ = self._values(step.get("with", {}), known)
                self._use(step["uses"].partition("@")[0], with_, workspace)
                continue
            code, outputs = self._bash(
                self._value(step["run"], known),
                {**variables, **self._values(step.get("env", {}), known)},
                workspace,
            )
            known |= {f"steps.{step.get('id')}.outputs.{k}": v for k, v in outputs.items()}
            if code:
                return False
        outputs = self._values(job.get("outputs", {}), known)
        self.contexts = {
            **self.contexts,
            **{f"needs.{name}.outputs.{key}": value for key, value in outputs.items()},
        }
        return True

    def _use(self, action: str, given: Mapping[str, str], workspace: Path) -> None:
        """Do what an action does."""
        artifact = self.folder / "artifact"
        if action == "actions/checkout":
            assert given.items() <= {"fetch-depth": "0", "persist-credentials": "False"}.items()
            assert "persist-credentials" in given
            git("clone", "-q", str(self.remote), str(workspace), cwd=self.folder)
            if self.commit:
                git("checkout", "-q", self.commit, cwd=workspace)
            self.checked_out(workspace)
        elif action == "actions/upload-artifact":
            shutil.rmtree(artifact, ignore_errors=True)
            shutil.copytree(given["path"], artifact)
        elif action == "actions/download-artifact":
            shutil.copytree(artifact, given["path"])
        else:
            assert action in {"actions/setup-python", "actions/setup-node"}, action

    def _bash(
        self, script: str, variables: Mapping[str, str], workspace: Path
    ) -> tuple[int, dict[str, str]]:
        """Run a step's script; return its exit code and its outputs."""
        file, outputs = workspace.with_name("script"), workspace.with_name("outputs")
        file.write_text(script)
        outputs.touch()
        done = subprocess.run(
            ["bash", "-e", file],
            cwd=workspace,
            env={
                **{name: os.environ[name] for name in ("LANG", "TMPDIR") if name in os.environ},
                "HOME": str(workspace.with_name("home")),
                "GITHUB_OUTPUT": str(outputs),
                "GITHUB_WORKSPACE": str(workspace),
                "RUNNER_TEMP": str(workspace.with_name("temp")),
                **self.variables,
                **variables,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        self.log += done.stdout
        pairs = (line.partition("=") for line in outputs.read_text().splitlines())
        return done.returncode, {name: value for name, _, value in pairs}

    def _values(self, given: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, str]:
        return {name: self._value(str(text), known) for name, text in given.items()}

    def _value(self, text: str, known: Mapping[str, str]) -> str:
        return _EXPRESSION.sub(lambda found: self._evaluated(found[1], known), text)

    def _is_true(self, condition: str | None, known: Mapping[str, str]) -> bool:
        return condition is None or self._evaluated(condition, known) == "true"

    def _evaluated(self, expression: str, known: Mapping[str, str]) -> str:
        value = ""
        for alternative in expression.split(" || "):
            for operand in alternative.split(" && "):
                value = self._operand(operand, known)
                if value in {"", "false"}:
                    break
            else:
                return value
        return value

    def _operand(self, name: str, known: Mapping[str, str]) -> str:
        if compared := _COMPARISON.fullmatch(name):
            left, operator, right = compared.groups()
            return str((self._operand(left, known) == right) is (operator == "==")).lower()
        found = {**self.contexts, **known}.get(name, "")
        empty = ("steps.", "needs.", "inputs.", "secrets.", "vars.", "github.event.")
        assert found or name.startswith(empty), name
        return found
