"""Links to results that need no key, for a while: to hand to a browser, a player or somebody else."""
