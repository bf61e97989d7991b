package sourcetest

import (
	"testing"

	"writ/export/catalog"
	"writ/export/source"
)

// SignIns is the read of a benchmark: a year of the table "logins", whose
// columns account, address, agent, at, id and ok are of their fields' types.
func SignIns(account catalog.Type, at catalog.Encoding, accounts ...string) source.Read {
	r := source.Read{
		Dataset: "logins", Table: catalog.Table{Name: "logins"}, AccountKey: "account", Accounts: accounts, Key: []string{"id"},
		Time: catalog.TimeColumn{Column: "at", Encoding: at}, From: march, To: march.AddDate(1, 0, 0),
	}
	for _, f := range []catalog.Field{
		{Name: "account", Type: account}, {Name: "address", Type: catalog.IPAddress}, {Name: "agent", Type: catalog.Text},
		{Name: "at", Type: catalog.Timestamp, Encoding: at}, {Name: "id", Type: catalog.Integer}, {Name: "ok", Type: catalog.Boolean},
	} {
		f.Column = string(f.Name)
		r.Fields = append(r.Fields, f)
	}
	return r
}

// Bench pulls and encodes r again and again.
func Bench(b *testing.B, s source.Store, r source.Read) {
	x, err := s.Begin(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer x.Close()
	p := source.NewPool(2)
	var out []byte
	var ends []int
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for batch, err := range x.Pull(b.Context(), r, p) {
			if err != nil {
				b.Fatal(err)
			}
			if out, ends, err = batch.Encode(out[:0], ends[:0]); err != nil {
				b.Fatal(err)
			}
			n += len(out)
			batch.Release()
		}
		b.SetBytes(int64(n))
	}
}
