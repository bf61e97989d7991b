//go:build unix

package ledger

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Whatever a witness answers, what is passed on is what it sent and no more
// than the bound, and what it means is one of the ledger's errors in few words.
func FuzzWitness(f *testing.F) {
	const size = 7
	f.Add(uint16(http.StatusOK), false, []byte("\u2014 witness AAAA\n"))
	f.Add(uint16(http.StatusConflict), true, []byte("6\n"))
	f.Add(uint16(http.StatusConflict), true, []byte("9223372036854775807"))
	f.Add(uint16(http.StatusConflict), true, []byte("-1"))
	f.Add(uint16(http.StatusConflict), false, []byte("another root"))
	f.Add(uint16(http.StatusUnprocessableEntity), false, []byte(nil))
	f.Add(uint16(http.StatusOK), false, make([]byte, maxWitnessAnswer+1))
	var status uint16
	var kind string
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(int(status))
		w.Write(body)
	}))
	f.Cleanup(server.Close)
	base := &http.Transport{}
	f.Cleanup(base.CloseIdleConnections)
	f.Fuzz(func(t *testing.T, code uint16, sized bool, answered []byte) {
		if code < 200 || code > 599 || code == http.StatusNoContent || code == http.StatusNotModified {
			return // no witness's answer: the HTTP client or server would refuse it
		}
		status, kind, body = code, "text/plain", answered
		if sized {
			kind = "text/x.tlog.size"
		}
		w := &witnessTransport{base: base, names: map[string]string{server.URL: "w"}, last: map[string]answer{"w": {words: "not asked", size: -1}}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader("old 3\n\norigin\n7\nAAAA\n"))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := w.RoundTrip(req)
		if (err == nil) != (len(answered) <= maxWitnessAnswer) {
			t.Fatalf("%d bytes: %v", len(answered), err)
		}
		if err == nil {
			if got, err := io.ReadAll(resp.Body); err != nil || !bytes.Equal(got, answered) {
				t.Fatalf("%d bytes of %d came through (%v)", len(got), len(answered), err)
			}
		}
		said := w.explain(size, errors.New("no quorum"))
		if !errors.Is(said, ErrUnwitnessed) || len(said.Error()) > 300 {
			t.Fatalf("explain = %v", said)
		}
		if errors.Is(said, ErrRolledBack) && (code != http.StatusConflict || w.last["w"].size <= size) {
			t.Fatalf("status %d means %v", code, said)
		}
	})
}
