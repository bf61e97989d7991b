// Package inorder shares work among goroutines and hands the results on in the
// order in which the work was given.
//
// A [Line] has a fixed number of slots, which bounds memory and holds back
// whoever gives work faster than it is taken. It keeps no goroutine once it is
// closed.
package inorder

import (
	"context"
	"sync"
)

// A Slot holds one piece of work and, later, its result. It is reused.
type Slot[T any] struct {
	V   T
	Err error // of the work
	ran chan struct{}
}

// A Line is one pass of work. One goroutine gives (Get, Put, Close), one takes
// (Take, Free); they may be different ones, and are in Run.
type Line[T any] struct {
	free, work, order chan *Slot[T]
	workers           sync.WaitGroup
}

// New starts workers that do work; each value it is given comes from a slot.
func New[T any](workers, slots int, work func(*T) error) *Line[T] {
	l := &Line[T]{
		free: make(chan *Slot[T], slots), work: make(chan *Slot[T], slots), order: make(chan *Slot[T], slots),
	}
	for range slots {
		l.free <- &Slot[T]{ran: make(chan struct{}, 1)}
	}
	for range workers {
		l.workers.Go(func() {
			for s := range l.work {
				s.Err = work(&s.V)
				s.ran <- struct{}{}
			}
		})
	}
	return l
}

// Get returns a free slot. What its last user left in V is still there.
func (l *Line[T]) Get(ctx context.Context) (*Slot[T], error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	select {
	case s := <-l.free:
		return s, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Put gives the slot's value to the workers. It never blocks.
func (l *Line[T]) Put(s *Slot[T]) {
	l.work <- s
	l.order <- s
}

// Take returns the next slot in order once its work is done, or false after
// the last one.
func (l *Line[T]) Take() (*Slot[T], bool) {
	s, ok := <-l.order
	if ok {
		<-s.ran
	}
	return s, ok
}

// Free gives a taken slot back, from any goroutine.
func (l *Line[T]) Free(s *Slot[T]) { l.free <- s }

// Close says that no more work comes, and waits until the workers have done
// what was given; it can still be taken.
func (l *Line[T]) Close() {
	close(l.work)
	l.workers.Wait()
	close(l.order)
}

// Run gives in this goroutine, and takes in another one, until give has returned
// and all that it gave is taken; it closes the line. An error of the work or of
// take cancels give's context, and comes before an error of give: it concerns
// what was given earlier.
func (l *Line[T]) Run(ctx context.Context, give func(context.Context) error, take func(*T) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	taken := make(chan error, 1)
	go func() {
		var err error
		for {
			s, ok := l.Take()
			if !ok {
				taken <- err
				return
			}
			if err == nil {
				if err = s.Err; err == nil {
					err = take(&s.V)
				}
				if err != nil {
					cancel(err)
				}
			}
			l.Free(s)
		}
	}()
	err := give(ctx)
	l.Close()
	if failed := <-taken; failed != nil {
		return failed
	}
	return err
}
