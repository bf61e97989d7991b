package ledger

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/transparency-dev/tessera/api/layout"
	"writ/crypto/digest"
)

// Handler serves the ledger read-only as c2sp.org/tlog-tiles has it, and the
// texts beside it. It serves nothing that the published checkpoint does not
// commit to: what was half written when a process died may still change.
//
// A request's path only says which tile is meant; the path that is read is
// written anew from that, so a request cannot name any other file.
func (r *Reader) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if req.Method != http.MethodGet && req.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "read-only", http.StatusMethodNotAllowed)
			return
		}
		path := strings.TrimPrefix(req.URL.Path, "/")
		var body []byte
		var err error
		switch {
		case path == layout.CheckpointPath:
			var c *Checkpoint
			if c, err = r.checkpoint(req.Context()); err == nil {
				body = c.note
			}
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.Header().Set("Cache-Control", "no-cache")
		case strings.HasPrefix(path, "tile/"):
			body, err = r.serveTile(req, path)
			w.Header().Set("Content-Type", "application/octet-stream")
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		case strings.HasPrefix(path, "text/sha256/"):
			var d digest.Digest
			if d, err = digest.ParseHex(strings.TrimPrefix(path, "text/sha256/")); err != nil {
				err = ErrNotFound
				break
			}
			body, err = r.Text(req.Context(), d)
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		default:
			err = ErrNotFound
		}
		if err != nil {
			w.Header().Set("Cache-Control", "no-store")
			if errors.Is(err, ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
				http.Error(w, "not here", http.StatusNotFound)
				return
			}
			http.Error(w, "the ledger cannot be read", http.StatusInternalServerError)
			return
		}
		http.ServeContent(w, req, "", time.Time{}, bytes.NewReader(body))
	})
}

// serveTile reads the tile or bundle that a path names.
func (r *Reader) serveTile(req *http.Request, path string) ([]byte, error) {
	parts := strings.SplitN(path, "/", 3)
	if len(parts) != 3 || len(parts[2]) > 100 {
		return nil, ErrNotFound
	}
	var level, index uint64
	var partial uint8
	var err error
	var canonical string
	limit := int64(maxBundleBytes)
	if parts[1] == "entries" {
		index, partial, err = layout.ParseTileIndexPartial(parts[2])
		canonical = layout.EntriesPath(index, partial)
	} else {
		level, index, partial, err = layout.ParseTileLevelIndexPartial(parts[1], parts[2])
		canonical = layout.TilePath(level, index, partial)
		limit = tileWidth * 32
	}
	if err != nil || canonical != path || level > 7 || index > maxSize {
		return nil, ErrNotFound
	}
	c, err := r.checkpoint(req.Context())
	if err != nil {
		return nil, err
	}
	width := uint64(partial)
	if partial == 0 {
		width = tileWidth
	}
	if index*tileWidth+width > uint64(c.size)>>(tileHeight*level) {
		return nil, ErrNotFound
	}
	return r.src.Read(req.Context(), canonical, limit)
}
