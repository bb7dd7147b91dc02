"""A worker's parts in this process, as in the tests of jobs."""

from tests.app.jobs.conftest import files, keeper, runner, runner_of, submit

__all__ = ["files", "keeper", "runner", "runner_of", "submit"]
