package main

import (
	"os"
	"runtime"
	"runtime/debug"
)

// collectLate lets the heap grow to 32 MiB before memory is collected for the
// first time, unless the environment says how to collect. Go would begin at
// 4 MiB: an export of a few records ended long before the fifth of its time that
// went into that was of use. From then on it is as ever, so that what takes more
// memory takes no more than it did.
func collectLate() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	usual := debug.SetGCPercent(800) // of 4 MiB
	first := new([32]byte)           // gone at the first collection
	runtime.AddCleanup(first, func(percent int) { debug.SetGCPercent(percent) }, usual)
}
