package lockdown_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"writ/export/catalog"
	"writ/export/lockdown"
	"writ/export/lockdown/locktest"
	"writ/export/policy"
)

func radius(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../testdata/radius/catalog.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTablesNeverNameASecret(t *testing.T) {
	tables, err := locktest.Tables(t, radius(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if slices.Contains(table.Export, "value") || slices.Contains(table.Approve, "value") {
			t.Errorf("%v: the password is among the columns", table.Name)
		}
	}
}

func TestTablesRefused(t *testing.T) {
	for name, text := range map[string]string{
		"a secret that is read as something else": locktest.Head + "      hidden: {column: name, category: secret, type: text}\n",
		"another store's catalog":                 strings.ReplaceAll(locktest.Head, "store: radius", "store: mail"),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := locktest.Tables(t, text); !errors.Is(err, lockdown.ErrUnusable) {
				t.Fatalf("error is %v, want ErrUnusable", err)
			}
		})
	}
}

// A column that no rule of any jurisdiction could grant is not read.
func TestTablesLeaveOutWhatNoRuleGrants(t *testing.T) {
	c, err := catalog.Parse("catalog.yaml", []byte(radius(t)))
	if err != nil {
		t.Fatal(err)
	}
	var none policy.Policy
	tables, err := lockdown.Tables(c, &none, "radius")
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if table.Name.Name != "radacct" {
			continue
		}
		// What reads and look-ups need, and no field.
		want := []string{"acctstarttime", "acctstoptime", "framedipaddress", "radacctid", "username"}
		if !slices.Equal(table.Export, want) {
			t.Errorf("columns are %v, want %v", table.Export, want)
		}
	}
}
