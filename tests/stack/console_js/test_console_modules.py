"""The console's pure modules, under the test runner of Node itself."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
OLDEST_NODE = 20


def _node():
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    if int(re.match(r"v(\d+)", version)[1]) < OLDEST_NODE:
        pytest.skip(f"node is {version.strip()}, the tests need {OLDEST_NODE}")
    return program


def test_modules_pass_their_own_tests():
    files = sorted(map(str, HERE.glob("*.test.mjs")))
    result = subprocess.run([_node(), "--test", *files], capture_output=True, text=True, check=False, timeout=110)
    assert result.returncode == 0, result.stdout + result.stderr
