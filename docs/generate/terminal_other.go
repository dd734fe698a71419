//go:build !linux

package main

import (
	"errors"
	"os"
)

// onTerminal needs the terminals of Linux.
func onTerminal(int, func(*os.File) error) (string, error) { return "", errors.ErrUnsupported }
