"""Where the stack keeps its files."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PROJECT = Path(__file__).resolve().parent.parent
PRIVATE = 0o700


class HomeUnusable(OSError):  # noqa: N818 - reads as what happened
    """The home folder cannot be made or written."""

    def __init__(self, root: Path, reason: str) -> None:
        super().__init__(
            f"cannot write to {root}: {reason}; free the disk, fix its owner, or set PLAINVIEW_HOME to another folder"
        )
        self.root = root
        self.reason = reason


@dataclass(frozen=True)
class Home:
    """The folder that holds all that the native stack makes; removing it removes all of it."""

    root: Path

    @classmethod
    def default(cls) -> Self:
        """Return the folder named by PLAINVIEW_HOME, else `.plainview` in the project."""
        chosen = os.environ.get("PLAINVIEW_HOME")
        return cls(Path(chosen).expanduser().resolve() if chosen else PROJECT / ".plainview")

    @property
    def venv(self) -> Path:
        return self.root / "venv"

    @property
    def bin(self) -> Path:
        return self.root / "bin"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def config(self) -> Path:
        return self.root / "config"

    def create(self) -> Self:
        """Make the folders, `secrets` and `data` for the owner only, and prove that they can be written.

        Raises HomeUnusable with the reason otherwise.
        """
        try:
            for folder in (self.root, self.bin, self.run, self.logs, self.data, self.secrets, self.config):
                folder.mkdir(parents=True, exist_ok=True)
            for folder in (self.data, self.secrets):
                folder.chmod(PRIVATE)
            probe = self.run / f".probe-{os.getpid()}"
            probe.write_bytes(b"\0" * 4096)
            probe.unlink()
        except OSError as error:
            raise HomeUnusable(self.root, error.strerror or str(error)) from error
        return self
