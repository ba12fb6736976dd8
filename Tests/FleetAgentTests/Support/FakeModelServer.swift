/// A fake for MLServer (the real one runs in EndToEnd): it serves what its model directory says, and behaves as badly as
/// it says there.
enum FakeModelServer {
    /// Run as `python3 -c program MODEL_DIR ADDRESS PORT`.
    static let program = """
        import http.server, json, os, resource, subprocess, sys
        model = json.load(open(os.path.join(sys.argv[1], "model.json")))
        if model.get("crash"): sys.exit(3)
        if model.get("stray"): subprocess.Popen(["sleep", "1000"], start_new_session=True)
        held = []
        class Handler(http.server.BaseHTTPRequestHandler):
            def say(self, status, value):
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def do_GET(self):
                if self.path == "/metrics": return self.show()
                self.say(404 if model.get("unready") else 200, {})
            def show(self):
                body = b"# TYPE model_infer_request_success_total counter\\n"
                body += b"model_infer_request_success_total{model='wine'} 9\\n"
                body += b"model_infer_request_success_total{model=\\"wine\\"} 41\\n"
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
                if "eat" in asked: held.append(b"x" * (asked["eat"] << 20))
                self.say(200, {
                    "answer": [model["answer"]], "pid": os.getpid(), "variable": os.environ.get("GREETING"),
                    "uid": os.getuid(), "gid": os.getgid(), "home": os.environ.get("HOME"), "cwd": os.getcwd(),
                    "files": resource.getrlimit(resource.RLIMIT_NOFILE)[1]
                })
            def log_message(self, *arguments): pass
        print("serving", model["answer"], flush=True)
        http.server.ThreadingHTTPServer((sys.argv[2], int(sys.argv[3])), Handler).serve_forever()
        """
}
