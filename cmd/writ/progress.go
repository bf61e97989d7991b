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

// bars shows how far a pull is, a line a dataset, on a terminal; elsewhere it is quiet.
type bars struct {
	container *mpb.Progress // nil when quiet
	line      *line         // of the dataset at hand
}

// A line is one dataset's progress. A goroutine of the container's draws it.
type line struct {
	bar     *mpb.Bar
	started time.Time

	mu    sync.Mutex
	last  export.Progress
	ended time.Time // zero while it goes on
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
	if b.line == nil || p.Dataset != b.line.last.Dataset {
		b.finish()
		b.line = &line{started: time.Now(), last: p}
		b.line.bar = b.container.AddBar(max(p.Estimated, p.Records),
			mpb.PrependDecorators(decor.Name(fmt.Sprintf("%-12s ", p.Dataset))),
			mpb.AppendDecorators(decor.Any(b.line.words)))
	}
	b.line.mu.Lock()
	b.line.last = p
	b.line.mu.Unlock()
	b.line.bar.SetTotal(max(p.Estimated, p.Records+1), false)
	b.line.bar.SetCurrent(p.Records)
}

func (l *line) words(decor.Statistics) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	took := time.Since(l.started)
	if !l.ended.IsZero() {
		took = l.ended.Sub(l.started)
	}
	megabytes := float64(l.last.Bytes) / 1e6
	return fmt.Sprintf(" %d records, %.1f MB, %.1f MB/s", l.last.Records, megabytes, megabytes/max(took.Seconds(), 0.001))
}

// finish ends the line of the dataset at hand.
func (b *bars) finish() {
	if b.line == nil {
		return
	}
	b.line.mu.Lock()
	b.line.ended = time.Now()
	b.line.mu.Unlock()
	b.line.bar.SetTotal(b.line.last.Records, true)
}

// stop ends the bars and leaves the terminal as it was.
func (b *bars) stop() {
	if b.container != nil {
		b.finish()
		b.container.Wait()
	}
}
