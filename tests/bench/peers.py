"""One adapter per proxy: write its configuration for N domains, start it, add a domain live.

Every adapter serves https on 127.0.0.1:PORT (HTTP/1.1 and HTTP/2), knows the hosts of
certs.host(0..n-1) only, refuses other hosts, keeps upstream connections alive, adds
X-Forwarded-For/-Proto where it can, logs accesses only where that is asked for, and runs one worker thread.
"""
import json
import os
import shlex
import shutil
import signal
import subprocess
import time

import certs

CORES = sorted(os.sched_getaffinity(0))
CORE = CORES[0]     # the proxy's core; client and upstream get the last one
NICE = 0            # priority of what is measured (run.py --nice)
DEBIAN13 = os.environ.get("DEBIAN13", "/tmp/peers/trixie")
TICK = os.sysconf("SC_CLK_TCK")


RUN = os.environ.get("BENCH_RUN", "/tmp/bench-run")


def logs_accesses():
    """Whether each peer writes a line for each request (run.py --access-log)."""
    return os.environ.get("BENCH_ACCESS_LOG") == "1"


class Peer:
    name = "?"
    tls = "OpenSSL 3.0"
    notes = ""
    live_add = "?"          # how add_domain works, for the report
    max_domains = 100_000   # more is known not to be feasible here

    def __init__(self, port, upstream):
        self.port, self.upstream = port, upstream
        self.dir = f"{RUN}/{port}/{self.name}"
        self.proc, self.n = None, 0

    # --- to be defined by each adapter
    def version(self):
        raise NotImplementedError

    def write_config(self, n):
        raise NotImplementedError

    def command(self):
        raise NotImplementedError

    def add_domain(self, i):
        """Makes host(i) known to the running proxy; returns when the request was accepted."""
        raise NotImplementedError

    # --- common to all
    def configure(self, n):
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.dir)
        self.n = n
        self.write_config(n)

    def file(self, name, text=None):
        path = f"{self.dir}/{name}"
        if text is not None:
            with open(path, "w") as f:
                f.write(text)
        return path

    def start(self):
        self.log = open(self.file("output.log"), "wb")
        self.proc = subprocess.Popen(self.command(), cwd=self.dir, stdin=subprocess.DEVNULL,
                                     stdout=self.log, stderr=self.log,
                                     start_new_session=True,
                                     preexec_fn=lambda: pin(CORE))

    def tail(self):
        with open(self.file("output.log"), "rb") as f:
            return f.read()[-300:].decode(errors="replace")

    def pids(self):
        """Every process of the session started above: master, workers, old workers."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if _stat(pid)[3] == str(self.proc.pid):
                    found.append(int(pid))
            except (FileNotFoundError, ProcessLookupError):
                pass
        return found

    def cpu(self):
        """CPU seconds so far, all processes, reaped children included."""
        total = 0
        for pid in self.pids():
            try:
                total += sum(map(int, _stat(pid)[11:15]))
            except (FileNotFoundError, ProcessLookupError):
                pass
        return total / TICK

    def memory(self):
        """MiB: peak RSS summed over processes, and PSS (shared pages counted once)."""
        hwm = pss = 0
        for pid in self.pids():
            try:
                hwm += _field(f"/proc/{pid}/status", "VmHWM:")
                pss += _field(f"/proc/{pid}/smaps_rollup", "Pss:")
            except (FileNotFoundError, ProcessLookupError):
                pass
        return {"hwm_mib": round(hwm / 1024, 1), "pss_mib": round(pss / 1024, 1)}

    def stop(self):
        if not self.proc:
            return
        for sig, wait in ((signal.SIGTERM, 3), (signal.SIGKILL, 10)):
            for pid in self.pids():
                try:
                    os.kill(pid, sig)
                except ProcessLookupError:
                    pass
            end = time.time() + wait
            while time.time() < end and any(_stat_state(p) not in "ZX" for p in self.pids()):
                time.sleep(0.05)
        self.proc.wait()
        self.log.close()
        self.proc = None


def pin(core):
    """For preexec_fn: own core, own session and the chosen priority.

    Linux shares time between sessions first (autogroup), so that is raised as well.
    """
    os.sched_setaffinity(0, {core})
    if NICE:
        os.nice(NICE)
        try:
            with open("/proc/self/autogroup", "w") as f:
                f.write(str(NICE))
        except OSError:
            pass


def _stat(pid):
    with open(f"/proc/{pid}/stat") as f:
        return f.read().rpartition(")")[2].split()      # [0] is the state, [3] the session


def _stat_state(pid):
    try:
        return _stat(pid)[0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"


def _field(path, key):
    with open(path) as f:
        return next((int(line.split()[1]) for line in f if line.startswith(key)), 0)


def _output(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout.strip()


def debian13(binary):
    """Debian 13 packages unpacked by install-peers.sh, run with their own C library and OpenSSL."""
    libs = f"{DEBIAN13}/usr/lib/x86_64-linux-gnu"
    return [f"{libs}/ld-linux-x86-64.so.2", "--library-path", libs, f"{DEBIAN13}/usr/sbin/{binary}"]


class Nginx(Peer):
    name = "nginx"
    tls = "OpenSSL 3.5"
    binary = debian13("nginx")
    listen, http2 = "ssl", "http2 on;"
    live_add = "rewrite config + SIGHUP (new worker)"
    notes = "Debian 13's; one server block per domain; shared session cache and tickets on"

    def version(self):
        return _output(*self.binary, "-v").split("/")[-1]

    def certificates(self, n):
        block = ("server {{ listen 127.0.0.1:%d %s; server_name {h}; ssl_certificate {p};"
                 " ssl_certificate_key {p}; location / {{ proxy_pass http://app; }} }}\n"
                 % (self.port, self.listen))
        return "".join(block.format(h=certs.host(i), p=certs.pem(i)) for i in range(n))

    def write_config(self, n):
        hash_size = max(512, 4 * n)
        self.conf = self.file("nginx.conf", f"""
daemon off;
worker_processes 1;
pid {self.dir}/nginx.pid;
error_log {self.dir}/error.log error;
events {{ worker_connections 19000; }}
http {{
  access_log {f"{self.dir}/access.log" if logs_accesses() else "off"}; {self.http2}
  client_body_temp_path {self.dir}/body; proxy_temp_path {self.dir}/proxy;
  fastcgi_temp_path {self.dir}/f; uwsgi_temp_path {self.dir}/u; scgi_temp_path {self.dir}/s;
  server_names_hash_max_size {hash_size}; server_names_hash_bucket_size 128;
  map_hash_max_size {hash_size}; map_hash_bucket_size 128;
  keepalive_timeout 600s; keepalive_requests 100000000;
  ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:tls:20m;
  upstream app {{ server {self.upstream}; keepalive 600; keepalive_requests 100000000; }}
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto https;
  proxy_max_temp_file_size 0;
  server {{ listen 127.0.0.1:{self.port} {self.listen} default_server backlog=4096; ssl_reject_handshake on; }}
{self.certificates(n)}}}
""")

    def command(self):
        return [*self.binary, "-e", f"{self.dir}/error.log", "-c", self.conf]

    def add_domain(self, i):
        self.write_config(i + 1)
        os.kill(self.proc.pid, signal.SIGHUP)


class Haproxy(Peer):
    name = "haproxy"
    tls = "OpenSSL 3.5"
    binary = debian13("haproxy")
    live_add = "not tried"
    notes = "Debian 13's; a list of certificates, names in a file; session cache and tickets on"

    def version(self):
        return _output(*self.binary, "-v").split()[2]

    def write_config(self, n):
        names = range(n)
        certificates = self.file("certificates", "".join(f"{certs.pem(i)}\n" for i in names))
        hosts = self.file("hosts", "".join(f"{certs.host(i)}\n" for i in names))
        log = "log stdout format raw daemon\n  option httplog" if logs_accesses() else ""
        self.conf = self.file("haproxy.cfg", f"""
global
  maxconn 9800
  nbthread 1
  ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
  mode http
  {log}
  timeout connect 5s
  timeout client 600s
  timeout server 60s
  timeout http-keep-alive 600s
  http-reuse always
frontend edge
  bind 127.0.0.1:{self.port} ssl crt-list {certificates} strict-sni alpn h2,http/1.1 backlog 4096
  http-request deny deny_status 404 unless {{ req.hdr(host),host_only -i -f {hosts} }}
  http-request set-header X-Forwarded-Proto https
  option forwardfor
  default_backend app
backend app
  server app {self.upstream} pool-max-conn 600
""")

    def command(self):
        return [*self.binary, "-f", self.conf]


class Command(Peer):
    """Any proxy, driven by a script: SCRIPT VERB DIR PORT UPSTREAM CERT_DIR N.

    VERB is `version`, `config` (write files for hosts 0..N-1 to DIR), `run` (stay in the
    foreground) or `add` (make host N known to the running proxy).
    """
    name = "command"
    tls = "?"
    live_add = "script"
    script = shlex.split(os.environ.get("BENCH_COMMAND", "false"))

    def verb(self, verb, n):
        return [*self.script, verb, self.dir, str(self.port), self.upstream, certs.DIR, str(n)]

    def version(self):
        return _output(*self.verb("version", 0))

    def write_config(self, n):
        subprocess.run(self.verb("config", n), check=True)

    def command(self):
        return self.verb("run", self.n)

    def add_domain(self, i):
        subprocess.run(self.verb("add", i), check=True)


class Marque(Command):
    name = "marque"
    tls = "rustls (aws-lc-rs)"
    live_add = "control plane API: tenant, account, domain, certificate"
    notes = "both planes, lock-down on, one tenant, platform name and uploaded certificate per host"
    script = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "adapter")]


ALL = {c.name: c for c in (Nginx, Haproxy, Marque, Command)}
