#!/usr/bin/env python3
"""A browser for the tests: `lotse-login --browser="python browser_stub.py CA_FILE"` gives it the address to open.

Follows redirects to the loopback listener. With LOTSE_TEST_BROWSER set to a file, writes what it saw there (JSON).
"""
import json
import os
import ssl
import sys
import urllib.error
import urllib.request


def main():
    ca, url = sys.argv[1], sys.argv[-1]
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca)))
    with opener.open(url, timeout=20) as answer:
        seen = {"url": answer.url, "status": answer.status, "headers": dict(answer.headers), "body": answer.read().decode()}
    note = os.environ.get("LOTSE_TEST_BROWSER")
    if note:
        with open(note + ".part", "w", encoding="utf-8") as f:
            json.dump(seen, f)
        os.rename(note + ".part", note)


main()
