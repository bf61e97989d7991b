package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"writ/crypto/trust"
	"writ/export/demo"
	"writ/manifest/ledger"
)

// serve answers on a loopback address until it is interrupted; readers of
// such logs check what they get against the pinned key.
func TestLedgerServe(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ws")
	if err := demo.Make(dir, time.Now()); err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	out, said := io.Pipe()
	var words bytes.Buffer
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"writ", "-w", dir, "ledger", "serve", "--listen", "127.0.0.1:0"}, strings.NewReader(""), said, &words)
		said.Close()
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	origin, where, ok := strings.Cut(strings.TrimSpace(line), " is served at ")
	if err != nil || !ok || !strings.HasPrefix(where, "http://127.0.0.1:") {
		t.Fatalf("it said %q (%v); %s", line, err, &words)
	}

	b, err := os.ReadFile(filepath.Join(dir, demo.ProviderFile))
	if err != nil {
		t.Fatal(err)
	}
	provider, err := trust.ParseProvider(b)
	if err != nil {
		t.Fatal(err)
	}
	pinned := provider.Keys[len(provider.Keys)-1]
	key, err := ledger.VerifierFor(pinned.Origin, pinned.PublicKey)
	if err != nil || pinned.Origin != origin {
		t.Fatalf("origin %s, pinned is %s (%v)", origin, pinned.Origin, err)
	}
	src, err := ledger.NewHTTP(where, nil)
	if err != nil {
		t.Fatal(err)
	}
	v, err := ledger.NewReader(src, key, ledger.Policy{}).View(t.Context())
	if err != nil || v.Checkpoint().Origin() != origin {
		t.Fatalf("View = %v", err)
	}
	for method, want := range map[string]int{"GET": http.StatusOK, "HEAD": http.StatusOK, "POST": http.StatusMethodNotAllowed} {
		req, err := http.NewRequestWithContext(t.Context(), method, where+"checkpoint", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want || want == http.StatusOK && resp.Header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %d %q, want %d", method, resp.StatusCode, resp.Header.Get("Cache-Control"), want)
		}
	}
	http.DefaultClient.CloseIdleConnections()

	interrupt()
	if got := <-code; got != 0 {
		t.Errorf("exit code %d, want 0; %s", got, &words)
	}
	if _, err := src.Read(t.Context(), "checkpoint", 1<<16); err == nil {
		t.Error("it still answers")
	}
}

func TestLedgerServeNowhere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ws")
	if err := demo.Make(dir, time.Now()); err != nil {
		t.Fatal(err)
	}
	var out, words bytes.Buffer
	got := run(t.Context(), []string{"writ", "-w", dir, "ledger", "serve", "--listen", "nowhere"}, strings.NewReader(""), &out, &words)
	if got != 2 || out.Len() > 0 || !strings.Contains(words.String(), "--listen") {
		t.Errorf("exit code %d, want 2: %s%s", got, &out, &words)
	}
}
