"""Jobs: accepted by the API, delivered by the queue, run by a worker, and told about to who asked."""
