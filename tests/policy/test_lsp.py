"""lotse-policy lsp: the language server, spoken to by hand and by a real editor (Neovim, headless)."""
import json
import os
import subprocess

import pytest

from tests.lib.tools import ours


class Client:
    """Messages to the server and back; notifications are kept."""

    def __init__(self, folder, *arguments):
        self.folder, self.number, self.notes = folder, 0, []
        self.process = subprocess.Popen([ours("lotse-policy"), "lsp", *arguments], cwd=folder, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def send(self, message):
        data = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        self.process.stdin.flush()

    def receive(self):
        length = 0
        while (line := self.process.stdout.readline().strip()):
            name, value = line.split(b":")
            length = int(value) if name == b"Content-Length" else length
        return json.loads(self.process.stdout.read(length)) if length else None

    def notify(self, method, **params):
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def ask(self, method, **params):
        self.number += 1
        self.send({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params})
        while (answer := self.receive()) and answer.get("id") != self.number:
            self.notes.append(answer)
        return answer

    def uri(self, name="policy.yaml"):
        return (self.folder / name).as_uri()

    def open(self, text=None, name="policy.yaml"):
        text = (self.folder / name).read_text() if text is None else text
        self.notify("textDocument/didOpen", textDocument={"uri": self.uri(name), "languageId": "yaml", "version": 1, "text": text})
        return self.receive()["params"]

    def change(self, text, name="policy.yaml"):
        self.notify("textDocument/didChange", textDocument={"uri": self.uri(name), "version": 2}, contentChanges=[{"text": text}])
        return self.receive()["params"]

    def at(self, method, text, needle, into=0, name="policy.yaml"):
        """A question about the place where needle stands in text."""
        line, row = next((line, i) for i, line in enumerate(text.splitlines()) if needle in line)
        units = len(line[:line.index(needle) + into].encode("utf-16-le")) // 2
        return self.ask(f"textDocument/{method}", textDocument={"uri": self.uri(name)}, position={"line": row, "character": units})

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.stderr.close()
        return self.process.wait(10)


@pytest.fixture
def client(policy):
    c = Client(policy.folder, "--directory", "directory.json", "--objects", "objects", "--site", "fra")
    assert c.ask("initialize", capabilities={}, processId=None, rootUri=None)["result"]["capabilities"]["hoverProvider"] is True
    c.notify("initialized")
    yield c
    c.process.kill()
    c.close()


def errors(published):
    return [d for d in published["diagnostics"] if d["severity"] == 1]


def labels(answer):
    return [item["label"] for item in answer["result"]]


def test_a_good_policy_has_no_errors(client):
    published = client.open()
    assert published["uri"] == client.uri() and errors(published) == []


def test_lints_and_failing_tests_are_marked_too(client, policy):
    text = (policy.folder / "policy.yaml").read_text()
    published = client.open(text)
    lints = {d["message"].split(" ")[0] for d in published["diagnostics"]}
    assert "L18" in lints and "L13" not in lints
    published = client.change(text.replace('"get,list,watch /pods,/pods/log,/events"', '"get,list,watch /pods,/pods/log,/events,/secrets"'))
    assert "L13" in {d["message"].split(" ")[0] for d in published["diagnostics"]}
    wrong = text.replace('can: "get /pods", in: "fra:shop-web", is: deny}', 'can: "get /pods", in: "fra:shop-web", is: allow}', 1)
    (one,) = errors(client.change(wrong))
    assert one["message"].startswith("the test fails: lotse:m.sommer may not get /pods")


def test_a_mistake_is_marked_where_it_stands_with_the_name_that_was_meant(client, policy):
    text = (policy.folder / "policy.yaml").read_text()
    client.open(text)
    broken = text.replace("{team: payments, role: deploy", "{team: paymnts, role: deploy", 1)
    published = client.change(broken)
    (one,) = errors(published)
    line = broken.splitlines()[one["range"]["start"]["line"]]
    assert line[one["range"]["start"]["character"]:one["range"]["end"]["character"]] == "paymnts"
    assert one["severity"] == 1
    assert one["message"] == "team 'paymnts' does not exist\ndid you mean 'payments'?"
    assert errors(client.change(text)) == []


def test_places_count_utf_16_units(client, policy):
    text = (policy.folder / "policy.yaml").read_text().replace(
        "{team: payments, role: deploy", '{reason: "ä𝄞ö", team: paymnts, role: deploy', 1)
    (one,) = client.open(text)["diagnostics"]
    line = text.splitlines()[one["range"]["start"]["line"]]
    assert one["range"]["start"]["character"] == len(line[:line.index("paymnts")].encode("utf-16-le")) // 2


def test_what_is_typed_counts_not_what_is_on_the_disk(client, policy):
    (policy.folder / "policy.yaml").write_text("lotse: 1\nnonsense: 1\n")
    assert client.open("lotse: 1\nsites: {fra: {audience: k8s-fra}}\n")["diagnostics"] == []


def test_hover_shows_the_people_behind_a_team(client, policy):
    text = (policy.folder / "policy.yaml").read_text()
    client.open(text)
    value = client.at("hover", text, "{team: payments, role: deploy", 8)["result"]["contents"]["value"]
    assert value.startswith("**team payments**")
    assert "m.sommer" in value
    assert "- **deploy** in `payments`" in value


@pytest.mark.parametrize("needle,into,expected", [
    ("{team: payments, role: deploy", 24, "**role deploy**"),
    ("role: deploy, in: payments", 20, "**space payments**"),
    ("cn=pay-dev", 2, "people: "),
    ("fra: {audience", 1, "audience `k8s-fra`"),
    ("lead: m.sommer", 8, "in the teams **payments**"),
])
def test_hover_says_what_a_name_is(client, policy, needle, into, expected):
    text = (policy.folder / "policy.yaml").read_text()
    client.open(text)
    assert expected in client.at("hover", text, needle, into)["result"]["contents"]["value"]


def test_hover_of_a_space_lists_its_namespaces(client, policy):
    text = (policy.folder / "policy.yaml").read_text()
    client.open(text)
    assert "pay-api" in client.at("hover", text, "role: deploy, in: payments", 20)["result"]["contents"]["value"]


def test_hover_over_nothing_is_nothing(client, policy):
    text = (policy.folder / "policy.yaml").read_text()
    client.open(text)
    assert client.at("hover", text, "grants:", 2)["result"] is None


def test_definition_goes_to_where_the_name_is_defined(client, policy):
    text = (policy.folder / "policy.yaml").read_text()
    client.open(text)
    place = client.at("definition", text, "{team: payments, role: deploy", 8)["result"]
    assert place["uri"] == client.uri()
    assert text.splitlines()[place["range"]["start"]["line"]].strip().startswith("payments: {from:")
    assert client.at("definition", text, "cn=pay-dev", 2)["result"] is None  # not in the policy


def test_definition_goes_into_the_file_that_was_included(client, policy):
    (policy.folder / "teams").mkdir()
    (policy.folder / "teams/tea.yaml").write_text('lotse: 1\ntests:\n  - {as: any of payments, can: "get /pods", in: "fra:pay-api", is: allow}\n')
    text = (policy.folder / "policy.yaml").read_text() + "include: {teams/tea.yaml: {}}\n"
    client.open(text)
    client.open(name="teams/tea.yaml")
    assert errors(client.receive()["params"]) == []


@pytest.mark.parametrize("typed,expected", [
    ("  - {team: pay", "payments"), ("  - {team: shop, role: ", "deploy"), ("  - {team: shop, role: deploy, in: [", "payments"),
    ("  - {team: shop, role: deploy, at: ", "tier=prod"), ("  - {", "until"),
])
def test_completion_in_a_grant(client, policy, typed, expected):
    text = (policy.folder / "policy.yaml").read_text()
    client.open(text)
    before, after = text.split("grants:\n", 1)
    client.change(f"{before}grants:\n{typed}\n{after}")
    line = before.count("\n") + 1
    answer = client.ask("textDocument/completion", textDocument={"uri": client.uri()}, position={"line": line, "character": len(typed)})
    assert expected in labels(answer)


@pytest.mark.parametrize("typed,expected", [
    ("", "requests"), ("te", "teams"), ('teams:\n  x: {from: [', "cn=pay-dev"), ("teams:\n  x: {from: [cn=pay-dev], lead: ", "m.sommer"),
    ('roles:\n  x: {base: ', "k8s/view"), ('roles:\n  x: {can: ["', "deletecollection"), ('roles:\n  x: {can: ["get ', "apps/deployments"),
    ('roles:\n  x: {can: ["get /pods/', "/pods/log"), ("spaces:\n  x: {", "label"), ("sites:\n  x: {audience: x, ", "labels"),
])
def test_completion_elsewhere(client, policy, typed, expected):
    client.open()
    client.change(typed)
    rows = typed.split("\n")
    answer = client.ask("textDocument/completion", textDocument={"uri": client.uri()}, position={"line": len(rows) - 1, "character": len(rows[-1])})
    assert expected in labels(answer)


def test_the_life_of_a_server(policy):
    c = Client(policy.folder)
    assert c.ask("textDocument/hover")["error"]["code"] == -32002
    c.ask("initialize")
    assert c.ask("workspace/nothing")["error"]["code"] == -32601
    assert c.ask("textDocument/hover", textDocument={"uri": "file:///none"}, position={"line": 0, "character": 0})["error"]["code"] == -32602
    assert c.ask("shutdown")["result"] is None
    assert c.ask("textDocument/hover")["error"]["code"] == -32600
    c.notify("exit")
    assert c.process.wait(10) == 0
    c.close()


def test_exit_without_shutdown_ends_with_1(policy):
    c = Client(policy.folder)
    c.ask("initialize")
    c.notify("exit")
    assert c.process.wait(10) == 1
    c.close()


@pytest.mark.parametrize("message", [b"", b"{", b"[]", b"null", b'{"id": {}, "method": "x"}', b'{"jsonrpc": "2.0"}', b"\xff\xfe", b"[" * 100000])
def test_what_is_no_message_gives_an_error_and_no_end(client, message):
    client.send(message)
    assert client.receive()["error"]["code"] in (-32700, -32600)
    assert client.ask("shutdown")["result"] is None


def test_a_place_beyond_the_text_is_no_error(client):
    client.open("lotse: 1\n")
    for line, character in ((0, 999), (999, 0), (999, 999)):
        at = {"line": line, "character": character}
        assert client.ask("textDocument/hover", textDocument={"uri": client.uri()}, position=at)["result"] is None
        assert "result" in client.ask("textDocument/completion", textDocument={"uri": client.uri()}, position=at)


LUA = """
local client = vim.lsp.start_client({name = "lotse", cmd = vim.fn.json_decode(os.getenv("LOTSE_COMMAND")), root_dir = vim.fn.getcwd()})
vim.cmd("edit policy.yaml")
vim.lsp.buf_attach_client(0, client)
local function wait(what) assert(vim.wait(10000, what, 20), "nothing came") end
local function ask(method, needle, into)
  for row, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
    local at = string.find(line, needle, 1, true)
    if at then
      local params = {textDocument = {uri = vim.uri_from_bufnr(0)}, position = {line = row - 1, character = at - 1 + into}}
      local answers = vim.lsp.buf_request_sync(0, method, params, 10000)
      return answers[client].result
    end
  end
end
wait(function() return vim.lsp.buf_is_attached(0, client) and vim.lsp.get_client_by_id(client).initialized end)
local out = {}
out.hover = ask("textDocument/hover", "{team: payments, role: deploy", 8).contents.value
out.definition = ask("textDocument/definition", "{team: payments, role: deploy", 8).range.start.line
out.completion = #ask("textDocument/completion", "{team: payments, role: deploy", 7)
vim.cmd("%s/{team: payments, role: deploy/{team: paymnts, role: deploy/")
local function errors() return vim.diagnostic.get(0, {severity = vim.diagnostic.severity.ERROR}) end
wait(function() return #errors() == 1 end)
out.diagnostic = errors()[1].message
vim.cmd("undo")
wait(function() return #errors() == 0 end)
local f = io.open("out.json", "w")
f:write(vim.fn.json_encode(out))
f:close()
vim.cmd("qall!")
"""


def test_neovim_shows_people_definitions_completions_and_mistakes(policy):
    (policy.folder / "try.lua").write_text(LUA)
    command = json.dumps([str(ours("lotse-policy")), "lsp", "--directory", "directory.json", "--objects", "objects", "--site", "fra"])
    r = subprocess.run(["nvim", "--headless", "--clean", "-c", "luafile try.lua"], cwd=policy.folder, capture_output=True, text=True,
                       timeout=60, stdin=subprocess.DEVNULL, env={**os.environ, "LOTSE_COMMAND": command, "XDG_STATE_HOME": str(policy.folder), "HOME": str(policy.folder)})
    assert (policy.folder / "out.json").exists(), r.stderr
    out = json.loads((policy.folder / "out.json").read_text())
    text = (policy.folder / "policy.yaml").read_text()
    assert "m.sommer" in out["hover"]
    assert text.splitlines()[out["definition"]].strip().startswith("payments: {from:")
    assert out["completion"] >= 40  # every team
    assert out["diagnostic"] == "team 'paymnts' does not exist\ndid you mean 'payments'?"
