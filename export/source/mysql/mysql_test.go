package mysql_test

import (
	"errors"
	"strings"
	"testing"

	"writ/export/source"
	"writ/export/source/mysql"
)

// What can't be reached, or would be reached wrongly, is refused without a
// password in the message.
func TestUnreachable(t *testing.T) {
	for dsn, want := range map[string]string{
		"u:needle-4711@unix(/nonexistent)/x":                                "no such file",
		"not a connection string needle-4711":                               "connection string",
		"u:needle-4711@tcp(127.0.0.1:1)/x":                                  "refused",
		"u:needle-4711@tcp(db.example:3306)/x":                              "TLS",
		"u:needle-4711@tcp(192.0.2.1:3306)/x":                               "TLS",
		"u:needle-4711@tcp(127.0.0.1:1)/x?multiStatements=true":             "multiStatements",
		"u:needle-4711@tcp(127.0.0.1:1)/x?allowAllFiles=true":               "allowAllFiles",
		"u:needle-4711@tcp(127.0.0.1:1)/x?interpolateParams=true":           "interpolateParams",
		"u:needle-4711@tcp(127.0.0.1:1)/x?allowOldPasswords=true":           "allowOldPasswords",
		"u:needle-4711@tcp(127.0.0.1:1)/x?tls=no-such-config-as-needle-471": "connection string",
	} {
		if _, err := mysql.Open(t.Context(), dsn); !errors.Is(err, source.ErrUnavailable) || strings.Contains(err.Error(), "needle") || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want ErrUnavailable that says %q and no password", err, want)
		}
	}
}
