"""A server that answers as the archive does, and as servers and networks do.

    python3 archive_server.py FOLDER          # makes FOLDER/ca.pem, FOLDER/files; prints the address when it listens

Events are called after what goes wrong with them: GW150914 (nothing), GW-busy (429, twice, with Retry-After), GW-error (500, once), GW-cut (the
connection is cut again and again; Range is obeyed), GW-changed (cut, and then the file is another one), GW-redirect (to http), GW-trickle (a byte
a second), GW-wrong (another detector's file), GW-gone (404), GW-damaged (a file that is cut but has its promised length), GW-old (known to version 1
only), GW-pages (one file a page, and one that was promised and is on none).  GW-slow and GW230529 (a second and a half a file; while there is a FOLDER/hold, no more than half of it).  Files of HDF5 are those of FOLDER/hdf.  FOLDER/log has a line for each request.

It is a data-find server too: the frames of FOLDER/frames are on this machine, those of FOLDER/remote come over https.  The type H1_CLOSED wants the
token $ARCHIVE_SERVER_TOKEN or a certificate.

What is posted to /hooks/NAME is a line of JSON in FOLDER/posts; NAME is redirect (to another address), busy (503, once), closed
(403), away (the connection is cut, twice), slow (a second) or anything.
"""
import gzip
import http.server
import json
import os
import re
import socketserver
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse

folder = sys.argv[1]
files = os.path.join(folder, "files")
os.makedirs(files, exist_ok=True)
START, SECONDS, RATE = 1126259447, 32, 4096
# Of a data-find server: type, and of each file the start, the length, and where it is.
FRAMES = {"H1_TEST": [(1000000000, 16, ("file", "https")), (1000000016, 16, ("https", "osdf")), (1000000048, 16, ("osdf", "https"))],
          "H1_LOCAL": [(1000000000, 16, ("file",))], "H1_FAR": [(1000000000, 16, ("osdf",))], "H1_TAPE": [(1000000000, 16, ("gsiftp",))]}
TOKEN = os.environ.get("ARCHIVE_SERVER_TOKEN", "-")
seen = {}
lock = threading.Lock()


def make(ifo, k):
    head = "# Gravitational wave strain for test for %s\n# This file has %d samples per second\n# starting GPS %d duration %d\n" % (
        ifo, RATE, START, SECONDS)
    rows = "".join("%.6e\n" % (((i * 37 + k) % 203 - 100) * 1e-21) for i in range(RATE * SECONDS))
    return gzip.compress((head + rows).encode(), 1, mtime=k)


CONTENT = {ifo: make(ifo, k) for k, ifo in enumerate(("H1", "L1"))}
OTHER = make("H1", 7)


def name(ifo):
    return "%s-%s_GWOSC_4KHZ_R1-%d-%d.txt.gz" % (ifo[0], ifo, START, SECONDS)


def page(results, count=None, number=1, pages=1, following=None):
    """The envelope of version 2."""
    return {"next": following, "previous": None, "results_count": len(results) if count is None else count, "results_per_page": 20, "num_pages": pages,
            "page_number": number, "results": results}


def hdf_item(base, event, ifo):
    return dict(item(base, event, ifo), file_format="HDF",
                download_url=base + "/files/%s/%s" % (event, name(ifo).replace(".txt.gz", ".hdf5")))


def item(base, event, ifo):
    return {"gps_start": START, "detector": ifo, "sample_rate_kHz": 4, "duration": SECONDS, "file_format": "TXT",
            "download_url": base.replace("https:", "http:") + "/files/%s/%s?format=api" % (event, name(ifo))}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def answer(self, code, body=b"", headers=()):
        self.send_response(code)
        for k, v in headers:
            self.send_header(k, v)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def json(self, doc):
        self.answer(200, json.dumps(doc).encode(), [("Content-Type", "application/json")])

    def cut(self):
        self.close_connection = True
        self.connection.close()

    def do_GET(self):
        path, _, query = self.path.partition("?")
        with lock:
            seen[path] = count = seen.get(path, 0) + 1
            with open(os.path.join(folder, "log"), "a") as f:
                f.write("%s %s%s\n" % (self.path, self.headers.get("Range", "-"), " with a token" if "Authorization" in self.headers else ""))
        base = "https://localhost:%d" % self.server.server_address[1]
        parts = path.strip("/").split("/")
        if parts[0] == "files":
            return self.file(parts[1], parts[2], count)
        if path.startswith("/api/v2/events/"):
            event = parts[3]
            if event == "GW-old" or not event.startswith("GW") or event == "GW000000":
                return self.answer(404, b"{}")
            return self.json({"name": event, "versions": [{"version": 1}, {"version": 3}]})
        if path.startswith("/api/v2/event-versions/") and path.endswith("/strain-files"):
            event = parts[3].rsplit("-v", 1)[0]
            if event == "GW-busy" and count <= 2:
                return self.answer(429, b"", [("Retry-After", "0")])
            if event == "GW-error" and count == 1:
                return self.answer(500)
            if "duration=4096" in query and event != "GW-pages":
                return self.json(page([]))
            kind = hdf_item if "file-format=hdf" in query else item
            items = [kind(base, event, ifo) for ifo in ("L1", "H1")]
            if event != "GW-pages":
                return self.json(page(items))
            number = int(query.partition("page=")[2] or 1) if "page=" in query else 1
            after = base.replace("https:", "http:") + path + "?page=2" if number == 1 else None
            return self.json(page(items[number - 1:number], 3, number, 2, after))
        if path == "/api/v2/event-versions":
            return self.json(page([{"name": "GW150914", "shortName": "GW150914-v3", "gps": 1126259462.4, "version": 3,
                                                         "catalog": "GWTC-1-confident",
                                                         "detectors": ["H1", "L1"],
                                    "default_parameters": [{"name": "mass_1_source", "best": 35.6, "upper_error": 4.7, "lower_error": -3.1}]}]))
        if path == "/api/v2/catalogs":
            return self.json(page([{"name": "GWTC-1-confident", "description": "first"}]))
        if path == "/api/v2/runs":
            return self.json(page([{"name": "O1", "gps_start": 1126051217, "gps_end": 1137254417, "description": "the first"}]))
        if path == "/api/v2/strain-files" or path == "/api/v2/runs/O1/strain-files":
            items = [dict(item(base, "bulk", ifo), txt_url=item(base, "bulk", ifo)["download_url"]) for ifo in ("H1", "L1", "H1")]
            for i in items:
                del i["download_url"], i["file_format"]
            return self.json(page(items))
        if path == "/api/v2/timelines/H1_CBC_CAT1/segments":
            return self.json(page([[1126259446, 1126259450], {"start": 1126259460, "stop": 1126259478}]))
        if path == "/eventapi/json/allevents/":
            return self.json({"events": {"GW-old-v2": {"commonName": "GW-old_1", "version": 2, "jsonurl": base + "/eventapi/json/x/"}}})
        if path == "/eventapi/json/x/":
            strain = [{"detector": ifo, "GPSstart": START, "duration": SECONDS, "sampling_rate": RATE, "format": "txt",
                       "url": item(base, "GW-old", ifo)["download_url"]} for ifo in ("H1", "L1")]
            return self.json({"events": {"GW-old-v2": {"commonName": "GW-old_1", "version": 2, "strain": strain}}})
        if parts[0] == "api" and parts[1:2] == ["version"]:
            return self.json({"version": "2.0.0", "api": "v1"})
        if path.startswith("/api/v1/") or path.startswith("/LDR/services/data/v1/"):
            return self.datafind(parts[2 if parts[0] == "api" else 4:], query, base)
        if parts[0] in ("frames", "gwdata"):
            return self.frame(parts)
        if path == "/timeline/segments/json/O1/H1_OLD/1126259446/32/":
            return self.json({"segments": [[1126259446, 1126259450]]})
        return self.answer(404, b"{}")

    def datafind(self, parts, query, base):
        """The data-find server: ["gwf", "H", "H1_TEST", "1000,2000", "file.json"] and its like; the type H1_CLOSED wants a token or a certificate."""
        parts[-1] = parts[-1].removesuffix(".json")
        if parts[0] != "gwf" or len(parts) > 1 and parts[1] not in ("H", "all"):
            return self.answer(404, b"{}")
        if len(parts) == 1:
            return self.json(["H", "L"])
        if len(parts) == 2:
            return self.json(sorted(FRAMES) + ["H1_CLOSED"])
        if parts[2] == "R":  # the ping of the older interface
            return self.json([])
        if parts[2] == "H1_CLOSED" and self.headers.get("Authorization") != "Bearer " + TOKEN and not self.connection.getpeercert():
            return self.answer(401, b"{}")
        if parts[2] == "H1_MOVED":
            return self.answer(302, b"", [("Location", base.replace("localhost", "127.0.0.1") + "/api/v1/gwf/H/H1_CLOSED/latest.json")])
        known = FRAMES.get(parts[2], FRAMES["H1_TEST"] if parts[2] == "H1_CLOSED" else [])
        segments = [[s, s + d] for s, d, _ in known]
        if parts[3] == "segments":
            begin, end = map(int, parts[4].split(",")) if len(parts) > 4 else (0, 1 << 40)
            return self.json([[max(begin, s), min(end, e)] for s, e in segments if s < end and e > begin])
        if parts[3] == "latest":
            wanted = known[-1:]
        elif "," in parts[3]:
            begin, end = map(int, parts[3].split(","))
            wanted = [f for f in known if f[0] < end and f[0] + f[1] > begin]
        else:
            wanted = [f for f in known if parts[3] == "H-%s-%d-%d.gwf" % (parts[2], f[0], f[1])]
            if not wanted:
                return self.answer(404, b"{}")
        urls = []
        for s, d, places in wanted:
            file = "H-%s-%d-%d.gwf" % (parts[2] if parts[2] != "H1_CLOSED" else "H1_TEST", s, d)
            for place in places:
                urls.append({"file": "file://localhost" + os.path.abspath(os.path.join(folder, "frames", file)), "https": base + "/frames/" + file,
                             "osdf": "osdf:///gwdata/" + file, "gsiftp": "gsiftp://ldas.example:15000/" + file}[place])
        if len(parts) > 4:
            urls = [u for u in urls if u.startswith(parts[4] + ":")]
        match = urllib.parse.parse_qs(query).get("match")
        if match:
            urls = [u for u in urls if re.search(match[0], u)]
        return self.json(urls)

    def frame(self, parts):
        """/frames/NAME is the file; /gwdata/NAME, as a director, sends on to a cache, which is on another port of the federation's hosts."""
        if parts[0] == "gwdata":
            return self.answer(307, b"", [("Location", "https://localhost:%d/frames/%s" % (self.server.server_address[1], parts[1]))])
        try:
            with open(os.path.join(folder, "remote", os.path.basename(parts[1])), "rb") as f:
                return self.answer(200, f.read(), [("ETag", '"frame"')])
        except OSError:
            return self.answer(404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = self.path.partition("?")[0]
        with lock:
            seen[path] = count = seen.get(path, 0) + 1
            if path == "/hooks/away" and count <= 2:
                return self.cut()
            with open(os.path.join(folder, "posts"), "a") as f:
                f.write(json.dumps({"path": path, "headers": dict(self.headers), "body": body.decode("latin-1")}) + "\n")
        if path == "/hooks/redirect":
            return self.answer(307, b"", [("Location", "/hooks/other")])
        if path == "/hooks/busy" and count == 1:
            return self.answer(503, b"", [("Retry-After", "0")])
        if path == "/hooks/closed":
            return self.answer(403)
        if path == "/hooks/slow":
            time.sleep(1)
        return self.answer(200, b"%d bytes" % len(body))

    def file(self, event, wanted, count):
        ifo = wanted[2:4]
        data, tag = CONTENT[ifo], '"%s"' % ifo
        if wanted.endswith(".hdf5"):
            with open(os.path.join(folder, "hdf", wanted), "rb") as f:
                data, tag = f.read(), '"hdf %s"' % ifo
        if event == "GW-gone":
            return self.answer(404)
        if event == "GW-redirect":
            return self.answer(302, b"", [("Location", "http://localhost:1/" + wanted)])
        if event == "GW-wrong":
            data = CONTENT["L1" if ifo == "H1" else "H1"]
        if event == "GW-damaged":
            data = data[:len(data) // 2] + bytes(len(data) - len(data) // 2)
        if event == "GW-changed" and count > 1 and ifo == "H1":
            data, tag = OTHER, '"other"'
        begin = 0
        if self.headers.get("Range") and self.headers.get("If-Range") == tag:
            begin = int(self.headers["Range"][6:].rstrip("-"))
        rest = data[begin:]
        self.send_response(206 if begin else 200)
        self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(rest)))
        if begin:
            self.send_header("Content-Range", "bytes %d-%d/%d" % (begin, len(data) - 1, len(data)))
        self.end_headers()
        if (event == "GW-cut" and len(rest) > 20000) or (event == "GW-changed" and count == 1 and ifo == "H1"):
            self.wfile.write(rest[:max(20000, len(rest) // 3)])
            self.wfile.flush()
            return self.cut()
        if event == "GW-trickle" and count == 1 and ifo == "H1":
            for k in range(30):
                self.wfile.write(rest[k:k + 1])
                time.sleep(1)
            return self.cut()
        if event in ("GW-slow", "GW230529"):
            for k in range(0, len(rest), 1024):
                self.wfile.write(rest[k:k + 1024])
                time.sleep(1.5 * 1024 / len(data))
                while begin + k > len(data) / 2 and os.path.exists(os.path.join(folder, "hold")):
                    time.sleep(0.05)
            return None
        self.wfile.write(rest)
        return None


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, request, address):
        pass


subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder + "/key.pem", "-out", folder + "/ca.pem", "-days",
                "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"], check=True, stderr=subprocess.DEVNULL)
server = Server(("localhost", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder + "/ca.pem", folder + "/key.pem")
context.load_verify_locations(folder + "/ca.pem")
context.verify_mode = ssl.CERT_OPTIONAL  # the server's own certificate is the one that a client may show
server.socket = context.wrap_socket(server.socket, server_side=True)
for ifo in CONTENT:
    with open(os.path.join(files, name(ifo)), "wb") as f:
        f.write(CONTENT[ifo])
with open(os.path.join(files, "other"), "wb") as f:
    f.write(OTHER)
with open(os.path.join(folder, "address.new"), "w") as f:
    f.write("https://localhost:%d\n" % server.server_address[1])
os.rename(os.path.join(folder, "address.new"), os.path.join(folder, "address"))
server.serve_forever()
