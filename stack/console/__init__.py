"""The web page of the stack: dashboards, traces, alerts and runbooks, behind one sign-in link.

`python -m stack.console` serves it, and with PLAINVIEW_TRACESTORE=on the trace store in the same process.
"""
