process.on("SIGTERM", () => console.log("heard")); setInterval(() => {}, 1e6)
