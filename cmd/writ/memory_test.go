package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

func TestCollectLate(t *testing.T) {
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	usual := percent()
	defer debug.SetGCPercent(usual)
	collectLate()
	if late := percent(); late != 800 {
		t.Errorf("at first memory is collected at %d %%, want 800", late)
	}
	// What was collected is cleaned up a moment later.
	for end := time.Now().Add(10 * time.Second); percent() != usual; runtime.GC() {
		if time.Now().After(end) {
			t.Fatalf("after collections it still is %d %%, want %d", percent(), usual)
		}
	}
}

func TestCollectLate_asToldTo(t *testing.T) {
	t.Setenv("GOGC", "50")
	usual := percent()
	if collectLate(); percent() != usual {
		t.Errorf("with GOGC set, it becomes %d %%, want %d", percent(), usual)
	}
}

// percent is by how much the heap grows between two collections.
func percent() int {
	s := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(s)
	return int(s[0].Value.Uint64())
}
