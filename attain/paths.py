"""The files and folders that settings name, whatever was written there: a path nobody has is a file nobody has.

Paths are relative to the configuration file; `~` is the home folder.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def placed(base_dir: Path, written: str) -> Path:
    """The path that was written. The `~name` of nobody on this machine stays as it is."""
    path = Path(written)
    with suppress(RuntimeError):
        path = path.expanduser()
    return base_dir / path


def is_file(path: Path) -> bool:
    """Whether it is a file, as far as we may look: not where its name is too long, or its folder is closed to us."""
    try:
        return path.is_file()
    except OSError:
        return False


def matching(base_dir: Path, pattern: str) -> list[Path]:
    """The files a pattern such as `plans/*.toml` means, in order; none for an empty one, or one that is no pattern."""
    path = placed(base_dir, pattern)
    start = base_dir if path.is_relative_to(base_dir) else Path(path.anchor)  # a name above may hold a [ or a *
    try:
        return sorted(found for found in start.glob(str(path.relative_to(start))) if is_file(found)) if pattern else []
    except (ValueError, IndexError, NotImplementedError, OSError):  # as Path.glob calls what it cannot read
        return []
