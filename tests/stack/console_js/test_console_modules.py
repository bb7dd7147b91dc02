"""The console's pure modules, under the test runner of Node itself."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.parts import missing

HERE = Path(__file__).parent
OLDEST_NODE = 20


def _node():
    beside = Path(sys.executable).parent  # where the development lock installs one
    program = shutil.which("node", path=os.pathsep.join((str(beside), os.environ["PATH"])))
    if program is None:
        missing("node is not installed")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    if int(re.match(r"v(\d+)", version)[1]) < OLDEST_NODE:
        missing(f"node is {version.strip()}, the tests need {OLDEST_NODE}")
    return program


def test_modules_pass_their_own_tests():
    files = sorted(map(str, HERE.glob("*.test.mjs")))
    result = subprocess.run([_node(), "--test", *files], capture_output=True, text=True, check=False, timeout=110)
    assert result.returncode == 0, result.stdout + result.stderr
