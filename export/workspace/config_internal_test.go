package workspace

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A configuration that is read is of the format, names one place for each store
// and one key; one that is refused is empty, and says so in one line.
func FuzzParseConfig(f *testing.F) {
	const good = "format: writ.workspace/v1\nstores:\n  mail: {sqlite: mail.db}\n  radius: {postgres_env: DSN}\nsigner: {key: k.pem, password_file: p}\nledger: {dir: l, key_env: K}\n"
	f.Add(good)
	for _, old := range []string{"writ.workspace/v1", "sqlite: mail.db", "key_env: K", "stores:\n"} {
		f.Add(strings.Replace(good, old, "postgres_file: x", 1))
	}
	f.Add(good + "format: writ.workspace/v1\n")
	f.Add(good + "testing: yes\n")
	f.Fuzz(func(t *testing.T, in string) {
		c, err := parseConfig([]byte(in))
		if err != nil {
			if !errors.Is(err, ErrConfig) || strings.Contains(err.Error(), "\n") || !cmp.Equal(c, Config{}) {
				t.Fatalf("parseConfig = %+v, %q", c, err)
			}
			return
		}
		if c.Format != Format || c.check() != nil {
			t.Fatalf("%+v is accepted", c)
		}
	})
}
