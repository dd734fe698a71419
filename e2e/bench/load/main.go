//go:build linux

// Command load is what stands beside the measured processes. Told a number, it is the
// host's other processes: it forks as many children, says so, and waits. They run no
// program of their own and so cost the machine little, but the kernel shows each as it
// shows any other. Told "nothing", it ends at once. Told the name of a kind, it is a process that costs its reader as much
// as it can, without any right.
package main

import (
	"fmt"
	"os"
	"strconv"
)

// hostile are the kinds. Each returns when it is what it should be.
var hostile = map[string]func(args []string) error{
	"command-line": longCommandLine,
	"many":         manyThreadsAndDescriptors,
	"children":     zombiesAndSleepers,
	"maps":         mapFiles,
	"fifo":         runFIFO,
	"-namespace":   runContainer,
}

// nothing makes this a program that ends at once.
const nothing = "nothing"

func main() {
	if len(os.Args) == 2 && os.Args[1] == nothing {
		return
	}
	if err := become(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
	fmt.Println("ready")
	wait()
}

func become(args []string) error {
	if len(args) == 0 {
		return nil
	}
	if kind, known := hostile[args[0]]; known {
		return kind(args[1:])
	}
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	forgetHandlers()
	return forkMany(n, wait)
}
