//go:build unix

package main

import "syscall"

// noCoreDumps keeps the system from writing the process's memory, with what it
// has of the evidence, to a disk when it dies. Whoever may start a process may
// lower its limits, so there is nothing to do about an error.
func noCoreDumps() { _ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}) }
