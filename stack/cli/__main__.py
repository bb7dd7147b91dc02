"""`python -m stack.cli`: the same as `plainview`."""

from stack.cli import main

main()
