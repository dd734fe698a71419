require("child_process").spawn("sleep", ["1000"]).on("exit", () => process.exit(0))
