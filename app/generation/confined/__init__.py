"""What customers send, read in a process of its own with bounds that hold.

Parsers and decoders of media are C code that a crafted file may hang, crash or fill with memory. They run in a child that
the system ends at its bounds of memory and CPU time, and this side at a bound of time; the file is refused then, and
nothing else notices. `check` reads headers and packets before a job is accepted, `decode` reads everything before a
generator does.
"""

from app.generation.confined.bounds import CHECK, DECODE, Bounds
from app.generation.confined.examiner import ExaminationFailedError, Examiner, examining

__all__ = ["CHECK", "DECODE", "Bounds", "ExaminationFailedError", "Examiner", "examining"]
