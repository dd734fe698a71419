//go:build linux

package main

import "slices"

// shells are the words that start each shell, the name first.
var shells = [][2]string{
	{"dash", "dash"},
	{"bash", "bash"},
	{"busybox-sh", "busybox sh"},
	{"zsh", "zsh"},
	{"ksh93", "ksh93"},
	{"mksh", "mksh"},
}

// shellPrograms are scripts that differ in what the shell waits for and in
// what it has a trap for.
func shellPrograms() []program {
	var all []program
	for _, shell := range shells {
		all = append(all,
			sh(shell[0]+"-child", shell[1], "sleep 1000; true"),
			sh(shell[0]+"-trap-child", shell[1], "trap 'exit 0' TERM; sleep 1000; true"),
			sh(shell[0]+"-trap-wait", shell[1], "trap 'exit 0' TERM; sleep 1000 & wait"),
			sh(shell[0]+"-trap-loop", shell[1], "trap 'exit 0' TERM; while true; do sleep 1; done"),
			sh(shell[0]+"-exec", shell[1], "exec sleep 1000"),
			words(shell[0]+"-tty", shell[1]).with("-i", "-t"),
		)
	}
	return slices.Concat(all, entrypoints("dash"), entrypoints("bash"))
}

// entrypoints are scripts as images have them, for one shell.
func entrypoints(shell string) []program {
	return []program{
		sh(shell+"-last", shell, "sleep 1000"),
		sh(shell+"-loop", shell, "while true; do sleep 1; done"),
		sh(shell+"-trap-stays", shell, "trap 'echo heard' TERM; while true; do sleep 1; done"),
		sh(shell+"-trap-wait-once", shell, "trap 'echo heard' TERM; sleep 1000 & wait"),
		sh(shell+"-trap-passes-on", shell, "trap 'kill $child' TERM; sleep 1000 & child=$!; wait $child; wait $child"),
		sh(shell+"-trap-empty", shell, "trap '' TERM; while true; do sleep 1; done"),
		sh(shell+"-trap-exit", shell, "trap 'echo bye' EXIT; sleep 1000; true"),
		sh(shell+"-trap-int", shell, "trap 'exit 0' INT; sleep 1000 & wait"),
		sh(shell+"-wait", shell, "sleep 1000 & wait"),
		sh(shell+"-pipe", shell, "trap 'exit 0' TERM; sleep 1000 | cat"),
		sh(shell+"-read", shell, "trap 'exit 0' TERM; read line; true").with("-i"),
		words(shell+"-stdin", shell).with("-i"),
		sh(shell+"-server", shell, "nginx -g 'daemon off;'; true"),
	}
}
