"""The answers of our own test server as the field's clients take them, and our client beside them on the same server.

    python3 archive.py SERVER.py GWSPIKE MAKE_STRAIN       # needs gwdatafind==2.1.1 and gwosc==0.8.3

gwdatafind asks the server of tests/cli/archive_server.py by both interfaces and must get what `gwspike fetch` gets: sites, types, times, addresses of each
kind, the newest, one by name, a regular expression, a token.  gwosc must find an event's files there as `gwspike fetch` does.  So the server's answers
have the shapes that these clients expect.  Prints how many comparisons there were.
"""
import base64
import json
import os
import subprocess
import sys
import tempfile
import time

server_py, gwspike, make_strain = sys.argv[1:4]
folder = tempfile.mkdtemp()
server = os.path.join(folder, "server")
for sub in ("frames", "remote"):
    os.makedirs(os.path.join(server, sub))
for t in (1000000000, 1000000016, 1000000048):
    subprocess.run([make_strain, "%s/remote/H-H1_TEST-%d-16.gwf" % (server, t), "frame", str(t)], check=True)
part = lambda d: base64.urlsafe_b64encode(json.dumps(d).encode()).rstrip(b"=").decode()
os.environ["ARCHIVE_SERVER_TOKEN"] = token = ".".join((part({"alg": "RS256"}), part({"aud": "ANY", "exp": 4000000000, "scope": "gwdatafind.read"}), "c2ln"))
process = subprocess.Popen([sys.executable, server_py, server], stderr=subprocess.DEVNULL)
compared = 0


def same(a, b, what):
    global compared
    compared += 1
    if a != b:
        raise SystemExit("%s: the client has %s, gwspike %s" % (what, a, b))


def ours(*words, key="url", **env):
    out = subprocess.run([gwspike, "fetch", "--json", "--dry-run", *words] if "--show" not in words[0] else [gwspike, "fetch", "--json", *words], check=True,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=dict(os.environ, **env)).stdout.decode()
    return [json.loads(line)[key] if isinstance(key, str) else [json.loads(line)[k] for k in key] for line in out.splitlines()]


try:
    while not os.path.exists(server + "/address"):
        time.sleep(0.1)
    address = open(server + "/address").read().strip()
    ca = server + "/ca.pem"
    os.environ.update(GWDATAFIND_SERVER=address, REQUESTS_CA_BUNDLE=ca, GWSPIKE_CA_FILE=ca, GWOSC_SERVER_URL=address, XDG_RUNTIME_DIR=folder, HOME=folder)
    import gwdatafind
    interval = ["--gps-start-time", "1000000000", "--gps-end-time", "1000000064"]
    for api in ("v1", "ldr"):
        env = {"GWDATAFIND_API": api}
        gwdatafind.ping(api=api)
        same(sorted(gwdatafind.find_observatories(api=api)), ours("--show-observatories", key="observatory", **env), "sites")
        same(sorted(gwdatafind.find_types(site="H", api=api)), ours("--show-types", "--observatory", "H", key="type", **env), "types")
        same([list(s) for s in gwdatafind.find_times("H", "H1_TEST", api=api)],
             ours("--show-times", "--type", "H1_TEST", key=("gps_start", "gps_end"), **env), "times")
        same([list(s) for s in gwdatafind.find_times("H", "H1_TEST", 1000000004, 1000000020, api=api)],
             ours("--show-times", "--type", "H1_TEST", "--gps-start-time", "1000000004", "--gps-end-time", "1000000020", key=("gps_start", "gps_end"), **env), "times")
        for urltype in ("file", "https", "osdf"):
            same(sorted(gwdatafind.find_urls("H", "H1_TEST", 1000000000, 1000000064, urltype=urltype, on_gaps="ignore", api=api)),
                 sorted(ours("--type", "H1_TEST", *interval, "--url-type", urltype, **env)), urltype)
        same(gwdatafind.find_urls("H", "H1_TEST", 1000000000, 1000000064, urltype="https", match="TEST-1000000016", on_gaps="ignore", api=api),
             ours("--type", "H1_TEST", *interval, "--url-type", "https", "--match", "TEST-1000000016", **env), "match")
        same(gwdatafind.find_latest("H", "H1_TEST", urltype="https", api=api), ours("--type", "H1_TEST", "--latest", "--url-type", "https", **env), "latest")
        same(gwdatafind.find_url("H-H1_TEST-1000000016-16.gwf", urltype="https", api=api), [address + "/frames/H-H1_TEST-1000000016-16.gwf"], "by name")
        same(gwdatafind.find_latest("H", "H1_CLOSED", urltype="https", api=api, token=token),
             ours("--type", "H1_CLOSED", "--latest", "--url-type", "https", BEARER_TOKEN=token, **env), "with a token")
        try:
            gwdatafind.find_latest("H", "H1_CLOSED", api=api, token=False)
            raise SystemExit("the server gives what is closed to anyone")
        except Exception as e:
            same("401" in str(e), True, "without a token: %s" % e)
    from gwosc.locate import get_event_urls
    urls = get_event_urls("GW150914", format="hdf5", sample_rate=4096, duration=32, host=address)
    same(sorted(u.replace("http:", "https:").partition("?")[0] for u in urls), sorted(ours("GW150914")), "an event")
    print("archive: %d comparisons with gwdatafind %s" % (compared, gwdatafind.__version__))
finally:
    process.kill()
    subprocess.run(["rm", "-rf", folder])
