//go:build unix

package ledger

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

const maxWitnessAnswer = 64 << 10

// askAgain is how long a witness that refused is left in peace. Tessera would
// ask again with each try to publish, ten times a second.
const askAgain = time.Second

// A witnessTransport carries Tessera's requests to witnesses. It bounds what
// they answer and remembers it, since Tessera only logs why a checkpoint was
// not published.
type witnessTransport struct {
	base  *http.Transport
	names map[string]string // by URL

	mu   sync.Mutex
	last map[string]answer // by name
}

type answer struct {
	words string
	err   error     // what it means, if it means more than "not now"
	size  int64     // that the witness has cosigned; -1 if it did not say
	until time.Time // not to be asked before
}

func newWitnessTransport(p Policy) *witnessTransport {
	t := &witnessTransport{
		base:  http.DefaultTransport.(*http.Transport).Clone(),
		names: make(map[string]string),
		last:  make(map[string]answer),
	}
	for _, w := range p.witnesses {
		t.names[strings.TrimSuffix(w.url, "/")+"/add-checkpoint"] = w.Name()
		t.last[w.Name()] = answer{words: "not asked", size: -1}
	}
	return t
}

// RoundTrip implements [http.RoundTripper].
func (t *witnessTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	name := t.names[req.URL.String()]
	if err := t.wait(req.Context(), name); err != nil {
		return nil, err
	}
	a := answer{size: -1, until: time.Now().Add(askAgain)}
	defer func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		switch last := t.last[name]; req.Context().Err() {
		case context.Canceled: // not the witness's doing: the quorum was met, or we stopped
			if last.words != "not asked" {
				return
			}
		case context.DeadlineExceeded: // why it refused before says more
			if !last.until.IsZero() {
				return
			}
		}
		t.last[name] = a
	}()
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		a.words = err.Error()
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxWitnessAnswer+1))
	resp.Body.Close()
	if err != nil {
		a.words = err.Error()
		return nil, err
	}
	if len(body) > maxWitnessAnswer {
		a.words = fmt.Sprintf("answers more than %d bytes", maxWitnessAnswer)
		return nil, fmt.Errorf("witness %s %s", name, a.words)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	switch resp.StatusCode {
	case http.StatusOK:
		a.words, a.until = "has answered", time.Time{}
	case http.StatusConflict:
		a.words = "has cosigned another root"
		a.err = ErrForked
		if resp.Header.Get("Content-Type") == "text/x.tlog.size" {
			a.words, a.err = "has cosigned another size", nil
			if n, err := strconv.ParseInt(strings.TrimSpace(string(body)), 10, 64); err == nil {
				a.words, a.size = fmt.Sprintf("has cosigned %d entries", n), n
				if n <= offered(req) {
					a.until = time.Time{} // Tessera starts from there at once
				}
			}
		}
	case http.StatusUnprocessableEntity:
		a.words, a.err = "finds that the ledger does not extend what it cosigned", ErrForked
	case http.StatusForbidden:
		a.words = "does not know the ledger's key"
	case http.StatusNotFound:
		a.words = "does not know the ledger's origin"
	default:
		a.words = fmt.Sprintf("answers status %d", resp.StatusCode)
	}
	return resp, nil
}

// wait returns when a witness may be asked.
func (t *witnessTransport) wait(ctx context.Context, name string) error {
	t.mu.Lock()
	left := time.Until(t.last[name].until)
	t.mu.Unlock()
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// offered returns the size of the checkpoint in a request.
func offered(req *http.Request) int64 {
	if req.GetBody == nil {
		return 0
	}
	r, err := req.GetBody()
	if err != nil {
		return 0
	}
	defer r.Close()
	body, err := io.ReadAll(r)
	if err != nil {
		return 0
	}
	// After the first empty line: the origin, the size.
	_, checkpoint, _ := strings.Cut(string(body), "\n\n")
	lines := strings.SplitN(checkpoint, "\n", 3)
	if len(lines) < 3 {
		return 0
	}
	n, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// explain says why the witnesses have not cosigned a ledger of size entries.
func (t *witnessTransport) explain(size int64, cause error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	var words []string
	err := ErrUnwitnessed
	for name, a := range t.last {
		words = append(words, name+" "+a.words)
		switch {
		case a.size > size:
			err = fmt.Errorf("%w: %w", ErrUnwitnessed, ErrRolledBack)
		case a.err != nil:
			err = fmt.Errorf("%w: %w", ErrUnwitnessed, a.err)
		}
	}
	sort.Strings(words)
	return fmt.Errorf("%w: %s: %w", err, strings.Join(words, "; "), cause)
}
