"""GitHub: whether the store is pushed, and the secrets that its workflows need.

git and GitHub's `gh` command talk to it, with the access that they have on this machine. What they
cannot see is for a person to look at.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from tools import additions
from tools.repository import VERCEL, Repository

from luma.live.engine import After, Fields, Known, Resource, Step, UnclearError, Vendor
from luma.problems import LumaError

PATIENCE_SECONDS = 60
SITE = "https://github.com"
UPDATES = ".github/workflows/template-update.yml"
FROM_VERCEL = {
    "VERCEL_ORG_ID": "Vercel, the team's Settings, General: the Team ID",
    "VERCEL_PROJECT_ID": "Vercel, the project's Settings, General",
    "VERCEL_TOKEN": "Vercel, Account Settings, Tokens: one for the team",
}
FOR_UPDATES = "TEMPLATE_UPDATE_TOKEN"
OPTIONAL = {"TEMPLATE_READ_TOKEN", FOR_UPDATES}
"""What workflows read if it is there."""
PASSED_ON = {
    "PATH", "HOME", "USER", "LANG", "TMPDIR", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR",
    "SSH_AUTH_SOCK", "GIT_SSH_COMMAND", "DBUS_SESSION_BUS_ADDRESS", "GH_CONFIG_DIR", "GH_TOKEN",
    "GITHUB_TOKEN", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE",
    "GIT_SSL_CAINFO", "SYSTEMROOT", "APPDATA", "LOCALAPPDATA", "USERPROFILE",
}  # fmt: skip
"""What git and gh get of the environment, which also has the tokens of other vendors."""
ASKING_NOTHING = {
    "GIT_TERMINAL_PROMPT": "0",
    "GH_PROMPT_DISABLED": "1",
    "GH_NO_UPDATE_NOTIFIER": "1",
}


class Program:
    """git or gh, run in the store's folder."""

    def __init__(self, name: str, folder: Path) -> None:
        self._name = name
        self._folder = folder

    def run(self, *arguments: str, said: str = "") -> tuple[str | None, str]:
        """Return what it prints, None where it fails or is not there; and what it complains of."""
        passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        try:
            done = subprocess.run(
                [self._name, *arguments],
                cwd=self._folder,
                env=passed_on | ASKING_NOTHING,
                input=said,
                capture_output=True,
                text=True,
                timeout=PATIENCE_SECONDS,
                # Without a terminal ssh asks for no passphrase.
                start_new_session=True,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return None, f"{type(error).__name__} of {self._name}"
        return None if done.returncode else done.stdout, " ".join(done.stderr.split())


class Branch(Resource):
    """The default branch at GitHub, which only a person pushes to."""

    def __init__(self, repository: str, folder: Path) -> None:
        self.title = f"default branch of {repository}"
        self._repository = repository
        self._folder = folder
        self._git = Program("git", folder)

    def forget(self) -> None:
        """Read everything again from now on."""
        self.__dict__.pop("_commits", None)

    def wanted(self) -> Fields:
        """Return the commit of this folder's branch."""
        here, _, _ = self._commits
        return {"commit": here}

    def found(self) -> Fields | None:
        """Return GitHub's commit; None where it shows none."""
        _, there, _ = self._commits
        return {"commit": there} if there else None

    def waits_for(self) -> Step | None:
        """Wait for a person to push."""
        _, there, command = self._commits
        if there:
            text = f"GitHub and this folder have different commits. Run `{command}`:"
            return Step(text, f"{SITE}/{self._repository}")
        owner, _, name = self._repository.partition("/")
        text = (
            f"GitHub shows git no commit of {self._repository}. Create it empty where it is not "
            f"there, and run `{command}`:"
        )
        return Step(text, f"{SITE}/new?owner={owner}&name={name}")

    def write(self) -> None:
        """Refuse it.

        Raises:
            LumaError: always.

        """
        raise LumaError(f"The {self.title} is for a person to push to.")

    @cached_property
    def _commits(self) -> tuple[str, str, str]:
        """Return the commit here, the one at GitHub, and the command that makes them equal."""
        address = f"git@github.com:{self._repository}.git"
        push = "git push -u origin main"
        here = self._commit("HEAD")
        if not here or not (self._folder / ".git").exists():
            begin = 'git init -b main && git add -A && git commit -m "Start the store"'
            return "none", "", f"{begin} && git remote add origin {address} && {push}"
        origin = self._printed("config", "remote.origin.url")
        if not re.search(rf"[/:]{re.escape(self._repository)}(\.git)?/?$", origin, re.IGNORECASE):
            verb = "set-url" if origin else "add"
            return here, "", f"git remote {verb} origin {address} && {push}"
        listed = self._printed("ls-remote", "--symref", "origin", "HEAD")
        head = re.search(r"ref: refs/heads/(\S+)\tHEAD\n(\w+)\tHEAD", listed)
        if head is None:
            return here, "", push
        branch, there = head.groups()
        here = self._commit(f"refs/heads/{branch}") or here
        push = f"git push origin {branch}"
        is_behind, _ = self._git.run("merge-base", "--is-ancestor", there, here)
        if is_behind is None:
            push = f"git pull --rebase origin {branch} && {push}"
        return here, there, push

    def _commit(self, name: str) -> str:
        return self._printed("rev-parse", "--verify", "--quiet", name)

    def _printed(self, *arguments: str) -> str:
        printed, _ = self._git.run(*arguments)
        return (printed or "").strip()


class Gh:
    """The secrets of a repository's workflows, seen and set by `gh`."""

    def __init__(self, repository: Repository, *, read_only: bool) -> None:
        self.repository: str = repository.answers["repository"]
        self.page = f"{SITE}/{self.repository}/settings/secrets/actions"
        self._gh = Program("gh", repository.root)
        self._read_only = read_only

    def forget(self) -> None:
        """Read everything again from now on."""
        self.__dict__.pop("secrets", None)

    @cached_property
    def secrets(self) -> set[str] | None:
        """Return the names of the secrets; None where gh cannot say."""
        printed, _ = self._gh.run("secret", "list", "--repo", self.repository)
        return None if printed is None else {line.split()[0] for line in printed.splitlines()}

    def set(self, name: str, value: str) -> None:
        """Set a secret. Its value goes to gh's input: arguments are seen by other processes.

        Raises:
            UnclearError: it may have been set.
            LumaError: GitHub refused it, or this only reads.

        """
        if self._read_only:
            raise LumaError(f"This only reads: {name} was not set at GitHub.")
        printed, complaint = self._gh.run(
            "secret", "set", name, "--repo", self.repository, said=value
        )
        if printed is None:
            kind = LumaError if re.search("HTTP 4", complaint) else UnclearError
            raise kind(f"gh did not set {name}: {complaint.replace(value, '***').rstrip('.')}.")


class Secret(Resource):
    """A secret of the workflows, whose value nobody can read back."""

    def __init__(self, gh: Gh, name: str, detail: str, known: Known) -> None:
        self.name = name
        self.title = f"secret {name}"
        self._gh = gh
        self._detail = detail
        self._known = known

    @property
    def _value(self) -> str:
        return self._known.value(self.name).strip()

    def wanted(self) -> Fields:
        """Return that it is set."""
        return {"state": "set"}

    def found(self) -> Fields | None:
        """Return whether it is set."""
        held = self._gh.secrets
        # Where nobody can say, it is not for this command to ask for it again and again.
        return self.wanted() if held is None or self.name in held else None

    def waits_for(self) -> Step | After | None:
        """Wait for a value that only a person or Vercel knows."""
        if self._value:
            return None
        text = f"Set {self.name} for this command, or at GitHub ({self._detail}):"
        return self._known.waits_for(self.name) or Step(text, self._gh.page)

    def write(self) -> None:
        """Set it."""
        self._gh.set(self.name, self._value)


class GitHub(Vendor):
    """The repository that the other vendors build."""

    name = "GitHub"

    def __init__(self, repository: str, branch: Branch) -> None:
        self.account = f"repository {repository}"
        self._branch = branch
        self.resources = [branch]

    def forget(self) -> None:
        """Read everything again from now on."""
        self._branch.forget()

    def undeclared(self) -> Iterator[str]:
        """Return nothing: what else is in the repository is the team's."""
        return iter(())


class Secrets(Vendor):
    """What the store's workflows need, some of which Vercel says."""

    name = "GitHub Actions"

    def __init__(self, gh: Gh, needed: Mapping[str, str], known: Known) -> None:
        self.account = f"repository {gh.repository}"
        self._gh = gh
        self._needed = needed
        self.resources = [Secret(gh, name, detail, known) for name, detail in needed.items()]

    def forget(self) -> None:
        """Read everything again from now on."""
        self._gh.forget()

    def undeclared(self) -> Iterator[str]:
        """Return the secrets that no workflow of the template reads."""
        for name in sorted((self._gh.secrets or set()) - {*self._needed} - OPTIONAL):
            yield f"secret {name}"

    def unreadable(self) -> Iterator[str]:
        """Return the secrets that are set; those that are needed where gh does not list any."""
        for name in self._needed:
            if self._gh.secrets is None:
                yield f"whether the secret {name} is set: gh does not list them (gh auth login)"
            elif name in self._gh.secrets:
                yield f"value of secret {name}"


def connect(repository: Repository, _known: Known, *, read_only: bool) -> GitHub:  # noqa: ARG001 - it never writes
    """Return the repository's branch."""
    name = repository.answers["repository"]
    return GitHub(name, Branch(name, repository.root))


def connect_secrets(repository: Repository, known: Known, *, read_only: bool) -> Secrets:
    """Return the secrets that the store's workflows need.

    `known` grows while other vendors are set up; what it lacks is taken from the environment.
    """
    needed: dict[str, str] = {}
    if repository.own(VERCEL).get(additions.DEPLOY_FROM_CI):
        needed |= FROM_VERCEL
    if repository.exists(UPDATES) and os.environ.get(FOR_UPDATES):
        needed[FOR_UPDATES] = UPDATES
    return Secrets(Gh(repository, read_only=read_only), needed, known)
