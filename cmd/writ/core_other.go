//go:build !unix

package main

// noCoreDumps does nothing: here no process dumps its memory by itself.
func noCoreDumps() {}
