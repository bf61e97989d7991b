//go:build unix

package export_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ncruces/go-sqlite3"

	"writ/crypto/sign"
	"writ/export"
	"writ/export/demo"
	"writ/export/order"
	"writ/export/outbox"
	"writ/export/plan"
	"writ/export/policy"
	"writ/export/source"
	"writ/manifest/ledger"
)

// A refusing signer has a key and does not sign.
type refusingSigner struct{ sign.Signer }

var errNoSignature = errors.New("the key is away")

func (refusingSigner) Sign(sign.Purpose, []byte) ([]byte, error) { return nil, errNoSignature }

// However an export fails, neither the error nor a file says anything of the
// data that it had read by then, or of whom it was asked for.
func TestAFailingExportLeavesNoPlaintext(t *testing.T) {
	gone := errors.New("gone")
	alter := func(sql string) func(*testing.T, *world, *context.CancelFunc) {
		return func(t *testing.T, w *world, _ *context.CancelFunc) {
			db := must(sqlite3.Open(filepath.Join(w.dir, "data", "mail.db")))
			if err := errors.Join(db.Exec(sql), db.Close()); err != nil {
				t.Fatal(err)
			}
		}
	}
	// loose makes a table of any types and keys, last is the last of the person's
	// records in the warrant's window.
	loose := func(table string) string {
		return "ALTER TABLE " + table + " RENAME TO strict_one; CREATE TABLE " + table + " AS SELECT * FROM strict_one; "
	}
	last := func(table string) string {
		return "id = (SELECT id FROM " + table + " WHERE account_id = 1042 AND at < unixepoch('2025-06-01') ORDER BY at DESC LIMIT 1)"
	}
	rule := func(old, new string) func(*testing.T, *world, *context.CancelFunc) {
		return func(t *testing.T, w *world, _ *context.CancelFunc) {
			files := rules(t)
			alterFile(t, files, "us.yaml", old, new)
			w.config.Policy = must(policy.Load(fstest.MapFS(files)))
		}
	}
	for _, tt := range []struct {
		name  string
		spoil func(t *testing.T, w *world, stop *context.CancelFunc)
		want  error
	}{
		{"the store ends after a batch", func(_ *testing.T, w *world, _ *context.CancelFunc) {
			w.config.Store = breaking(w.config.Store, func() error { return gone })
		}, gone},
		{"somebody stops it after a batch", func(_ *testing.T, w *world, stop *context.CancelFunc) {
			w.config.Store = breaking(w.config.Store, func() error { (*stop)(); return nil })
		}, context.Canceled},
		{"a time that is text", alter(loose("logins") + "UPDATE logins SET at = '" + marks[1] + "' WHERE id = (SELECT max(id) FROM logins WHERE account_id = 1042)"), source.ErrValue},
		{"a number that is text", alter(loose("logins") + "UPDATE logins SET port = '" + marks[1] + "' WHERE " + last("logins")), source.ErrValue},
		{"text that is a blob", alter(loose("messages") + "UPDATE messages SET body = CAST('" + marks[3] + "' AS BLOB) WHERE " + last("messages")), source.ErrValue},
		{"text that is not UTF-8", alter("UPDATE messages SET body = CAST(CAST('" + marks[3] + "' AS BLOB) || x'ff' AS TEXT) WHERE " + last("messages")), source.ErrValue},
		{"a column that is gone", alter("ALTER TABLE messages RENAME COLUMN subject TO topic"), source.ErrSchema},
		{"more records than the ceiling", rule("records: 10000000", "records: 3"), plan.ErrCeiling},
		{"an identifier of two accounts", alter(loose("addresses") + "INSERT INTO addresses SELECT address, 10 FROM addresses WHERE account_id = 1042"), plan.ErrAmbiguous},
		{"no signature", func(_ *testing.T, w *world, _ *context.CancelFunc) { w.config.Signer = refusingSigner{w.config.Signer} }, errNoSignature},
		{"an outbox that is a file", func(t *testing.T, w *world, _ *context.CancelFunc) {
			file := filepath.Join(w.dir, "file")
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			w.config.Outbox = outbox.Open(file)
		}, nil},
		{"a ledger that fails", func(_ *testing.T, w *world, _ *context.CancelFunc) {
			w.fault = func(ledger.Step) (bool, error) { return false, gone }
		}, gone},
		{"a ledger that fails after the pull", func(_ *testing.T, w *world, _ *context.CancelFunc) {
			steps := 0
			w.fault = func(s ledger.Step) (bool, error) {
				if steps++; steps > len(ledger.Steps()) {
					return true, gone
				}
				return false, nil
			}
		}, gone},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := markedWorld(t)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			tt.spoil(t, w, &stop)
			request := w.request(t, demo.Warrant)
			receipt, err := export.Run(ctx, w.config, request)
			if err == nil || receipt != nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Fatalf("Run = %v, %v; want %v", receipt, err, tt.want)
			}
			said := fmt.Appendf(nil, "%v %+v %#v", err, err, err)
			target := []byte(must(order.Parse(request.Order)).Order().Targets[0].Value)
			if m := shows(said); m != "" || bytes.Contains(said, target) {
				t.Errorf("the error holds %s or the target: %v", m, err)
			}
			for name, content := range below(t, w.dir) {
				if strings.HasPrefix(name, "data/") || strings.HasPrefix(name, "orders/") {
					continue
				}
				if m := shows(content); m != "" || bytes.Contains(content, target) {
					t.Errorf("%s holds %s or the target", name, m)
				}
			}
		})
	}
}
