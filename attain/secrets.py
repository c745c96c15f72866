"""Secrets: where they are taken from, and how they are kept out of everything that is shown.

In the configuration file a secret may be written `env:NAME` or `file:PATH` (relative to that file), or as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qsl, quote, quote_plus, unquote

from attain.paths import placed
from problems import Problem

HIDDEN = "[hidden]"
_SHORTEST = 4
"""Shorter values are no secrets, and hiding them would eat ordinary words."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a secret's setting stands, for problems; `field` is the setting, `base_dir` what paths are relative to."""

    where: str
    field: str
    base_dir: Path


def resolve(text: str, place: Place, environ: Mapping[str, str]) -> str | Problem:
    """The secret that `text` means: a variable's value, a file's content, or the text itself."""
    kind, _, name = text.partition(":")
    if kind == "file":
        return from_file(name, place.base_dir, where=place.where, field=place.field)
    if kind == "env":
        return environ.get(name) or Problem(
            place.where,
            place.field,
            f"the environment variable {name} is not set." if name not in environ else f"{name} is empty.",
            f"Set {name} for the process that runs Attain.",
        )
    return text


def from_file(name: str, base_dir: Path, *, where: str, field: str) -> str | Problem:
    """The content of a secret's file without the line end after it, or the problem that keeps it from being read."""
    path = placed(base_dir, name)
    try:
        text = path.read_text(encoding="utf-8").rstrip("\r\n")
    except FileNotFoundError:
        return Problem(where, field, f"there is no file {path}.", "Create it with the secret as its content.")
    except OSError as error:
        return Problem(where, field, f"{path} cannot be read: {error.strerror}.", "Let Attain's user read the file.")
    except UnicodeDecodeError:
        return Problem(where, field, f"{path} is not text.", "Save the secret as UTF-8 text.")
    except ValueError:
        return Problem(where, field, f"{str(path)!r} is no path.", "Correct the path of the file.")
    return text or Problem(where, field, f"{path} is empty.", "Write the secret into it.")


def forms_of(secret: str) -> set[str]:
    """What of a secret must not be shown: itself, as it stands in a URL, the password in it where it is a URL, and
    the lines of a key."""
    forms = {secret, quote(secret, safe=""), quote_plus(secret)}
    if "://" in secret:
        password = secret.partition("://")[2].rpartition("@")[0].partition(":")[2]
        forms |= {password, unquote(password)}
        forms |= {value for name, value in parse_qsl(secret.partition("?")[2]) if "password" in name}
    lines = [line.strip() for line in secret.splitlines()]
    forms |= {line for line in lines if len(line) >= _SHORTEST and not line.startswith("-----")}
    return {form for form in forms if len(form) >= _SHORTEST}


def scrubbed(text: str, secrets: Collection[str]) -> str:
    """`text` with every secret in it replaced."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, HIDDEN)
    return text


def scrubbed_problem(problem: Problem, secrets: Collection[str]) -> Problem:
    """The problem without any secret in what it says."""
    return replace(problem, message=scrubbed(problem.message, secrets), hint=scrubbed(problem.hint, secrets))
