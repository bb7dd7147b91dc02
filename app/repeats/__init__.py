"""What was asked before: identical generations share one result, and a key of the client's makes a submit safe to repeat.

The database and the stored result are the truth, so there is no cache beside them that could be away or out of date.
"""
