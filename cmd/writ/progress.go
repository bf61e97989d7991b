package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"writ/export"
)

// bars shows how far a pull is, on a terminal; elsewhere it is quiet.
type bars struct {
	container *mpb.Progress // nil when quiet
	bar       *mpb.Bar

	mu      sync.Mutex // the bars are drawn by a goroutine of their own
	last    export.Progress
	started time.Time
}

// newBars returns bars on w.
func newBars(w io.Writer) *bars {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return &bars{}
	}
	return &bars{container: mpb.New(mpb.WithOutput(w), mpb.WithWidth(24), mpb.WithAutoRefresh())}
}

// tell takes what [export.Config.Progress] is told.
func (b *bars) tell(p export.Progress) {
	if b.container == nil {
		return
	}
	if b.bar == nil || p.Dataset != b.last.Dataset {
		b.finish()
		b.mu.Lock()
		b.started = time.Now()
		b.mu.Unlock()
		b.bar = b.container.AddBar(max(p.Estimated, p.Records),
			mpb.PrependDecorators(decor.Name(p.Dataset+" ")),
			mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return b.words() })))
	}
	b.mu.Lock()
	b.last = p
	b.mu.Unlock()
	b.bar.SetTotal(max(p.Estimated, p.Records+1), false)
	b.bar.SetCurrent(p.Records)
}

func (b *bars) words() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	seconds := max(time.Since(b.started).Seconds(), 0.001)
	return fmt.Sprintf(" %d records, %.1f MB, %.1f MB/s", b.last.Records, float64(b.last.Bytes)/1e6, float64(b.last.Bytes)/1e6/seconds)
}

// finish ends the bar of the dataset at hand.
func (b *bars) finish() {
	if b.bar != nil {
		b.bar.SetTotal(b.last.Records, true)
	}
}

// stop ends the bars and leaves the terminal as it was.
func (b *bars) stop() {
	if b.container != nil {
		b.finish()
		b.container.Wait()
	}
}
