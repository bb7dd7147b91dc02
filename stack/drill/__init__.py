"""Drills: cause a real fault in an isolated copy of the stack and watch its alert arrive and resolve."""
