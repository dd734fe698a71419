//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asProgram is the variable that makes the test binary behave as the program.
const asProgram = "DOCKER_PIDNS_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// The first interrupt ends a command that reads an input that is never written to, a file or its
// standard input ("-").
func TestInterrupt(t *testing.T) {
	for _, interrupt := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		for _, line := range []string{"zombies --from FIFO", "snapshot diff FIFO FIFO", "zombies --from -", "who -"} {
			t.Run(interrupt.String()+" "+line, func(t *testing.T) {
				t.Parallel()
				wantInterrupted(t, interrupt, line)
			})
		}
	}
}

func wantInterrupted(t *testing.T, interrupt os.Signal, line string) {
	t.Helper()
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	stdin, typed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = stdin.Close(), typed.Close() }()
	var output strings.Builder
	cmd := exec.Command(os.Args[0], strings.Fields(strings.ReplaceAll(line, "FIFO", fifo))...)
	cmd.Env = append(os.Environ(), asProgram+"=1", "DOCKER_CONFIG="+t.TempDir())
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	// The open and the write return only when the program reads.
	if strings.Contains(line, "FIFO") {
		writer, err := os.OpenFile(fifo, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = writer.Close() }()
	} else if _, err := typed.Write(make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Process.Signal(interrupt)
	select {
	case err = <-ended:
	case <-time.After(20 * time.Second):
		_ = cmd.Process.Kill()
		t.Fatal("It continues")
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 130 || output.String() != "" {
		t.Errorf("it ended with %v: %s", err, output.String())
	}
}
