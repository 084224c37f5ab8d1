"""An API without any code for authentication: it greets the caller that the proxy names."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Notes(BaseHTTPRequestHandler):
    def do_GET(self):
        caller = self.headers.get("X-Auth-Subject") or "anonymous"
        body = f"Hello {caller}, this is {self.path}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("127.0.0.1", 9000), Notes).serve_forever()
