package workspace

import (
	"cmp"
	"os"
	"slices"
)

// Variables returns the environment variables in which writ.yaml says that
// secrets are, sorted.
func (w *Workspace) Variables() []string {
	names := []string{w.Config.Ledger.KeyEnv, w.Config.Fingerprint.KeyEnv}
	for _, s := range w.Config.Stores {
		names = append(names, cmp.Or(s.PostgresEnv, s.MySQLEnv))
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(s string) bool { return s == "" })
}

func (w *Workspace) getenv(name string) string {
	if w.Getenv != nil {
		return w.Getenv(name)
	}
	return os.Getenv(name)
}
