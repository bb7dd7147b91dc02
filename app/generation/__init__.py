"""What turns a picture, speech and a prompt into a video: the protocol, its loader, the input checks and the default."""

from app.generation.generator import Cancelled, Generated, Generator, JobContext
from app.generation.loading import GeneratorUnusableError, load

__all__ = ["Cancelled", "Generated", "Generator", "GeneratorUnusableError", "JobContext", "load"]
