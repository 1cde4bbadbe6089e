"""make bench: tables of speed and memory. Every figure stands beside its limit or a peer measured in the same run.

    python -m tests.bench              all parts
    python -m tests.bench gateway      only this one: parts gateway login policy

Processor time is the process's own (/proc/PID/stat), so a noisy machine does not blur it; where seconds are shown, the load
generator and slapd share the same processors with the gateway. Nothing here passes or fails: it is to be read.
"""
import http.client
import json
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from tests.bench import imported_cluster
from tests.lib import company
from tests.lib.connector import Connector, ldap_settings
from tests.lib.stack import Stack
from tests.lib.tools import OUT, ours


SAVED = pathlib.Path(__file__).resolve().parents[1] / "policy/cluster-1.36"  # what a kube-apiserver says of itself


def table(title, head, rows):
    rows = [[str(c) for c in row] for row in [head, *rows]]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    print(f"\n{title}")
    for n, row in enumerate(rows):
        print("  " + "  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths))))
        if n == 0:
            print("  " + "  ".join("-" * w for w in widths))
    sys.stdout.flush()


def signature_ms():
    """What a signature costs alone: {RS256: ms, ES256: ms}."""
    run = subprocess.run(["openssl", "speed", "-mr", "-seconds", "2", "rsa2048", "ecdsap256"], capture_output=True, text=True)
    rsa = re.search(r"^\+F2:\d+:2048:([\d.e+-]+)", run.stdout, re.M)
    ec = re.search(r"^\+F4:\d+:256:([\d.e+-]+)", run.stdout, re.M)
    per_second = lambda value: value if value > 1 else 1 / value  # older versions print seconds, newer ones signatures per second
    return {"RS256": 1e3 / per_second(float(rsa[1])), "ES256": 1e3 / per_second(float(ec[1]))}


class Load:
    """The load generator against one gateway, with the processor time both servers used meanwhile."""

    def __init__(self, stack, people):
        self.stack, self.people = stack, people

    def __call__(self, mode, connections, operations, argument=None):
        gateway, slapd = self.stack.gateway, self.stack.slapd
        command = [OUT / "bin/load", mode, "localhost", gateway.port, gateway.ca.cert, connections, operations, argument or self.people]
        with subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, text=True) as process:
            process.stdout.readline()
            before = gateway.cpu_seconds(), slapd.cpu_seconds()
            result = json.loads(process.stdout.readline())
        result["gateway_ms"] = (gateway.cpu_seconds() - before[0]) / operations * 1e3
        result["slapd_ms"] = (slapd.cpu_seconds() - before[1]) / operations * 1e3
        return result


def load_row(name, r, limit, reach):
    return [name, r["operations"], f"{r['per_second']:.0f}", f"{limit:.0f}", f"{r['per_second'] / limit:.0%}", f"{r['p50_ms']:.2f}", f"{r['p95_ms']:.2f}", f"{r['p99_ms']:.2f}",
            f"{r['gateway_ms']:.3f}", f"{r['slapd_ms']:.3f}", reach]


def directory_alone(slapd, person):
    """Logins and look-ups per second of slapd with our connector and nothing else."""
    with Connector(ldap_settings(slapd)) as c:
        found = c.login(person.uid, person.password)
        log_in = c.bench(n=150, threads=10, name=person.uid, password=person.password)
        look_up = c.bench(n=400, threads=10, id=found["id"])
    return [{"per_second": n / (result["wall_us"] / 1e6)} for n, result in ((1500, log_in), (4000, look_up))]


def start(gateway):
    """From the start of the process to the first answer over TLS, keys present: wall and the gateway's processor time, in ms."""
    walls, processor = [], []
    for _ in range(9):
        gateway.stop()
        context = gateway.context()
        began = time.perf_counter()
        process = subprocess.Popen([ours("lotse-gateway"), "--config", str(gateway.path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                connection = http.client.HTTPSConnection("localhost", gateway.port, timeout=5, context=context)
                connection.request("GET", "/healthz")
                connection.getresponse().read()
                break
            except OSError:
                if process.poll() is not None:
                    raise SystemExit("bench: the gateway does not start")
                time.sleep(0.0002)
        walls.append((time.perf_counter() - began) * 1e3)
        tasks = pathlib.Path(f"/proc/{process.pid}/task").iterdir()
        processor.append(sum(int((t / "schedstat").read_text().split()[0]) for t in tasks) / 1e6)
        connection.close()
        process.terminate()
        process.wait()
    gateway.start()
    return statistics.median(walls), statistics.median(processor)


def fsyncs(stack, load, mode, connections, operations):
    """fsync(2) and fdatasync(2) per operation, counted by strace (which slows everything; no times are taken from here)."""
    counts = pathlib.Path(stack.folder) / "fsyncs"
    command = ["strace", "-f", "-qq", "-c", "-e", "trace=fsync,fdatasync", "-o", str(counts), "-p", str(stack.gateway.process.pid)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as trace:
        time.sleep(1)
        load(mode, connections, operations)
        trace.send_signal(signal.SIGINT)
    rows = [line.split() for line in counts.read_text().splitlines()]
    return sum(int(row[3]) for row in rows if row and row[-1] in ("fsync", "fdatasync")) / operations


def both(*per_second):
    """Operations per second when each needs one of all these, one after the other on the same processors."""
    return 1 / sum(1 / p for p in per_second)


def bench_gateway(folder):
    with Stack(folder / "company") as stack:
        gateway = stack.gateway
        corp = stack.corp
        people = [p for p in corp.people.values() if p.state == "active"]
        people_file = folder / "people"
        people_file.write_text("".join(f"{p.uid} {p.password}\n" for p in people))
        load = Load(stack, people_file)
        time.sleep(1)
        memory = {"idle": gateway.memory_kib()}
        signature = signature_ms()
        log_in, look_up = directory_alone(stack.slapd, corp.person("m.sommer"))
        http_alone = load("get", 10, 20000, "/healthz")
        rows, alone = [], http_alone["per_second"]
        limits = {"http": alone, "login": both(log_in["per_second"], alone / 3), "refresh": both(look_up["per_second"], alone)}
        plan = [("discovery", "get", 10, 20000, "http", "<= 0.02", "/.well-known/openid-configuration"),
                ("JWKS", "get", 10, 20000, "http", "<= 0.02", "/keys"),
                ("login, 10 connections", "login", 10, 1500, "login", "<= 0.4 + signatures", None),
                ("refresh, 10 connections", "refresh", 10, 4000, "refresh", "<= 0.2 + signatures", None),
                ("refresh, 100 connections", "refresh", 100, 4000, "refresh", "p99 <= 100 ms", None)]
        for name, mode, connections, n, limit, reach, argument in plan:
            rows.append(load_row(name, load(mode, connections, n, argument), limits[limit], reach))
        memory["after 100 connections at once"] = gateway.memory_kib()
        for families in ("10,000", "20,000", "30,000"):
            load("sso", 10, 10000)
            time.sleep(16)  # the gateway gives back every 15 s what it does not use
            memory[f"{families} refresh families"] = gateway.memory_kib()
        table("Gateway: whole operations over TLS kept alive, real slapd, SQLite with fsync",
              ["operation", "n", "per s", "limit per s", "share", "p50 ms", "p95 ms", "p99 ms", "gateway ms", "slapd ms", "reach (gateway ms)"],
              rows)
        print("  limit: what HTTP alone (/healthz) and slapd alone (our connector, nothing else) reach on the same processors in this run,\n"
              f"  one after the other as an operation needs them: HTTP {alone:.0f}/s, slapd {log_in['per_second']:.0f} logins/s, "
              f"{look_up['per_second']:.0f} look-ups/s")
        table("One signature alone (openssl speed); a login makes two, a refresh two (ID token and access token, ES256)",
              ["algorithm", "ms"], [[k, f"{v:.3f}"] for k, v in signature.items()])
        table("Gateway: fsyncs per operation", ["operation", "1 connection", "10 connections", "reach"],
              [[mode, *(f"{fsyncs(stack, load, mode, c, 200 * c):.2f}" for c in (1, 10)), "<= 1, shared"] for mode in ("login", "refresh")])
        memory["most of all the time"] = gateway.memory_kib("VmHWM")
        wall, processor = start(gateway)
        table("Gateway: memory and start", ["what", "measured", "reach"],
              [["resident, idle", f"{memory['idle'] / 1024:.1f} MB", "<= 10 MB"],
               *([f"resident, {what}", f"{memory[what] / 1024:.1f} MB", reach]
                 for what, reach in (("after 100 connections at once", ""), ("10,000 refresh families", "<= 20 MB"),
                                     ("20,000 refresh families", "no more than before"), ("30,000 refresh families", "no more than before"))),
               ["  most of all the time", f"{memory['most of all the time'] / 1024:.1f} MB", ""],
               ["start to first answer over TLS, keys present", f"{wall:.1f} ms", "<= 10 ms"],
               ["  of which the gateway's processor time", f"{processor:.1f} ms", ""]])


def whole_process(command, runs, env=None):
    """Medians over whole processes started by a small one: wall_ms, cpu_ms, peak_kib."""
    run = subprocess.run([str(OUT / "bin/spawn"), str(runs), *command], env=env, capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(f"bench: {' '.join(command)}: {run.stderr}")
    return json.loads(run.stdout)


def at_once(count, command, env=None):
    """So many of it in parallel, started by a small process: wall_ms until the last has ended."""
    run = subprocess.run([str(OUT / "bin/spawn"), "-p", str(count), *command], env=env, capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(f"bench: {count} x {' '.join(command)}: {run.stderr}")
    return json.loads(run.stdout)


def refreshes_made(gateway):
    return sum(v for k, v in gateway.metrics().items() if k.startswith("lotse_refreshes_total") and 'result="ok"' in k)


def process_row(name, figures, reach):
    return [name, f"{figures['wall_ms']:.2f}", f"{figures['cpu_ms']:.2f}", f"{figures['peak_kib'] / 1024:.1f}", reach]


def bench_login(folder):
    from tests.lib import browser_login
    with Stack(folder / "company") as stack:
        person = stack.corp.person("m.sommer")
        browser = browser_login.write(folder / "browser", stack.ca.cert, person.uid, person.password)
        env = {"HOME": str(folder), "LOTSE_BROWSER": str(browser), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
        command = [ours("lotse-login"), "get-token", f"--issuer={stack.gateway.issuer}", f"--ca-file={stack.ca.cert}", "--audience=k8s-fra"]
        subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        rows = [process_row("/bin/true", whole_process(["/bin/true"], 300), ""),
                process_row("cached get-token", whole_process(command, 300, env=env), "<= 1.2 ms, <= 3 MB")]
        storm, made = [], 0
        for _ in range(7):
            subprocess.run([ours("lotse-login"), "clean"], env=env, stdout=subprocess.DEVNULL)
            before = refreshes_made(stack.gateway)
            storm.append(at_once(40, command, env)["wall_ms"])
            made = refreshes_made(stack.gateway) - before
        spawned = [at_once(40, ["/bin/true"])["wall_ms"] for _ in range(7)]
        table("lotse-login: whole processes, medians", ["command", "wall ms", "processor ms", "peak MB", "reach"],
              rows + [["40 parallel, expired token", f"{statistics.median(storm):.0f}", "", "", f"<= 60 ms; refreshes made: {made:.0f}"],
                      ["40 x /bin/true, started the same way", f"{statistics.median(spawned):.0f}", "", "", ""]])


def bench_policy(folder):
    rows = []
    sizes = [("sample company, 380 people, 3 sites", None, "<= 20 ms"), ("1,250 teams, 12,500 grants", (1250, 12500, 625), ""),
             ("2,500 teams, 25,000 grants", (2500, 25000, 1250), ""), ("5,000 teams, 50,000 grants", (5000, 50000, 2500), ""),
             ("10,000 teams, 100,000 grants", (10000, 100000, 5000), "linear")]
    for name, size, reach in sizes:
        where = folder / name.split(",")[0].replace(" ", "-")
        write_policy(where, company.synthetic(*size) if size else company.sample())
        command = policy_command(where)
        first = subprocess.run(command, capture_output=True, text=True)
        if first.returncode:
            raise SystemExit(f"bench: {' '.join(command)}\n{first.stdout[-500:]}{first.stderr[-2000:]}")
        row = process_row(name, whole_process(command, 5 if size else 21), reach)
        rows.append([name, f"{(where / 'policy.yaml').stat().st_size / 1024:.0f}", *row[1:]])
    table("lotse-policy compile: whole process, reading saved clusters and directory as JSON and writing all manifests",
          ["policy", "KiB of YAML", "wall ms", "processor ms", "peak MB", "reach"], rows)


    bench_core(folder)
    bench_import(folder)


def bench_import(folder):
    """The objects of one large cluster into a policy, with the proof; the plain Python has no proof, no bases, no patterns."""
    imported_cluster.write(folder / "imported/fra", SAVED)
    run = subprocess.run([OUT / "bin/import-bench", folder / "imported", "fra"], capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(f"bench: import-bench: {run.stderr}")
    r = json.loads(run.stdout)
    start = time.process_time()
    imported_cluster.plain(folder / "imported/fra")
    plain = (time.process_time() - start) * 1e3
    rows = [["lotse-policy import", f"{r['read_ms']:.0f}", f"{r['import_ms']:.0f}", f"{r['read_ms'] + r['import_ms']:.0f}", "<= 100 ms"],
            ["plain Python, without proof", "", "", f"{plain:.0f}", ""]]
    table("lotse-policy import: processor ms for " + ", ".join(f"{n:,} {kind}s" for kind, n in imported_cluster.SIZES.items()),
          ["", "reading JSON", "policy and proof", "together", "reach"], rows)


def write_policy(where, corp):
    corp.write(str(where))
    (where / "after.yaml").write_text(company.one_percent_other(corp.policy()))
    shutil.copytree(SAVED, where / "objects")
    for site in company.SITES:
        shutil.copy(where / f"namespaces-{site}.json", where / "objects")


def bench_core(folder):
    """The compiler's core in one process: phases, all three sites together. A binding is one subject in one binding of one site."""
    cases = [("sample company", company.sample, "<= 5 ms"), ("1x", lambda: company.wide(10000, 5000), "<= 50 ms, 64 MB"),
             ("2x", lambda: company.wide(20000, 10000), "linear"), ("4x", lambda: company.wide(40000, 20000), "linear"),
             ("8x", lambda: company.wide(80000, 40000), "linear"), ("100,000 lines", lambda: company.synthetic(10000, 100000, 5000), "")]
    phases, questions, findings = [], [], []
    for name, make, reach in cases:
        where = folder / ("core-" + name.replace(" ", "-"))
        write_policy(where, make())
        run = subprocess.run([OUT / "bin/policy-bench", where], capture_output=True, text=True)
        if run.returncode:
            raise SystemExit(f"bench: policy-bench: {run.stderr}")
        r = json.loads(run.stdout)
        phases.append([name, r["text_kib"], r["grants"], r["bindings"], *(f"{r[p + '_ms']:.1f}" for p in ("yaml", "tree", "resolve", "emit", "cells", "compile", "first")),
                       f"{(r['peak_kib'] - r['inputs_kib']) / 1024:.0f}", reach])
        who_can = f"{r['holders'] / r['questions']:.1f}", f"{r['holders_us']:.2f}", f"{r['who_can_us']:.2f}"
        questions.append([name, r["changes"], f"{r['diff_ms']:.2f}", r["person_changes"], f"{r['person_diff_ms']:.2f}", *who_can])
        findings.append([name, r["findings"], f"{r['lint_ms']:.2f}", r["invariants"], f"{r['prove_ms']:.2f}", f"{r['everything_ms']:.2f}",
                         "<= 5 ms" if name == "sample company" else ""])
    table("lotse-policy, the core alone: processor ms from the text to the cells of three sites, directory and clusters in memory already\n"
          "  bindings: subjects in the bindings of one site; MB: at most, over what directory and clusters take",
          ["policy", "KiB of YAML", "grants", "bindings", *"yaml tree resolve emit cells".split(), "all", "first time", "MB", "reach"], phases)
    table("lotse-policy: lint and proof of all three sites, processor ms (reach at 1x: 40 invariants <= 5 ms); everything: read, resolve, emit, cells, lint, prove",
          ["policy", "findings", "lint ms", "invariants", "prove ms", "everything ms", "reach"], findings)
    table("lotse-policy: questions to one site (reach at 1x: diff <= 5 ms, people <= 50 ms, who-can <= 10 us, as the command asks: with teams and grants)",
          ["policy", "changes of 1 %", "diff ms", "person x place", "people ms", "holders", "holders us", "who-can us"], questions)


def policy_command(where):
    return [ours("lotse-policy"), "compile", "--policy", str(where / "policy.yaml"), "--directory", str(where / "directory.json"),
            "--objects", str(where / "objects"), "--out", str(where / "compiled")]


def bench_parts(folder):
    """Signatures and the store alone, without HTTP and directory around them."""
    print("\nsigning, sealing, store (one process, no network)", flush=True)
    subprocess.run([OUT / "bin/jose-bench"], check=True)
    subprocess.run([OUT / "bin/store-bench", folder, "1"], check=True)


def main():
    parts = {"parts": bench_parts, "gateway": bench_gateway, "login": bench_login, "policy": bench_policy}
    for name in sys.argv[1:] or parts:
        if name not in parts:
            sys.exit(f"bench: no such part: {name}. There are: {' '.join(parts)}")
        with tempfile.TemporaryDirectory(prefix="lotse-bench.") as folder:
            parts[name](pathlib.Path(folder))


main()
