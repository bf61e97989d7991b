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
)

const maxWitnessAnswer = 64 << 10

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
	err   error // what it means, if it means more than "not now"
	size  int64 // that the witness has cosigned; -1 if it did not say
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
	a := answer{size: -1}
	defer func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if req.Context().Err() == context.Canceled && t.last[name].words != "not asked" {
			return // not the witness's doing: the quorum was met, or we stopped
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
		a.words = "has answered"
	case http.StatusConflict:
		a.words = "has cosigned another root"
		a.err = ErrForked
		if resp.Header.Get("Content-Type") == "text/x.tlog.size" {
			a.words, a.err = "has cosigned another size", nil
			if n, err := strconv.ParseInt(strings.TrimSpace(string(body)), 10, 64); err == nil {
				a.words, a.size = fmt.Sprintf("has cosigned %d entries", n), n
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
