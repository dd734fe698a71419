// Package bpf loads this project's BPF programs into the kernel, and says why that is refused.
//
// The package does not know what the programs do. Each is in a package of its own, with its
// source and its object.
package bpf
