package inorder

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
)

func TestOrder(t *testing.T) {
	for _, workers := range []int{1, 2, 7} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			odd := errors.New("odd")
			l := New(workers, 2*workers, func(v *int) error {
				for range *v % 3 {
					runtime.Gosched() // some are overtaken
				}
				if *v%2 == 1 {
					return odd
				}
				return nil
			})
			go func() {
				defer l.Close()
				for i := range 1000 {
					s, err := l.Get(context.Background())
					if err != nil {
						t.Error(err)
						return
					}
					s.V = i
					l.Put(s)
				}
			}()
			n := 0
			for {
				s, ok := l.Take()
				if !ok {
					break
				}
				want := error(nil)
				if n%2 == 1 {
					want = odd
				}
				if s.V != n || !errors.Is(s.Err, want) {
					t.Fatalf("took %d with %v, want %d with %v", s.V, s.Err, n, want)
				}
				n++
				l.Free(s)
			}
			if n != 1000 {
				t.Errorf("took %d, want 1000", n)
			}
		})
	}
}

// Slots bound what is under way, and a cancelled giver is let go.
func TestSlotsBound(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	l := New(1, 3, func(*int) error { return nil })
	for range 3 {
		s, err := l.Get(ctx)
		if err != nil {
			t.Fatal(err)
		}
		l.Put(s)
	}
	reason := errors.New("enough")
	go cancel(reason)
	if s, err := l.Get(ctx); s != nil || !errors.Is(err, reason) {
		t.Errorf("Get of a fourth of three = %v, %v, want %v", s, err, reason)
	}
	l.Close()
	for range 3 {
		if _, ok := l.Take(); !ok {
			t.Error("what was given can't be taken after Close")
		}
	}
	if _, ok := l.Take(); ok {
		t.Error("more was taken than given")
	}
}
