package main

import (
	"context"
	_ "embed"
	"fmt"
	"time"
)

// A table has rows of sign-ins: every other one is of account 1, and the rest
// of the accounts that follow, in turn, each as many. Without other accounts all
// are of account 1.
type table struct {
	name     string
	rows     int
	accounts int // besides account 1
	devices  int // from which each is signed in as often
}

// From its first day on, a table covers 62 days evenly.
var firstDay = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

const covered = 62 * 24 * time.Hour

// parts load at once. Their number is part of what the data is.
const parts = 2

//go:embed schema.sql
var schemaSQL string

//go:embed rows.sql
var rowsSQL string

// step is the time between two rows.
func (t table) step() time.Duration {
	return (covered / time.Duration(t.rows)).Truncate(time.Microsecond)
}

// each is how many rows each account but the first has.
func (t table) each() int { return t.rows / 2 / t.accounts }

// first returns the window [from, to) that begins with the table and has the
// first n rows of account 1.
func (t table) first(n int) window {
	return window{firstDay, firstDay.Add(time.Duration(2*n)*t.step() - t.step())}
}

// all returns the window that has every row.
func (t table) all() window { return window{firstDay, firstDay.Add(covered)} }

// some returns a window in which every other account has n rows.
func (t table) some(n int) window {
	return window{firstDay, firstDay.Add(time.Duration(2*n*t.accounts) * t.step())}
}

// A window is a time from which records are asked: [from, to).
type window struct{ from, to time.Time }

// micros is how SQL gets times, which are UTC.
const micros = "2006-01-02 15:04:05.999999+00"

// sql is the condition that a row is in it.
func (w window) sql() string {
	return "at >= '" + w.from.Format(micros) + "' and at < '" + w.to.Format(micros) + "'"
}

// load generates a table, in parts at once.
func (s *server) load(ctx context.Context, t table) error {
	ended := make(chan error, parts)
	size := t.rows / parts
	for p := range parts {
		last := (p + 1) * size
		if p == parts-1 {
			last = t.rows
		}
		go func() {
			ended <- s.script(ctx, rowsSQL,
				"table="+t.name, fmt.Sprint("first=", p*size), fmt.Sprint("last=", last-1),
				fmt.Sprint("accounts=", t.accounts), fmt.Sprint("devices=", t.devices), fmt.Sprint("step=", t.step().Microseconds()))
		}()
	}
	var failed error
	for range parts {
		if err := <-ended; err != nil {
			failed = err
		}
	}
	if failed != nil {
		return failed
	}
	return s.script(ctx, "create index on :table (account, at, id); vacuum (analyze) :table;", "table="+t.name)
}

// another makes one more table.
func (s *server) another(ctx context.Context, t table) error {
	if err := s.script(ctx, "create unlogged table :table (like signins);", "table="+t.name); err != nil {
		return err
	}
	return s.load(ctx, t)
}

// warm reads a table and its index once, so that no run measures the disk.
func (s *server) warm(ctx context.Context, t table) error {
	return s.script(ctx, "select pg_prewarm(:'table'), pg_prewarm(:'table' || '_account_at_id_idx');", "table="+t.name)
}
