#!/usr/bin/env python3
"""A person at a browser, scripted: opens an address, fills in the login form, follows the redirects to the end.

    program = browser_login.write(path, ca_file, "m.sommer", password)   # for lotse-login --browser=PROGRAM
    page = Browser(ca_file).log_in(url, "m.sommer", password)            # page.url, page.status, page.text, page.headers
"""
import html.parser
import http.cookiejar
import pathlib
import shlex
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass


@dataclass
class Page:
    url: str
    status: int
    headers: object
    text: str

    def forms(self):
        """[(action, method, {name: value})], absolute addresses."""
        reader = _Forms()
        reader.feed(self.text)
        return [(urllib.parse.urljoin(self.url, action), method, fields) for action, method, fields in reader.forms]


class _Forms(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms = []

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag == "form":
            self.forms.append((a.get("action", ""), a.get("method", "get").lower(), {}))
        elif tag == "input" and self.forms and a.get("name"):
            self.forms[-1][2][a["name"]] = a.get("value") or ""


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Browser:
    def __init__(self, ca_file, follow=True, language="en"):
        self.cookies = http.cookiejar.CookieJar()
        handlers = [urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies),
                    urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(ca_file)))]
        self.opener = urllib.request.build_opener(*handlers, *([] if follow else [_Stay()]))
        self.headers = {"Accept-Language": language, "User-Agent": "lotse-tests"}

    def open(self, url, form=None):
        data = urllib.parse.urlencode(form).encode() if form is not None else None
        request = urllib.request.Request(url, data=data, headers=self.headers)
        try:
            answer = self.opener.open(request, timeout=30)
        except urllib.error.HTTPError as e:
            answer = e
        with answer:
            return Page(answer.url, answer.status, answer.headers, answer.read().decode("utf-8", "replace"))

    def log_in(self, url, username, password):
        """Opens url; a login form on the way is filled in. What comes last is the answer."""
        page = self.open(url)
        for action, method, fields in page.forms():
            if "password" in fields:
                return self.open(action, fields | {"login": username, "password": password})
        return page


def write(path, ca_file, username, password):
    """Writes a program that logs this person in at the address it gets as its last argument."""
    path = pathlib.Path(path)
    words = [sys.executable, str(pathlib.Path(__file__).resolve()), str(ca_file), username, password]
    path.write_text(f"#!/bin/sh\nexec {shlex.join(words)} \"$@\"\n")
    path.chmod(0o700)
    return path


def main():
    ca_file, username, password, url = *sys.argv[1:4], sys.argv[-1]
    page = Browser(ca_file).log_in(url, username, password)
    sys.exit(0 if page.status == 200 else f"browser: {page.status} at {page.url.split('?')[0]}")


if __name__ == "__main__":
    main()
