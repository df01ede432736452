"""A server that answers as the archive does, and as servers and networks do.

    python3 archive_server.py FOLDER          # makes FOLDER/ca.pem, FOLDER/files; prints the address when it listens

Events are called after what goes wrong with them: GW150914 (nothing), GW-busy (429, twice, with Retry-After), GW-error (500, once), GW-cut (the
connection is cut again and again; Range is obeyed), GW-changed (cut, and then the file is another one), GW-redirect (to http), GW-trickle (a byte
a second), GW-wrong (another detector's file), GW-gone (404), GW-damaged (a file that is cut but has its promised length), GW-old (known to version 1
only), GW-pages (one file a page).  FOLDER/log has a line for each request.

What is posted to /hooks/NAME is a line of JSON in FOLDER/posts; NAME is redirect (to another address), busy (503, once), closed
(403), away (the connection is cut, twice), slow (a second) or anything.
"""
import gzip
import http.server
import json
import os
import socketserver
import ssl
import subprocess
import sys
import threading
import time

folder = sys.argv[1]
files = os.path.join(folder, "files")
os.makedirs(files, exist_ok=True)
START, SECONDS, RATE = 1126259447, 32, 4096
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
                f.write("%s %s\n" % (self.path, self.headers.get("Range", "-")))
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
            items = [item(base, event, ifo) for ifo in ("L1", "H1")]
            if event != "GW-pages":
                return self.json({"next": None, "results": items})
            page = int(query.partition("page=")[2] or 1) if "page=" in query else 1
            after = base.replace("https:", "http:") + path + "?page=2" if page == 1 else None
            return self.json({"next": after, "results": items[page - 1:page]})
        if path == "/api/v2/event-versions":
            return self.json({"next": None, "results": [{"name": "GW150914", "shortName": "GW150914-v3", "gps": 1126259462.4, "version": 3,
                                                         "catalog": "GWTC-1-confident",
                                                         "default_parameters": [{"name": "mass_1_source", "best": 35.6}]}]})
        if path == "/api/v2/catalogs":
            return self.json({"next": None, "results": [{"name": "GWTC-1-confident", "description": "first"}]})
        if path == "/api/v2/strain-files" or path == "/api/v2/runs/O1/strain-files":
            items = [dict(item(base, "bulk", ifo), txt_url=item(base, "bulk", ifo)["download_url"]) for ifo in ("H1", "L1", "H1")]
            for i in items:
                del i["download_url"], i["file_format"]
            return self.json({"next": None, "results": items})
        if path == "/api/v2/timelines/H1_CBC_CAT1/segments":
            return self.json({"next": None, "results": [[1126259446, 1126259450], {"start": 1126259460, "stop": 1126259478}]})
        if path == "/eventapi/json/allevents/":
            return self.json({"events": {"GW-old-v2": {"commonName": "GW-old_1", "version": 2, "jsonurl": base + "/eventapi/json/x/"}}})
        if path == "/eventapi/json/x/":
            strain = [{"detector": ifo, "GPSstart": START, "duration": SECONDS, "sampling_rate": RATE, "format": "txt",
                       "url": item(base, "GW-old", ifo)["download_url"]} for ifo in ("H1", "L1")]
            return self.json({"events": {"GW-old-v2": {"commonName": "GW-old_1", "version": 2, "strain": strain}}})
        return self.answer(404, b"{}")

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
        if event == "GW-slow":
            for k in range(0, len(rest), 1024):
                self.wfile.write(rest[k:k + 1024])
                time.sleep(1.5 * 1024 / len(data))
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
