"""Let Debian's Alertmanager run from any folder.

Its build reads the default templates from a folder of the system, and does not start without them; no setting
changes that. Here the path inside the program is replaced by one of the same length that leads through an open
descriptor, and a script opens the folder beside the program under that number. Needs no root and no namespace.
"""

import shutil
from pathlib import Path

FIXED = b"/usr/share/prometheus/alertmanager"
THROUGH_DESCRIPTOR = b"/proc/self/fd/9/././././././././."
WRAPPER = """\
#!/bin/sh
# The program beside this reads its templates through descriptor 9, see stack/native/relocate.py.
here=$(CDPATH='' cd "$(dirname "$0")" && pwd -P)
exec 9<"$here/{folder}"
exec "$here/{folder}/{name}" "$@"
"""


def needed(program: Path) -> bool:
    """Say whether the program has the fixed path in it."""
    return FIXED in program.read_bytes()


def place(program: Path, templates: Path, target: Path) -> None:
    """Put `program`, which reads `templates` from a fixed path, at `target` so that it reads them from there."""
    folder = target.with_name(f"{target.name}.d")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(templates, folder)
    inner = folder / target.name
    inner.write_bytes(program.read_bytes().replace(FIXED, THROUGH_DESCRIPTOR.ljust(len(FIXED), b"/")))
    inner.chmod(0o755)
    wrapper = folder / "wrapper"
    wrapper.write_text(WRAPPER.format(folder=folder.name, name=target.name))
    wrapper.chmod(0o755)
    wrapper.replace(target)  # last: the target is there only when all of it is
