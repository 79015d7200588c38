#!/usr/bin/env python3
"""Measures TLS-terminating reverse proxies side by side. See README.md."""
import argparse
import fcntl
import hashlib
import json
import os
import random
import re
import resource
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import time

import certs
import peers
from report import markdown

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TARGET = os.environ.get("CARGO_TARGET_DIR", f"{ROOT}/target")
LOADER = os.path.join(os.environ.get("MARQUE_BIN", f"{TARGET}/release"), "bench-load")
LOAD_CORE = peers.CORES[-1]
PORT = int(os.environ.get("BENCH_PORT", 24443))       # the adapter's API has PORT + 1 or BENCH_API_PORT
UPSTREAM = f"127.0.0.1:{os.environ.get('BENCH_UPSTREAM_PORT', PORT + 2)}"
BLOCK = bytes(1 << 20)
H2LOAD_TLS = ["--tls13-ciphers=TLS_AES_128_GCM_SHA256", "--groups=X25519"]


def log(*words):
    print(time.strftime("%H:%M:%S"), *words, flush=True)


# ------------------------------------------------------------------ machine

def core_ticks(steal=False):
    """Per core, since boot: ticks in use, or ticks stolen by the hypervisor."""
    out = []
    with open("/proc/stat") as f:
        for line in f:
            if re.match(r"cpu\d", line):
                v = list(map(int, line.split()[1:9]))
                out.append(v[7] if steal else sum(v) - v[3] - v[4])
    return out


def wait_quiet(limit, level=0.15):
    """Waits until other work uses less than `level` of either core; returns what it uses."""
    end = time.time() + limit
    while True:
        before, start = core_ticks(), time.time()
        time.sleep(0.4)
        span = (time.time() - start) * peers.TICK
        use = [round((b - a) / span, 2) for a, b in zip(before, core_ticks())]
        if max(use) < level or time.time() > end:
            return use
        time.sleep(1)


def core_speed():
    """CPU milliseconds for a fixed piece of work on the proxy's core: tells a slow phase of the
    machine (frequency, other guests) from a slow proxy."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {peers.CORE})
    start = time.process_time()
    for _ in range(16):
        hashlib.sha256(BLOCK).digest()
    spent = time.process_time() - start
    os.sched_setaffinity(0, before)
    return round(spent * 1000, 1)


class Window:
    """CPU of the proxy and of everybody else on its core, over a `with` block."""

    def __init__(self, peer):
        self.peer = peer

    def __enter__(self):
        self.speed = core_speed()
        self.cpu0, self.core0 = self.peer.cpu(), core_ticks()
        self.steal = core_ticks(True)[peers.CORE]
        self.start = time.perf_counter()
        return self

    def __exit__(self, *_):
        self.secs = time.perf_counter() - self.start
        self.cpu = self.peer.cpu() - self.cpu0
        core = (core_ticks()[peers.CORE] - self.core0[peers.CORE]) / peers.TICK
        steal = (core_ticks(True)[peers.CORE] - self.steal) / peers.TICK
        self.info = {"secs": round(self.secs, 3), "cpu_s": round(self.cpu, 3),
                     "proxy_util": round(self.cpu / self.secs, 3),
                     "foreign_util": round(max(0, core - self.cpu) / self.secs, 3),
                     "steal": round(steal / self.secs, 3),
                     "reference_ms": self.speed, "loadavg": round(os.getloadavg()[0], 1)}


def on_load_core():
    peers.pin(LOAD_CORE)


def loader(mode, **args):
    command = [LOADER, mode, f"addr=127.0.0.1:{PORT}", *(f"{k}={v}" for k, v in args.items())]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                            start_new_session=True, preexec_fn=on_load_core)


def load(mode, **args):
    process = loader(mode, **args)
    out, _ = process.communicate(timeout=300)
    return json.loads(out.splitlines()[-1])


def h2load(requests, path, *args):
    out = subprocess.run(
        ["h2load", *H2LOAD_TLS, f"--connect-to=127.0.0.1:{PORT}", "-n", str(requests), *args,
         f"https://{certs.host(0)}{path}"],
        start_new_session=True, preexec_fn=on_load_core, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=300).stdout
    good = re.search(r"(\d+) succeeded, (\d+) failed", out)
    codes = re.search(r"status codes: (\d+) 2xx", out)
    took = re.search(r"finished in ([\d.]+)(ms|us|s)", out)
    if not (good and codes and took):
        raise RuntimeError(f"h2load: {out[-400:]}")
    secs = float(took[1]) * {"s": 1, "ms": 1e-3, "us": 1e-6}[took[2]]
    return {"ok": int(codes[1]), "errors": requests - int(codes[1]), "secs": secs}


# ------------------------------------------------------- readiness and checks

def fetch(name, path="/b/200", host=None, verify=True, timeout=5):
    """One verified HTTPS exchange; returns (status, body, TLS version, cipher)."""
    context = ssl.create_default_context(cafile=certs.CA)
    if not verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", PORT), timeout) as tcp:
        with context.wrap_socket(tcp, server_hostname=name) as s:
            s.sendall(f"GET {path} HTTP/1.1\r\nHost: {host or name}\r\nConnection: close\r\n\r\n"
                      .encode())
            data = b""
            while part := s.recv(65536):
                data += part
            head, _, body = data.partition(b"\r\n\r\n")
            return int(head.split()[1]), body, s.version(), s.cipher()[0]


def wait_ready(peer, name, limit, step=0.005):
    """Seconds until `name` is served with its own valid certificate."""
    start = time.perf_counter()
    while time.perf_counter() - start < limit:
        if peer.proc.poll() is not None:
            raise RuntimeError(f"exited with {peer.proc.returncode}: {peer.tail()}")
        try:
            if fetch(name)[0] == 200:
                return time.perf_counter() - start
        except (OSError, IndexError, ValueError):
            pass
        time.sleep(step)
    raise TimeoutError(f"{name} not served within {limit} s: {peer.tail()}")


def launch(peer, n, limit=600):
    """Writes the configuration, starts the peer and returns its start-up seconds."""
    with socket.socket() as s:
        if s.connect_ex(("127.0.0.1", PORT)) == 0:
            raise RuntimeError(f"port {PORT} is taken; set BENCH_PORT")
    certs.ensure(n + 1)
    peer.configure(n)
    peer.start()
    return wait_ready(peer, certs.host(n - 1), limit)


def verify(peer, n):
    """What must hold before any number counts: right certificate per name, Host forwarded,
    unknown hosts refused, HTTP/2 offered; also the TLS parameters that are negotiated."""
    for i in {0, n - 1, *(random.Random(1).randrange(n) for _ in range(10))}:
        status, body, version, cipher = fetch(certs.host(i), "/echo")
        assert status == 200, f"{certs.host(i)}: {status}"
        assert f"host: {certs.host(i)}" in body.decode().lower(), "Host not forwarded"
    forwarded = "x-forwarded-for:" in body.decode().lower()
    refused = {}
    for key, sni, host in (("unknown SNI", "unknown.bench.test", None),
                           ("unknown Host under a known SNI", certs.host(0), "unknown.bench.test")):
        try:
            refused[key] = fetch(sni, host=host, verify=False)[0]
        except (OSError, IndexError) as e:
            refused[key] = type(e).__name__
    s = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{PORT}", "-servername",
                        certs.host(0), "-alpn", "h2,http/1.1", "-CAfile", certs.CA],
                       input=b"", stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout.decode(errors="replace")
    pick = lambda pattern: (re.search(pattern, s) or [None, "?"])[1]
    return {"version": peer.version(), "default_cipher": cipher, "default_tls": version,
            "group": pick(r"Server Temp Key: (\S+),"), "alpn": pick(r"ALPN protocol: (\S+)"),
            "chain_certs": s.count(" s:"), "x_forwarded_for": forwarded, "refused": refused,
            "tls_library": peer.tls, "notes": peer.notes}


# ---------------------------------------------------------------- workloads
# Each takes (peer, options, state) with the peer running one domain, and returns a dict.

def counted(peer, run, unit="request"):
    """Runs `run` and adds CPU microseconds of the proxy per successful unit."""
    with Window(peer) as w:
        result = run()
    if not result["ok"]:
        raise RuntimeError(f"no {unit} succeeded: {result}")
    result.update(w.info)
    result["rate"] = result["ok"] / result["secs"]
    result[f"cpu_us_per_{unit}"] = w.cpu * 1e6 / max(1, result["ok"])
    return result


def sized(peer, options, state, key, first, go):
    """Measures with as many requests as take about `secs` seconds, from the last known rate."""
    if key not in state:
        state[key] = first / go(first)["secs"]
    result = counted(peer, lambda: go(max(first, int(state[key] * options.secs))))
    state[key] = result["rate"]
    return result


def w1(peer, options, state):
    """HTTPS/1.1 keep-alive, 64 connections, 200 B"""
    go = lambda n: h2load(n, "/b/200", "--h1", "-c", "64")
    return sized(peer, options, state, "W1", 4000, go)


def w2(peer, options, state):
    """HTTP/2, 16 connections x 32 streams, 200 B"""
    go = lambda n: h2load(n, "/b/200", "-c", "16", "-m", "32")
    return sized(peer, options, state, "W2", 4000, go)


def w3(peer, options, state):
    """Full TLS 1.3 handshake + 1 request per connection"""
    return counted(peer, lambda: load("hs", secs=options.secs, conns=32), "handshake")


def w4(peer, options, state):
    """Resumed TLS 1.3 handshake + 1 request per connection"""
    r = counted(peer, lambda: load("hs", secs=options.secs, conns=32, resume=1), "handshake")
    r["resumed_share"] = round(r["resumed"] / max(1, r["ok"]), 3)
    return r


def w5(peer, options, state):
    """Large responses over HTTPS/1.1: 64 KiB (16 conns) and 10 MiB (4 conns)"""
    out = {}
    for label, size, conns, first in (("64k", 64 << 10, 16, 400), ("10m", 10 << 20, 4, 8)):
        go = lambda n: h2load(n, f"/b/{size}", "--h1", "-c", str(conns))
        r = sized(peer, options, state, f"W5{label}", first, go)
        out[f"{label}_mib_per_cpu_s"] = round(r["ok"] * size / 2**20 / max(r["cpu_s"], 1e-6), 1)
        out[f"{label}_mib_per_s"] = round(r["ok"] * size / 2**20 / r["secs"], 1)
        out[label] = r
    return out


def w7(peer, options, state):
    """Latency in microseconds at 50 % of the peer's own W1 rate, and at one common rate"""
    if "W1_rate" not in state:
        state["W1_rate"] = w1(peer, options, state)["rate"]
    out = {"own_rps": round(state["W1_rate"] / 2)}
    for label, rps in (("half", state["W1_rate"] / 2), ("common", options.common_rps)):
        with Window(peer) as w:
            r = load("rate", rps=round(rps), secs=options.secs, conns=64)
        out[label] = {**r, **w.info, "cpu_us_per_request": round(w.cpu * 1e6 / max(1, r["ok"]), 2)}
        for q in ("p50", "p99", "p999"):
            out[f"{label}_{q}"] = r[q]
    return out


def w8(peer, options, state):
    """Memory per idle keep-alive TLS connection"""
    before = peer.memory()
    holder = loader("hold", conns=options.idle)
    try:
        r = json.loads(holder.stdout.readline())
        time.sleep(1)
        after = peer.memory()
        with Window(peer) as w:
            time.sleep(2)
        holder.stdin.write("ping\n")
        holder.stdin.flush()
        ping = json.loads(holder.stdout.readline())
    finally:
        holder.stdin.close()
        holder.wait()
    opened = max(1, r["ok"])
    return {"opened": r["ok"], "errors": r["errors"], "error": r["error"],
            "still_alive": ping["ok"], "idle_cpu_ms_per_s": round(w.cpu / w.secs * 1000, 1),
            "kib_per_conn": round((after["pss_mib"] - before["pss_mib"]) * 1024 / opened, 2),
            "mib_per_10k": round((after["pss_mib"] - before["pss_mib"]) * 1e4 / opened, 1),
            "before": before, "after": after}


def w6(peer, options, n):
    """Many domains: start-up, memory, handshake over random names, one more domain live"""
    quiet = wait_quiet(options.quiet)
    out = {"domains": n, "quiet": quiet}
    try:
        with_cpu = time.perf_counter()
        out["startup_s"] = round(launch(peer, n, options.start_limit), 3)
        out["startup_cpu_s"] = round(peer.cpu(), 3)
        out["config_write_s"] = round(time.perf_counter() - with_cpu - out["startup_s"], 3)
        out["idle_memory"] = peer.memory()
        out["handshake"] = counted(
            peer, lambda: load("hs", secs=options.secs, conns=32, hosts=n,
                               seed=random.randrange(1 << 30)), "handshake")
        out["memory"] = peer.memory()
        out["add"] = add_live(peer, n, options)
        out["memory_after_add"] = peer.memory()
    except (TimeoutError, LookupError, AssertionError, RuntimeError, OSError, ValueError,
            subprocess.SubprocessError) as e:
        out["failed"] = f"{type(e).__name__}: {e}"
    finally:
        peer.stop()
    return out


def add_live(peer, n, options):
    """Adds domain n while 50 idle and 5 answering connections are open."""
    holder = loader("hold", conns=50, hosts=n)
    slow = None
    try:
        held = json.loads(holder.stdout.readline())["ok"]
        slow = loader("once", conns=5, path="/slow/4000")
        opened = slow.stdout.readline()
        cpu = peer.cpu()
        start = time.perf_counter()
        peer.add_domain(n)
        accepted = time.perf_counter() - start
        wait_ready(peer, certs.host(n), options.start_limit)
        served = time.perf_counter() - start
        cpu = peer.cpu() - cpu
        answers = (opened + slow.communicate(timeout=60)[0]).splitlines()
        in_flight = json.loads(answers[-1])
        time.sleep(1)       # a replaced worker may take a moment to close what it still holds
        holder.stdin.write("ping\n")
        holder.stdin.flush()
        alive = json.loads(holder.stdout.readline())["ok"]
        return {"accepted_s": round(accepted, 4), "served_s": round(served, 4),
                "cpu_s": round(cpu, 3), "idle_alive": f"{alive}/{held}",
                "in_flight_completed": f"{in_flight['ok']}/5", "in_flight_error": in_flight["error"]}
    finally:
        for p in (holder, slow):
            if p and p.poll() is None:
                p.kill()


WORKLOADS = {"W1": w1, "W2": w2, "W3": w3, "W4": w4, "W5": w5, "W7": w7, "W8": w8}


# --------------------------------------------------------------------- main

def locked(file):
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True


def numbers(rounds):
    """Median over rounds of every number, recursively; other values from the last round."""
    out = {}
    for key, last in rounds[-1].items():
        values = [r[key] for r in rounds if key in r]
        if isinstance(last, dict):
            out[key] = numbers(values)
        elif isinstance(last, (int, float)) and not isinstance(last, bool):
            out[key] = statistics.median(values)
        else:
            out[key] = last
    return out


def save(results, options):
    if not options.out:
        return
    base = f"{HERE}/results/{options.out}"
    os.makedirs(os.path.dirname(base), exist_ok=True)
    with open(base + ".json", "w") as f:
        json.dump(results, f, indent=1)
    with open(base + ".md", "w") as f:
        f.write(markdown(results))


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--peers", default="nginx,marque", help=",".join(peers.ALL))
    a.add_argument("--workloads", default="W1,W2,W3,W4", help=",".join([*WORKLOADS, "W6"]))
    a.add_argument("--domains", default="1,1000,10000", help="for W6")
    a.add_argument("--rounds", type=int, default=3)
    a.add_argument("--secs", type=float, default=4, help="aimed length of one measurement")
    a.add_argument("--quiet", type=float, default=30, help="seconds to wait for idle cores")
    a.add_argument("--idle", type=int, default=9000, help="connections in W8")
    a.add_argument("--common-rps", type=int, default=2000, help="the common rate in W7")
    a.add_argument("--start-limit", type=float, default=300, help="seconds to become ready")
    a.add_argument("--nice", type=int, default=0, help="priority of everything measured")
    a.add_argument("--out", default="latest", help="name under results/, merged when it exists; '' keeps nothing")
    a.add_argument("--access-log", action="store_true", help="every peer writes a line for each request")
    options = a.parse_args()
    os.environ["BENCH_ACCESS_LOG"] = "1" if options.access_log else "0"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))      # so that `finally` stops the peers
    peers.NICE = options.nice
    names, workloads = options.peers.split(","), options.workloads.split(",")

    os.makedirs(peers.RUN, exist_ok=True)
    lock = open(f"{peers.RUN}/lock", "w")
    log("waiting for the machine (another run.py has it)" if locked(lock) else "start")
    fcntl.flock(lock, fcntl.LOCK_EX)        # two runs at once would measure each other

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if not os.path.exists(LOADER):
        raise SystemExit(f"{LOADER} is missing: `make bench` builds it")

    results = {"peers": {}, "runs": {}, "median": {}, "domains": {}}
    try:
        with open(f"{HERE}/results/{options.out}.json") as f:
            results.update(json.load(f))
    except FileNotFoundError:
        pass
    results["machine"] = {
        "cores": os.cpu_count(), "kernel": os.uname().release,
        "cpu": next((line.split(": ")[1].strip() for line in open("/proc/cpuinfo")
                     if line.startswith("model name")), "?"),
        "openssl": ssl.OPENSSL_VERSION, "nofile": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        "date": time.strftime("%Y-%m-%d"), "options": vars(options)}

    upstream = subprocess.Popen([LOADER, "upstream", f"listen={UPSTREAM}"],
                                start_new_session=True, preexec_fn=on_load_core)
    failed = []
    try:
        group = [peers.ALL[name](PORT, UPSTREAM) for name in names]
        failed += plain(group, [w for w in workloads if w != "W6"], options, results)
        if "W6" in workloads:
            for n in map(int, options.domains.split(",")):
                failed += many(group, n, options, results)
    finally:
        upstream.kill()
        upstream.wait()
    print(markdown(results))
    return f"failed: {', '.join(failed)}" if failed else 0


def plain(group, workloads, options, results):
    """One domain; peers take turns, each started afresh in every round. Gives the names of those that failed."""
    failed = []
    if not workloads:
        return failed
    states = {p.name: {} for p in group}
    for turn in range(options.rounds):
        for peer in group:
            try:
                launch(peer, 1, 60)
                if turn == 0:
                    results["peers"][peer.name] = verify(peer, 1)
                    log(peer.name, results["peers"][peer.name])
                for w in workloads:
                    quiet = wait_quiet(options.quiet)
                    r = WORKLOADS[w](peer, options, states[peer.name])
                    r["quiet"], r["memory"] = quiet, peer.memory()
                    if w == "W1":
                        states[peer.name]["W1_rate"] = r["rate"]
                    key = f"{w}/{peer.name}"
                    rounds = results["runs"].setdefault(key, [])
                    if turn == 0:
                        rounds.clear()
                    rounds.append(r)
                    results["median"][key] = numbers(rounds)
                    log(key, {k: v for k, v in r.items() if not isinstance(v, dict)})
            except (TimeoutError, LookupError, AssertionError, RuntimeError, NotImplementedError, OSError,
                    ValueError, subprocess.SubprocessError) as e:
                log("FAILED", peer.name, type(e).__name__, e)
                failed.append(peer.name)
                results["peers"].setdefault(peer.name, {})["failed"] = f"{type(e).__name__}: {e}"
            finally:
                peer.stop()
            save(results, options)
    return failed


def many(group, n, options, results):
    failed = []
    rounds = options.rounds if n <= 1000 else 1
    certs.ensure(n + 1)
    for turn in range(rounds):
        for peer in group:
            r = w6(peer, options, n) if n <= peer.max_domains else {"failed": "not feasible here"}
            key = f"{n}/{peer.name}"
            runs = results["runs"].setdefault(f"W6/{key}", [])
            if turn == 0:
                runs.clear()
            runs.append(r)
            results["domains"][key] = numbers(runs)
            log("W6", key, r)
            if "failed" in r:
                failed.append(f"W6/{key}")
            save(results, options)
    return failed


if __name__ == "__main__":
    sys.exit(main())
