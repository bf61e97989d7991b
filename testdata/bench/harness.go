package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// A harness is what the sections share: made when it is first asked for.
type harness struct {
	options
	work     string // a folder of its own, removed at the end
	out      string // where the command that is measured writes
	env      []string
	machine  machine
	programs programs

	people     *people
	db         *server
	noDB       error // why there is none
	signins    table
	deliveries map[string]*delivery
}

// newHarness makes the folder and builds the programs.
func newHarness(ctx context.Context, o options) (*harness, error) {
	work, err := os.MkdirTemp("", "writ-bench-")
	if err != nil {
		return nil, err
	}
	h := &harness{options: o, work: work, out: filepath.Join(work, "out"), machine: thisMachine(), deliveries: make(map[string]*delivery)}
	if err := h.prepare(ctx); err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

func (h *harness) prepare(ctx context.Context) (err error) {
	if err := os.Chmod(h.work, 0o755); err != nil { // the server may be another user
		return err
	}
	if h.programs, err = build(ctx, h.work, h.cosign); err != nil {
		return err
	}
	// Nothing of the user's home takes part, and cosign asks nobody.
	home := filepath.Join(h.work, "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		return err
	}
	h.env = append(os.Environ(), "PATH="+h.programs.path(), "HOME="+home, "OUT="+h.out,
		"HTTP_PROXY=http://127.0.0.1:9", "HTTPS_PROXY=http://127.0.0.1:9", "COSIGN_PASSWORD=demo", "PGOPTIONS=")
	if h.people, err = newPeople(filepath.Join(h.work, "provider")); err != nil {
		return err
	}
	h.env = append(h.env, "AGENCY="+h.people.recipient)
	return nil
}

func (h *harness) close() {
	if h.db != nil {
		h.db.stop()
	}
	if err := os.RemoveAll(h.work); err != nil {
		say("%v", err)
	}
}

// database starts the server and generates the table, once.
func (h *harness) database(ctx context.Context) error {
	if h.db == nil && h.noDB == nil {
		h.noDB = h.startDatabase(ctx)
	}
	return h.noDB
}

func (h *harness) startDatabase(ctx context.Context) (err error) {
	t := table{name: "signins", rows: 4 * h.rows, devices: 12}
	t.accounts = min(9_999, t.rows/2/tinyRows)
	say("starting PostgreSQL and generating %d rows", t.rows)
	db, err := startServer(ctx, h.work, h.machine.memoryBytes)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			db.stop()
		}
	}()
	if err := db.script(ctx, schemaSQL, fmt.Sprint("accounts=", t.accounts)); err != nil {
		return err
	}
	if err := db.load(ctx, t); err != nil {
		return err
	}
	h.db, h.signins = db, t
	h.env = append(h.env, "DSN="+db.dsn)
	return nil
}

// tinyRows is what the tiny order finds.
const tinyRows = 200
