package mysqlconn

import "testing"

func TestQuote(t *testing.T) {
	for name, want := range map[string]string{
		"logins":              "`logins`",
		"we`ird":              "`we``ird`",
		"`; DROP TABLE x; --": "```; DROP TABLE x; --`",
		"a\x00b":              "`a\ufffdb`",
		`"a".'b'`:             "`\"a\".'b'`",
		"":                    "``",
	} {
		if got := Quote(name); got != want {
			t.Errorf("Quote(%q) = %s, want %s", name, got, want)
		}
	}
}
