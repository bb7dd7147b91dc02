"""Trees of the service to run nodes from: an older one, and one that is ahead of this by a migration."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.database.schema import REVISION
from tests.app.processes import ROOT

_AHEAD = f"{REVISION[0]}900"
_MIGRATION = f'''"""What a release may add: a column that many rows get at once, and a table."""

import sqlalchemy as sa
from alembic import op

revision = "{_AHEAD}"
down_revision = "{REVISION}"


def upgrade() -> None:
    op.add_column("job", sa.Column("mood", sa.String(16), nullable=False, server_default="calm"))
    op.create_table("moods", sa.Column("name", sa.String(16), primary_key=True))


def downgrade() -> None:
    op.drop_table("moods")
    op.drop_column("job", "mood")
'''


@dataclass(frozen=True)
class Version:
    """A version of the service: what it is called here, and where its code is."""

    name: str
    root: Path

    def run(self, command: str, environment: Mapping[str, str]) -> str:
        """Run a step such as `migrate` to its end and return what it says."""
        done = subprocess.run(
            [sys.executable, "-m", "app", command],
            cwd=self.root,
            env={**os.environ, **environment, "PYTHONPATH": str(self.root)},
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if done.returncode:
            raise RuntimeError(f"{command} of the {self.name} version: {done.stdout}{done.stderr}")
        return done.stdout.strip()


def older(revision: str, folder: Path) -> Version:
    """Unpack a revision of this repository."""
    archive = subprocess.run(["git", "archive", revision], cwd=ROOT, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    return Version("old", folder)


def this() -> Version:
    """Return the version that is checked out here, with what is not committed."""
    return Version("new", ROOT)


def ahead(folder: Path) -> Version:
    """Copy what is checked out here and add a migration, which a release may or may not bring."""
    for name in ("app", "telemetry", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / f"app/migrations/versions/{_AHEAD}_rehearsed.py").write_text(_MIGRATION, encoding="utf-8")
    schema = folder / "app/database/schema.py"
    text = schema.read_text(encoding="utf-8")
    schema.write_text(re.sub(r'REVISION: Final = "\d+"', f'REVISION: Final = "{_AHEAD}"', text), encoding="utf-8")
    return Version("new", folder)
