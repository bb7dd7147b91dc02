"""`doctor`: what stands in the way, and what to do."""

import typer

from stack.cli.output import err, escape, out
from stack.native.diagnosis import Finding, examine
from stack.paths import Home

MARKS = {"fine": "[green]✓[/]", "note": "[yellow]·[/]", "wrong": "[red]✗[/]"}


def doctor() -> None:
    """Check disk, memory, ports, programs, packages, GPU, clock and reachability, and say what to do."""
    findings: list[Finding] = []
    with err.status("Looking"):
        findings.extend(examine(Home.default()))
    for finding in findings:
        out.print(f" {MARKS[finding.verdict]} {finding.subject:<10}{escape(finding.fact)}")
        if finding.cure:
            out.print(f"             [dim]→ {escape(finding.cure)}[/]")
    if any(finding.verdict == "wrong" for finding in findings):
        raise typer.Exit(1)
