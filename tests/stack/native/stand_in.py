"""A small part for the supervisor's tests: answers HTTP, says what it does, and misbehaves when asked to."""

import argparse
import http.server
import os
import signal
import socket
import subprocess
import sys
import threading
import time


class Handler(http.server.BaseHTTPRequestHandler):
    ready_at = 0.0

    def do_GET(self):
        self.send_response(200 if time.monotonic() >= self.ready_at else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int)
    parser.add_argument("--fail", type=int, help="end at once with this code")
    parser.add_argument("--fail-after-ready", help="end with that code, else 3, as soon as this file exists")
    parser.add_argument("--ready-after", type=float, default=0.0)
    parser.add_argument("--ignore-term", action="store_true")
    parser.add_argument("--grandchild", help="start a process of its own and write its pid here")
    parser.add_argument("--pid-file")
    parser.add_argument("--journal", help="append the name and what happens to this file")
    parser.add_argument("--name", default="stand-in")
    options = parser.parse_args()

    def note(what):
        if options.journal:
            with open(options.journal, "a") as journal:  # noqa: PTH123
                journal.write(f"{options.name} {what}\n")

    def stop(*_):
        note("stopped")
        os._exit(0)

    signal.signal(signal.SIGTERM, signal.SIG_IGN if options.ignore_term else stop)
    note("started")
    print("stand-in says hello", flush=True)  # noqa: T201
    if options.pid_file:
        with open(options.pid_file, "w") as file:  # noqa: PTH123
            file.write(str(os.getpid()))
    if options.grandchild:
        child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"])
        with open(options.grandchild, "w") as file:  # noqa: PTH123
            file.write(str(child.pid))
    if options.fail is not None and not options.fail_after_ready:
        print("RuntimeError: the model file is missing", file=sys.stderr, flush=True)  # noqa: T201
        sys.exit(options.fail)
    if options.fail_after_ready:
        threading.Thread(target=watch, args=(options.fail_after_ready, options.fail or 3), daemon=True).start()
    if options.port is None:
        return
    Handler.ready_at = time.monotonic() + options.ready_after
    http.server.ThreadingHTTPServer.address_family = socket.AF_INET
    http.server.ThreadingHTTPServer(("127.0.0.1", options.port), Handler).serve_forever()


def watch(path, code):
    while not os.path.exists(path):  # noqa: PTH110
        time.sleep(0.02)
    os.unlink(path)  # noqa: PTH108
    os._exit(code)


if __name__ == "__main__":
    main()
