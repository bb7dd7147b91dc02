"""What stands before the routes: which names and origins are answered, and what browsers may do with an answer."""
