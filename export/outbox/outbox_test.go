package outbox_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"writ/export/outbox"
)

func TestADeliveryAppearsByOneRename(t *testing.T) {
	box := outbox.Open(filepath.Join(t.TempDir(), "out"))
	s, err := box.Stage("0a1b")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Write("manifest", []byte("m")); err != nil {
		t.Fatal(err)
	}
	for _, proof := range []string{"of before a crash", "p"} {
		if err := s.Put("proof", []byte(proof)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(box.Path("0a1b")); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("before Deliver the outbox has it: %v", err)
	}
	folder, err := s.Deliver("manifest", "proof")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"manifest": "m", "proof": "p"} {
		if b, err := os.ReadFile(filepath.Join(folder, name)); err != nil || string(b) != want {
			t.Fatalf("delivered %s %q, %v", name, b, err)
		}
	}
	if ids, err := box.Staged(); err != nil || len(ids) != 0 {
		t.Fatalf("staging still holds %v, %v", ids, err)
	}
}

func TestADeliveredOneIsNotStagedAgain(t *testing.T) {
	box := outbox.Open(t.TempDir())
	s, err := box.Stage("0a1b")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Deliver(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := box.Stage("0a1b"); !errors.Is(err, outbox.ErrDelivered) {
		t.Fatalf("Stage = %v, want %v", err, outbox.ErrDelivered)
	}
}

func TestOneProcessAtATime(t *testing.T) {
	box := outbox.Open(t.TempDir())
	s, err := box.Stage("0a1b")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := box.Stage("0a1b"); !errors.Is(err, outbox.ErrBusy) {
		t.Fatalf("a second Stage = %v, want %v", err, outbox.ErrBusy)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := box.Stage("0a1b")
	if err != nil {
		t.Fatalf("after Close: %v", err)
	}
	again.Close()
}

// The lock's file goes with the lock, and still two never have one delivery:
// what one removes, another may be about to lock.
func TestTheLockGoesAndKeepsOthersOut(t *testing.T) {
	dir := t.TempDir()
	box := outbox.Open(dir)
	var holders, staged atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 500 {
				s, err := box.Stage("0a1b")
				if errors.Is(err, outbox.ErrBusy) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				if n := holders.Add(1); n != 1 {
					t.Errorf("%d have the delivery at once", n)
				}
				staged.Add(1)
				if _, err := s.Empty(); err != nil {
					t.Error(err)
				}
				holders.Add(-1)
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if staged.Load() == 0 {
		t.Error("nobody ever had the delivery")
	}
	s, err := box.Stage("0a1b")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Deliver(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(filepath.Join(dir, ".staging")); err != nil || len(left) != 0 {
		t.Errorf("staging still holds %v, %v", left, err)
	}
}

func TestWhatACrashLeftIsFoundAndCleared(t *testing.T) {
	box := outbox.Open(t.TempDir())
	s, err := box.Stage("0a1b")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Write("left", []byte("x")); err != nil {
		t.Fatal(err)
	}
	s.Close() // as a crash does
	if s, err = box.Stage("0a1b"); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if b, err := s.Read("left"); err != nil || string(b) != "x" {
		t.Fatalf("Read = %q, %v", b, err)
	}
	if err := s.Clear(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read("left"); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("after Clear: %v", err)
	}
}

func TestAnIDIsNoPath(t *testing.T) {
	box := outbox.Open(t.TempDir())
	for _, id := range []string{"", ".", "..", "../x", "a/b", "A", ".staging", "-x"} {
		if s, err := box.Stage(id); err == nil {
			s.Close()
			t.Errorf("Stage(%q) succeeded", id)
		}
	}
}
