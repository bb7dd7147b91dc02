"""`python -m stack`: the same as `plainview`."""

from stack.cli import main

main()
