"""What a job will take, before it runs: from what jobs like it took, with an interval that says how sure that is."""
