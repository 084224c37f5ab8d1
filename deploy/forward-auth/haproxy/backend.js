// An API without any code for authentication: it greets the caller that the proxy names.

const { createServer } = require("node:http");

const server = createServer((request, response) => {
  const caller = request.headers["x-auth-subject"] || "anonymous";
  response.writeHead(200, { "Content-Type": "text/plain" });
  response.end(`Hello ${caller}, this is ${request.url}\n`);
});

server.listen(9000, "127.0.0.1");
