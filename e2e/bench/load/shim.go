//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// runContainer makes this process a containerd shim, whose options it was given: the parent of a
// container's main process. It prints the PID of that process, which is the init of a PID
// namespace and sees only the working directory, and exits when it has reaped it.
func runContainer([]string) error {
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	main := exec.Command("/busybox", "sleep", "1000000")
	main.SysProcAttr = &syscall.SysProcAttr{
		Chroot: root, Setsid: true, Pdeathsig: syscall.SIGKILL,
		Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS,
	}
	runtime.LockOSThread() // the container also ends with this thread
	if err := main.Start(); err != nil {
		return err
	}
	fmt.Println(main.Process.Pid)
	_ = main.Wait() // it is killed
	os.Exit(0)
	return nil
}
