"""Is the service all right? Each part asked on its own, all at once, each within its time."""
