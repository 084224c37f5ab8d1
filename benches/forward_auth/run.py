#!/usr/bin/env python3
"""Cost of forward authentication: nginx alone, nginx that asks the service, nginx with a check in Lua.

All three stand before the same API, with the same token, which is known to both checks after the first
request. They are measured in turns, so a slower machine slows all of them. CPU time is that of the
processes, as Linux accounts for it; wrk's own is not included. Everything listens on loopback, and the whole
ends after ROUNDS x 3 x SECONDS, and some seconds to start.

Needs Linux, wrk, openssl, and Debian's nginx-light, libnginx-mod-http-lua and lua-cjson.
"""

import argparse
import base64
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULES = Path("/usr/lib/nginx/modules")
ISSUER, AUDIENCE, SCOPE = "https://issuer.example/", "https://api.example", "notes:read"
POLICY = f'[[routes]]\nmethods = ["GET"]\npath = "/notes"\npolicy = "scope {SCOPE}"\n'
CONNECTION = 'proxy_http_version 1.1; proxy_set_header Connection "";'


def main():
    options = parse()
    with tempfile.TemporaryDirectory(prefix="forward-auth-bench-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        processes = []
        try:
            run(options, directory, processes)
        finally:
            for process in processes:
                process.send_signal(signal.SIGTERM)
            for process in processes:
                process.wait()


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = ROOT / "target/release/actix-resource-server"
    parser.add_argument("--service", type=Path, default=default, help="the program to measure")
    parser.add_argument("--seconds", type=int, default=5, help="of each measurement, 1 to 30")
    parser.add_argument("--rounds", type=int, default=5, help="1 to 20")
    parser.add_argument("--connections", type=int, default=32, help="1 to 256")
    options = parser.parse_args()
    for value, most in ((options.seconds, 30), (options.rounds, 20), (options.connections, 256)):
        if not 1 <= value <= most:
            parser.error(f"{value} is not from 1 to {most}")
    for program in ("nginx", "wrk", "openssl"):
        if not shutil.which(program):
            parser.error(f"{program} is not installed")
    if not options.service.exists():
        parser.error(f"{options.service} does not exist; run cargo build --release")
    return options


def run(options, directory, processes):
    key, public = directory / "key.pem", directory / "public.pem"
    command("openssl", "genrsa", "-out", key, "2048")
    command("openssl", "rsa", "-in", key, "-pubout", "-out", public)
    public.chmod(0o644)
    token = make_token(key)
    (directory / "policy.toml").write_text(POLICY)
    service_port, api_port, *ports = free_ports(5)
    service = start_service(options.service, directory, service_port)
    processes.append(service)
    servers = [("the API", start_nginx(directory, "api", api_configuration(api_port)))]
    processes.append(servers[0][1])
    kinds = ("nginx alone", "nginx with auth_request", "nginx with a check in Lua")
    for kind, port in zip(kinds, ports):
        text = configuration(kind, directory, port, service_port, api_port)
        servers.append((kind, start_nginx(directory, kind.replace(" ", "-"), text)))
        processes.append(servers[-1][1])
    api = servers[0][1]
    for port in (service_port, api_port, *ports):
        wait_for(port)
    for kind, port in zip(kinds, ports):
        check(kind, port, token)

    results = {kind: [] for kind in kinds}
    for round_ in range(options.rounds):
        for (kind, proxy), port in zip(servers[1:], ports):
            watched = {"proxy": proxy, "service": service, "API": api}
            results[kind].append(measure(options, port, token, watched))
        print(f"round {round_ + 1} of {options.rounds}", file=sys.stderr)
    show(results)


def measure(options, port, token, watched):
    """One run of wrk: requests a second, and microseconds of CPU time a request for each process."""
    before = {name: cpu_time(process) for name, process in watched.items()}
    output = command(
        "wrk", "-t1", f"-c{options.connections}", f"-d{options.seconds}s",
        "-H", f"Authorization: Bearer {token}", f"http://127.0.0.1:{port}/notes",
    )
    used = {name: cpu_time(process) - before[name] for name, process in watched.items()}
    if "Non-2xx" in output or "Socket errors" in output:
        sys.exit(f"not every request was answered 200:\n{output}")
    requests = int(re.search(r"(\d+) requests in", output)[1])
    rate = float(re.search(r"Requests/sec: +([\d.]+)", output)[1])
    return {"rate": rate, **{name: time / 1000 / requests for name, time in used.items()}}


def show(results):
    print("| | requests a second | to alone | CPU a request, µs: proxy | service | API | proxy and service | to alone |")
    print("|---|---|---|---|---|---|---|---|")
    alone = results["nginx alone"]
    cost = lambda one: one["proxy"] + one["service"]
    for kind, measured in results.items():
        median = lambda value: statistics.median(map(value, measured))
        pairs = list(zip(measured, alone))
        rates = statistics.median(one["rate"] / other["rate"] for one, other in pairs)
        costs = statistics.median(cost(one) / cost(other) for one, other in pairs)
        figures = [median(lambda one, name=name: one[name]) for name in ("proxy", "service", "API")]
        columns = " | ".join(f"{figure:.1f}" for figure in figures)
        rate = median(lambda one: one["rate"])
        print(f"| {kind} | {rate:.0f} | {rates:.2f} | {columns} | {median(cost):.1f} | {costs:.2f} |")


def cpu_time(process):
    """Nanoseconds of CPU time of a process and its children so far."""
    total = 0
    for pid in [process.pid, *children(process.pid)]:
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
    return total


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def make_token(key):
    now = int(time.time())
    header = {"alg": "RS256", "typ": "at+jwt"}
    claims = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": "auth0|0123456789", "client_id": "app",
        "scope": f"openid profile {SCOPE}", "iat": now, "exp": now + 3600, "filling": "x" * 150,
    }
    signed = ".".join(encode(json.dumps(part).encode()) for part in (header, claims))
    sign = ["openssl", "dgst", "-sha256", "-sign", str(key)]
    signature = subprocess.run(sign, input=signed.encode(), capture_output=True, check=True).stdout
    return f"{signed}.{encode(signature)}"


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def start_service(program, directory, port):
    settings = {
        "ISSUER": ISSUER, "AUDIENCE": AUDIENCE, "PUBLIC_KEY_FILE": str(directory / "public.pem"),
        "PORT": str(port), "WORKERS": "1", "ACCESS_LOG": "off", "MANAGEMENT_ADDR": "off",
        "FORWARD_AUTH": str(directory / "policy.toml"), "TRUSTED_PROXIES": "127.0.0.1",
    }
    log = (directory / "service.log").open("w")
    return subprocess.Popen([program.resolve(), "serve"], env=settings, stdout=log, stderr=log, cwd=directory)


def start_nginx(directory, name, text):
    prefix = directory / name
    prefix.mkdir()
    (prefix / "nginx.conf").write_text(text)
    return subprocess.Popen(["nginx", "-p", prefix, "-c", "nginx.conf", "-e", "stderr"])


def api_configuration(port):
    return f"""
daemon off; pid nginx.pid; worker_processes 1; events {{}}
http {{
    access_log off; keepalive_requests 1000000000;
    server {{ listen 127.0.0.1:{port}; location / {{ return 200 "notes\\n"; }} }}
}}
"""


def configuration(kind, directory, port, service_port, api_port):
    """The recipe of deploy/forward-auth, or one that differs in the check alone."""
    text = (ROOT / "deploy/forward-auth/nginx/nginx.conf").read_text()
    text = text.replace("0.0.0.0:8080", f"127.0.0.1:{port}")
    text = text.replace("127.0.0.1:3010", f"127.0.0.1:{service_port}")
    head = f"upstream api {{ server 127.0.0.1:{api_port}; keepalive 64; }} keepalive_requests 1000000000;"
    text = text.replace("access_log off;", f"access_log off; {head}")
    text = text.replace("proxy_pass http://127.0.0.1:9000;", f"proxy_pass http://api; {CONNECTION}")
    text = f"worker_processes 1;\n{text}"
    if kind == "nginx with auth_request":
        return text
    start = text.index("        location / {")
    check = ""
    if "Lua" in kind:
        check = f'access_by_lua_block {{ require("check").check("{AUDIENCE}", "{SCOPE}") }}'
        modules = ("ndk_http_module.so", "ngx_http_lua_module.so")
        text_of_modules = "".join(f"load_module {MODULES / name};\n" for name in modules)
        path = f'lua_package_path "{Path(__file__).parent}/?.lua;;";'
        init = f'init_by_lua_block {{ require("check").start("{directory}/public.pem") }}'
    body = f"location / {{ {check} proxy_pass http://api; {CONNECTION} }}"
    text = f"{text[:start]}{body}\n}} }}\n"
    if "Lua" in kind:
        text = text_of_modules + text.replace("http {", f"http {{ {path} {init}", 1)
    return text


def check(kind, port, token):
    """Fails unless the token is let through, and, where there is a check, nothing else."""
    def status(headers):
        request = urllib.request.Request(f"http://127.0.0.1:{port}/notes", headers=headers)
        try:
            return urllib.request.urlopen(request, timeout=5).status
        except urllib.error.HTTPError as fault:
            return fault.code

    broken = token[:-8] + "AAAAAAAA"
    expected = 200 if kind == "nginx alone" else 401
    seen = [status({"Authorization": f"Bearer {text}"}) for text in (token, broken)] + [status({})]
    if seen != [200, expected, expected]:
        sys.exit(f"{kind} answers {seen} to a good token, a bad one and none")


def wait_for(port):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            return socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
    sys.exit(f"nothing listens at port {port}")


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def command(*words):
    result = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=True)
    return result.stdout


if __name__ == "__main__":
    main()
