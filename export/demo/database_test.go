package demo

import (
	"path/filepath"
	"testing"

	"github.com/ncruces/go-sqlite3"
)

func TestTheDatabaseHoldsThePeopleWhomTheOrdersName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mail.db")
	if err := Database(path); err != nil {
		t.Fatal(err)
	}
	db, err := sqlite3.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for query, want := range map[string]int{
		"SELECT count(*) >= 3000 FROM accounts":                                          1,
		"SELECT count(*) > 50000 FROM logins":                                            1,
		"SELECT count(*) > 30000 FROM messages":                                          1,
		"SELECT count(*) > 10000 FROM payments":                                          1,
		"SELECT account_id FROM addresses WHERE address = 'mirela.kowalska@example.com'": 1042,
		"SELECT tenant_id = 'harbour' FROM accounts WHERE id = 2077":                     1,
		"SELECT count(*) > 3 FROM logins WHERE account_id = 1042":                        1,
	} {
		s, _, err := db.Prepare(query)
		if err != nil {
			t.Fatal(err)
		}
		if !s.Step() || s.ColumnInt(0) != want {
			t.Errorf("%s: %d (%v), want %d", query, s.ColumnInt(0), s.Err(), want)
		}
		s.Close()
	}
}
