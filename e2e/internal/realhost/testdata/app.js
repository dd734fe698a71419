// Says when it has a handler, when that begins, and when it has cleaned up.
process.on("SIGTERM", () => {
  console.log("handler begun")
  setTimeout(() => { console.log("handler ended"); process.exit(0) }, 500)
})
console.log("handler set")
setInterval(() => {}, 1e6)
