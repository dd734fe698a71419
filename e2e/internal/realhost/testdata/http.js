const server = require("http").createServer((q, a) => { if (q.url !== "/slow") a.end("ok\n") }).listen(8080, "127.0.0.1"); process.on("SIGTERM", () => server.close())
