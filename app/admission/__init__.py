"""Who may queue a job, and whose job comes next: a bounded queue, shared fairly by weight (start-time fair queueing).

See docs/QUEUE.md.
"""
