#!/usr/bin/python3
"""A web or mail server on the loopback that fails as it is told.

usage: notify_server.py http|https|smtp|smtps LOG [PORT] [-- BEHAVIOUR...]   (TLS: LOG.crt and LOG.key)

Prints its port. Each request (or mail) takes the next behaviour; when they are used up, it is ok. LOG gets one JSON
line for each: what was asked for and what was done. Behaviours:
  ok  hang (until the other side goes)  drop (the connection, once everything is read)  half (part of an answer)
  http: a status, 429:SECONDS (Retry-After), 302:URL (Location), echo (500 with all of the request), body:TEXT (200 with that text)
  smtp: 421 (at once)  452  550 (for the recipient)  452-data  drop  bare (no STARTTLS is offered)
"""
import base64
import http.server
import json
import socketserver
import ssl
import sys
import threading

KIND, LOG = sys.argv[1:3]
rest = sys.argv[3:]
BEHAVIOURS = rest[rest.index("--") + 1:] if "--" in rest else []
PORT = int(rest[0]) if rest and rest[0] != "--" else 0
lock = threading.Lock()


def take():
    with lock:
        return BEHAVIOURS.pop(0) if BEHAVIOURS else "ok"


def note(**entry):
    with lock, open(LOG, "a") as out:
        out.write(json.dumps(entry) + "\n")


def tls_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(LOG + ".crt", LOG + ".key")
    return context


class Web(http.server.BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        does = take()
        note(did=does, method=self.command, path=self.path, headers=dict(self.headers.items()),
             body=base64.b64encode(body).decode())
        if does == "hang":
            self.rfile.read(1)
        if does in ("hang", "drop"):
            self.close_connection = True
            return
        if does == "half":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
            self.close_connection = True
            return
        status, _, value = does.partition(":")
        text = b'{"ok":true,"errcode":0,"code":0}'
        if status == "body":
            status, text = "200", value.encode()
        if status == "echo":
            status, text = "500", (self.path + str(self.headers)).encode() + body
        self.send_response(200 if status == "ok" else int(status))
        if status == "302":
            self.send_header("Location", value)
        if status == "429" and value:
            self.send_header("Retry-After", value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_POST = do_PUT = do_GET = answer

    def log_message(self, *ignored):
        pass


class Mail(socketserver.BaseRequestHandler):
    def say(self, text):
        self.out.sendall(text.encode() + b"\r\n")

    def handle(self):
        secure, entry = KIND == "smtps", {}
        self.out = self.request
        try:
            if secure:
                self.out = tls_context().wrap_socket(self.out, server_side=True)
            does = take()
            lines = self.out.makefile("rb")
            if does == "hang":
                note(did=does)
                lines.readline()
                return
            if does == "421":
                note(did=does)
                return self.say("421 not now")
            self.say("220 localhost ESMTP")
            while True:
                line = lines.readline().decode()
                word = line.split(" ")[0].strip().upper()
                if not line or word == "QUIT":
                    return self.say("221 bye")
                if word == "EHLO":
                    offers = [] if secure or does == "bare" else ["STARTTLS"]
                    offers += ["AUTH PLAIN"]
                    for offer in offers[:-1]:
                        self.say("250-" + offer)
                    self.say("250 " + offers[-1])
                elif word == "STARTTLS":
                    self.say("220 go on")
                    self.out = tls_context().wrap_socket(self.out, server_side=True)
                    lines, secure = self.out.makefile("rb"), True
                elif word == "AUTH":
                    self.say("334 ")
                    entry["auth"] = base64.b64decode(lines.readline()).decode()
                    self.say("235 welcome")
                elif word == "RCPT" and does in ("550", "452"):
                    note(did=does)
                    self.say(does + " no")
                elif word == "RCPT":
                    entry.setdefault("to", []).append(line.strip())
                    self.say("250 ok")
                elif word == "DATA":
                    self.say("354 go on")
                    data = b""
                    while not data.endswith(b"\r\n.\r\n"):
                        part = lines.readline()
                        if not part:
                            return
                        data += part
                    note(did=does, secure=secure, body=base64.b64encode(data[:-3]).decode(), **entry)
                    if does == "drop":
                        return
                    self.say("452 full" if does == "452-data" else "250 taken")
                else:
                    self.say("250 ok")
        except (OSError, ssl.SSLError):
            pass


class Quiet:
    daemon_threads = True

    def handle_error(self, *where):
        if not isinstance(sys.exc_info()[1], OSError):  # the other side has gone
            super().handle_error(*where)


class MailServer(Quiet, socketserver.ThreadingTCPServer):
    allow_reuse_address = True


class WebServer(Quiet, http.server.ThreadingHTTPServer):
    pass


address = ("127.0.0.1", PORT)
server = WebServer(address, Web) if KIND.startswith("http") else MailServer(address, Mail)
if KIND == "https":
    server.socket = tls_context().wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_address[1], flush=True)
server.serve_forever()
