"""make bench: tables of speed and memory. Every figure stands beside its limit or a peer measured in the same run.

    python -m tests.bench              all parts
    python -m tests.bench gateway      only this one: parts gateway login policy

Processor time is the process's own (/proc/PID/stat), so a noisy machine does not blur it; where seconds are shown, the load
generator and slapd share the same processors with the gateway. Nothing here passes or fails: it is to be read.
"""
import json
import pathlib
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time

from tests.lib import company
from tests.lib.connector import Connector, ldap_settings
from tests.lib.stack import Stack
from tests.lib.tools import OUT, ours


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
    return [name, r["operations"], f"{r['per_second']:.0f}", limit, f"{r['p50_ms']:.2f}", f"{r['p95_ms']:.2f}", f"{r['p99_ms']:.2f}",
            f"{r['gateway_ms']:.3f}", f"{r['slapd_ms']:.3f}", reach]


def directory_alone(slapd, person):
    """Logins and look-ups per second of slapd with our connector and nothing else."""
    with Connector(ldap_settings(slapd)) as c:
        found = c.login(person.uid, person.password)
        log_in = c.bench(n=150, threads=10, name=person.uid, password=person.password)
        look_up = c.bench(n=400, threads=10, id=found["id"])
    return [{"per_second": n / (result["wall_us"] / 1e6)} for n, result in ((1500, log_in), (4000, look_up))]


def start_ms(gateway):
    """From the start of the process to the first answer, keys present."""
    times = []
    for _ in range(7):
        gateway.stop()
        began = time.perf_counter()
        process = subprocess.Popen([ours("lotse-gateway"), "--config", str(gateway.path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                gateway.get("/healthz")
                break
            except OSError:
                time.sleep(0.0005)
        times.append((time.perf_counter() - began) * 1e3)
        process.terminate()
        process.wait()
    gateway.start()
    return statistics.median(times)


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
        rows = []
        limit = f"{http_alone['per_second']:.0f} HTTP alone"
        rows.append(load_row("discovery", load("get", 10, 20000, "/.well-known/openid-configuration"), limit, "<= 0.02"))
        rows.append(load_row("JWKS", load("get", 10, 20000, "/keys"), limit, "<= 0.02"))
        rows.append(load_row("login, 10 connections", load("login", 10, 1500), f"{log_in['per_second']:.0f} slapd alone", "<= 0.4 + signatures"))
        rows.append(load_row("refresh, 10 connections", load("refresh", 10, 4000), f"{look_up['per_second']:.0f} slapd alone", "<= 0.2 + signatures"))
        rows.append(load_row("refresh, 100 connections", load("refresh", 100, 4000), f"{look_up['per_second']:.0f} slapd alone", "p99 <= 100 ms"))
        load("sso", 10, 10000)
        memory["10,000 refresh families"] = gateway.memory_kib()
        table("Gateway: whole operations over TLS kept alive, real slapd, SQLite with fsync",
              ["operation", "n", "per s", "limit per s", "p50 ms", "p95 ms", "p99 ms", "gateway ms", "slapd ms", "reach (gateway ms)"], rows)
        table("One signature alone (openssl speed); a login makes two, a refresh two (ID token and access token)",
              ["algorithm", "ms"], [[k, f"{v:.3f}"] for k, v in signature.items()])
        table("Gateway: memory and start", ["what", "measured", "reach"],
              [["resident, idle", f"{memory['idle'] / 1024:.1f} MB", "<= 10 MB"],
               ["resident, 10,000 refresh families", f"{memory['10,000 refresh families'] / 1024:.1f} MB", "<= 20 MB"],
               ["start to first answer, keys present", f"{start_ms(gateway):.1f} ms", "<= 10 ms"]])


def whole_process(command, runs, env=None):
    """Medians over whole processes started by a small one: wall_ms, cpu_ms, peak_kib."""
    run = subprocess.run([str(OUT / "bin/spawn"), str(runs), *command], env=env, capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(f"bench: {' '.join(command)}: {run.stderr}")
    return json.loads(run.stdout)


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
        storm = []
        for _ in range(5):
            subprocess.run([ours("lotse-login"), "clean"], env=env, stdout=subprocess.DEVNULL)
            refreshes = stack.gateway.metrics()
            began = time.perf_counter()
            calls = [subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(40)]
            if any(c.wait() for c in calls):
                raise SystemExit("bench: a get-token of the storm failed")
            storm.append((time.perf_counter() - began) * 1e3)
            after = stack.gateway.metrics()
            count = lambda m: sum(v for k, v in m.items() if k.startswith("lotse_refreshes_total") and 'result="ok"' in k)
            made = count(after) - count(refreshes)
        spawn = []
        for _ in range(5):
            began = time.perf_counter()
            for p in [subprocess.Popen(["/bin/true"]) for _ in range(40)]:
                p.wait()
            spawn.append((time.perf_counter() - began) * 1e3)
        table("lotse-login: whole processes, medians", ["command", "wall ms", "processor ms", "peak MB", "reach"],
              rows + [["40 parallel, expired token", f"{statistics.median(storm):.0f}", "", "", f"<= 60 ms; refreshes made: {made:.0f}"],
                      ["40 x /bin/true, started the same way", f"{statistics.median(spawn):.0f}", "", "", ""]])


def bench_policy(folder):
    rows = []
    sizes = [("sample company, 380 people, 3 sites", None, "<= 20 ms"), ("1,250 teams, 12,500 grants", (1250, 12500, 625), ""),
             ("2,500 teams, 25,000 grants", (2500, 25000, 1250), ""), ("5,000 teams, 50,000 grants", (5000, 50000, 2500), ""),
             ("10,000 teams, 100,000 grants", (10000, 100000, 5000), "linear")]
    for name, size, reach in sizes:
        where = folder / name.split(",")[0].replace(" ", "-")
        (company.synthetic(*size) if size else company.sample()).write(str(where))
        command = policy_command(where)
        first = subprocess.run(command, capture_output=True, text=True)
        if first.returncode:
            raise SystemExit(f"bench: {' '.join(command)}\n{first.stdout[-500:]}{first.stderr[-2000:]}")
        row = process_row(name, whole_process(command, 5 if size else 21), reach)
        rows.append([name, f"{(where / 'policy.yaml').stat().st_size / 1024:.0f}", *row[1:]])
    table("lotse-policy compile: whole process, reading saved clusters and directory as JSON and writing all manifests",
          ["policy", "KiB of YAML", "wall ms", "processor ms", "peak MB", "reach"], rows)


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
