//go:build unix

package ledger

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/transparency-dev/tessera/api/layout"
)

// collect removes the partial tiles and bundles below full ones: a ledger that
// grows by one entry at a time would else keep 256 copies of each. It looks a
// little further back than needed, for one that died before collecting.
func (l *Log) collect(from, size int64) {
	for level := range 8 {
		full := size >> (tileHeight * (level + 1)) // tiles that are
		begun := from >> (tileHeight * (level + 1))
		if full == begun {
			return
		}
		for n := max(0, begun-8); n < full; n++ {
			err := os.RemoveAll(filepath.Join(l.dir, layout.TilePath(uint64(level), uint64(n), 0)+".p"))
			if level == 0 {
				err = errors.Join(err, os.RemoveAll(filepath.Join(l.dir, layout.EntriesPath(uint64(n), 0)+".p")))
			}
			if err != nil {
				l.cfg.Logger.Warn("ledger partial tiles stay", "error", err)
			}
		}
	}
}
