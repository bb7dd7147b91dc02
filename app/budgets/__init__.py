"""Budgets: what a day and a month may cost, for the service and for each customer; told of, or refused beyond."""
