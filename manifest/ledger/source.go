package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A Source is where a ledger's files are. Nothing that it returns is believed.
type Source interface {
	// Read returns the whole file at a slash-separated path below the
	// ledger, or an error if it has more than limit bytes. If there is
	// none, the error is fs.ErrNotExist. It may be called from several
	// goroutines.
	Read(ctx context.Context, path string, limit int64) ([]byte, error)
}

// Dir reads a ledger in a folder. Symbolic links that leave it are refused.
type Dir string

// Read implements [Source].
func (d Dir) Read(ctx context.Context, path string, limit int64) ([]byte, error) {
	return d.readInto(ctx, path, limit, nil)
}

func (d Dir) readInto(ctx context.Context, path string, limit int64, to []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := os.OpenInRoot(string(d), filepath.FromSlash(path))
	if err != nil {
		return nil, fetchError(path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fetchError(path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s is not a file", ErrFetch, path)
	}
	return readLimited(f, info.Size(), path, limit, to)
}

// HTTP reads a ledger that is served over HTTP(S).
type HTTP struct {
	root   *url.URL
	client *http.Client
}

// NewHTTP returns the ledger below a URL. A nil client means one that waits
// 30 s for each file and follows no redirects.
func NewHTTP(root string, client *http.Client) (*HTTP, error) {
	u, err := url.Parse(root)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFetch, err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%w: address %q: want http(s)://host/prefix", ErrFetch, root)
	}
	if client == nil {
		client = &http.Client{
			Timeout:       30 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return &HTTP{root: u, client: client}, nil
}

// Read implements [Source].
func (h *HTTP) Read(ctx context.Context, path string, limit int64) ([]byte, error) {
	return h.readInto(ctx, path, limit, nil)
}

func (h *HTTP) readInto(ctx context.Context, path string, limit int64, to []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.root.JoinPath(path).String(), nil)
	if err != nil {
		return nil, fetchError(path, err)
	}
	resp, err := h.client.Do(req)
	if err != nil {
		return nil, fetchError(path, err)
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
		return readLimited(resp.Body, resp.ContentLength, path, limit, to)
	case http.StatusNotFound, http.StatusGone:
		return nil, fetchError(path, fs.ErrNotExist)
	}
	return nil, fmt.Errorf("%w: %s: status %d", ErrFetch, path, resp.StatusCode)
}

// Locate returns the ledger at a folder or an http(s) URL.
func Locate(place string) (Source, error) {
	if strings.HasPrefix(place, "http://") || strings.HasPrefix(place, "https://") {
		return NewHTTP(place, nil)
	}
	return Dir(place), nil
}

// readLimited reads all, into a buffer if it has room. It is said to be so
// long, which is not believed.
func readLimited(r io.Reader, said int64, path string, limit int64, to []byte) ([]byte, error) {
	b := bytes.NewBuffer(to[:0])
	b.Grow(int(min(max(said, 0), limit)) + bytes.MinRead)
	if _, err := b.ReadFrom(io.LimitReader(r, limit+1)); err != nil {
		return nil, fetchError(path, err)
	}
	if int64(b.Len()) > limit {
		return nil, fmt.Errorf("%w: %s has more than %d bytes", ErrFetch, path, limit)
	}
	return b.Bytes(), nil
}

func fetchError(path string, err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w: %s: %w", ErrFetch, ErrDeadline, path, err)
	}
	return fmt.Errorf("%w: %s: %w", ErrFetch, path, err)
}
