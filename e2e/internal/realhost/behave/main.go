//go:build linux

// Command behave meets SIGTERM in the ways of Go programs.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

var ways = map[string]func(){
	"default":        forever,
	"notify":         notify,
	"notify-goes-on": notifyGoesOn,
	"notify-other":   notifyOther,
	"notify-context": notifyContext,
	"ignore":         ignore,
	"http":           serve,
	"http-shutdown":  shutdown,
	"waits-for-child": func() {
		_ = exec.Command("sleep", "1000").Run()
	},
}

func main() {
	if len(os.Args) == 2 {
		if run, known := ways[os.Args[1]]; known {
			run()
			return
		}
	}
	fmt.Fprintln(os.Stderr, "usage: behave WAY")
	os.Exit(2)
}

func forever() {
	for {
		time.Sleep(time.Hour)
	}
}

func notified(signals ...os.Signal) <-chan os.Signal {
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, signals...)
	return heard
}

func notify() { <-notified(syscall.SIGTERM) }

func notifyGoesOn() {
	for range notified(syscall.SIGTERM) {
		fmt.Println("heard")
	}
}

func notifyOther() { <-notified(syscall.SIGUSR1) }

func notifyContext() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	<-ctx.Done()
}

func ignore() {
	signal.Ignore(syscall.SIGTERM)
	forever()
}

func serve() { _ = http.ListenAndServe("127.0.0.1:8080", nil) }

func shutdown() {
	server := &http.Server{Addr: "127.0.0.1:8080", ReadHeaderTimeout: time.Second}
	go func() { _ = server.ListenAndServe() }()
	<-notified(os.Interrupt, syscall.SIGTERM)
	_ = server.Shutdown(context.Background())
}
