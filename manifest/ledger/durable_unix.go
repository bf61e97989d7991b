//go:build unix

package ledger

import (
	"errors"
	"os"
	"path/filepath"
)

// writeDurable puts content at path by one rename, durable when it returns.
func writeDurable(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	return finishDurable(f, path, content)
}

// finishDurable is [writeDurable] by way of a file that was made for it.
func finishDurable(f *os.File, path string, content []byte) error {
	_, err := f.Write(content)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
