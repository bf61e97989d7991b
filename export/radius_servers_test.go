//go:build servers

package export_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"writ/crypto/sign"
	"writ/export"
	"writ/export/catalog"
	"writ/export/demo"
	"writ/export/internal/pgtest"
	"writ/export/order"
	"writ/export/policy"
	"writ/export/source"
	"writ/export/source/postgres"
	"writ/export/workspace"
	"writ/manifest"
)

// A session is what a subscriber did, as the access server saw it.
type session struct {
	user    string
	address string
	start   time.Time
	stop    time.Time // zero: still open
	in, out uint64    // bytes

	startLost bool // the packet that begins it never arrived
}

// station is the hardware address of the subscriber's device.
func (s session) station() string { return fmt.Sprintf("02-00-5E-00-00-%02X", len(s.user)) }

// nasPort is where the subscriber is plugged in.
func (s session) nasPort() string { return fmt.Sprintf("ge-0/0/1:%d", 100+len(s.user)) }

// A packet is one accounting request, in the form that radclient reads.
type packet struct {
	at   time.Time
	text string
}

// packets returns what the access server sends for the session called id: its
// start, what has passed by half-time, and its stop.
func (s session) packets(id string) (all []packet) {
	add := func(status string, at time.Time, in, out uint64, more ...string) {
		lines := []string{
			"Acct-Status-Type = " + status,
			fmt.Sprintf("Event-Timestamp = %d", at.Unix()),
			fmt.Sprintf("User-Name = %q", s.user),
			fmt.Sprintf("Acct-Session-Id = %q", id),
			"NAS-IP-Address = 192.0.2.1",
			"NAS-Port-Type = Ethernet",
			fmt.Sprintf("NAS-Port-Id = %q", s.nasPort()),
			fmt.Sprintf("Calling-Station-Id = %q", s.station()),
			"Framed-IP-Address = " + s.address,
		}
		if status != "Start" {
			lines = append(lines,
				fmt.Sprintf("Acct-Session-Time = %d", int(at.Sub(s.start).Seconds())),
				fmt.Sprintf("Acct-Input-Octets = %d", uint32(in)),
				fmt.Sprintf("Acct-Input-Gigawords = %d", in>>32),
				fmt.Sprintf("Acct-Output-Octets = %d", uint32(out)),
				fmt.Sprintf("Acct-Output-Gigawords = %d", out>>32))
		}
		all = append(all, packet{at, strings.Join(append(lines, more...), "\n") + "\n"})
	}
	if !s.startLost {
		add("Start", s.start, 0, 0)
	}
	if s.stop.IsZero() {
		add("Interim-Update", s.start.Add(time.Hour), s.in, s.out)
		return all
	}
	if !s.startLost {
		add("Interim-Update", s.start.Add(s.stop.Sub(s.start)/2), s.in/2, s.out/2)
	}
	add("Stop", s.stop, s.in, s.out, "Acct-Terminate-Cause = User-Request")
	return all
}

// at reads a time of the tests, in UTC.
func at(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", s)
	if err != nil {
		panic(err)
	}
	return t
}

const (
	alice = "alice@isp.example"
	bob   = "bob@isp.example"
	carol = "carol@isp.example"

	shared = "198.51.100.7" // held by all three, one after the other
)

var march, april = at("2026-03-01 00:00:00"), at("2026-04-01 00:00:00")

// accounted is what happened at the provider around March 2026.
var accounted = []session{
	// Alice, outside March: ended before, ended as it began, began as it ended.
	{user: alice, address: shared, start: at("2026-02-10 08:00:00"), stop: at("2026-02-10 09:00:00"), in: 10, out: 20},
	{user: alice, address: "198.51.100.8", start: at("2026-02-27 08:00:00"), stop: at("2026-03-01 00:00:00"), in: 11, out: 21},
	{user: alice, address: shared, start: at("2026-04-01 00:00:00"), stop: at("2026-04-01 03:00:00"), in: 12, out: 22},

	// Alice, in March: across its first edge, inside, across the other edge.
	{user: alice, address: "198.51.100.9", start: at("2026-02-28 22:00:00"), stop: at("2026-03-01 06:30:00"), in: 1000, out: 2000},
	{user: alice, address: shared, start: at("2026-03-10 12:00:00"), stop: at("2026-03-10 18:00:00"), in: 3000, out: 5 << 32},
	{user: alice, address: "198.51.100.8", start: at("2026-03-12 00:00:00"), stop: at("2026-03-14 23:59:59"), in: 6 << 33, out: 7},
	{user: alice, address: "198.51.100.9", start: at("2026-03-31 23:00:00"), stop: at("2026-04-01 02:00:00"), in: 8, out: 9},
	// … whose start was lost on the way …
	{user: alice, address: "198.51.100.8", start: at("2026-03-18 10:00:00"), stop: at("2026-03-18 11:00:00"), in: 100, out: 200, startLost: true},
	// … and never ended: begun in March, and long before.
	{user: alice, address: "198.51.100.8", start: at("2026-03-20 10:00:00"), in: 300, out: 400},
	{user: alice, address: "198.51.100.10", start: at("2026-01-15 10:00:00"), in: 500, out: 600},

	// Others, who held the same address until just before and from just after.
	{user: bob, address: shared, start: at("2026-03-09 00:00:00"), stop: at("2026-03-10 12:00:00"), in: 1, out: 1},
	{user: carol, address: shared, start: at("2026-03-10 18:00:00"), in: 2, out: 2},
	{user: bob, address: "198.51.100.9", start: at("2026-03-10 12:00:00"), stop: at("2026-03-10 18:00:00"), in: 3, out: 3},
	// Another subscriber, to the letter.
	{user: "Alice@isp.example", address: "198.51.100.20", start: at("2026-03-10 12:00:00"), stop: at("2026-03-10 18:00:00"), in: 4, out: 4},
}

// What the server wrote is what happened: the tests below start from it.
func TestRADIUSAccounts(t *testing.T) {
	r := startRADIUS(t, pgtest.Start(t).Create(t, "radius"))
	r.account(t, accounted)

	rows, err := r.db.Query(t.Context(), `select username, host(framedipaddress), acctstarttime, acctstoptime, acctinputoctets, acctoutputoctets
		from radacct order by acctsessionid`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var got []session
	for rows.Next() {
		var s session
		var stop *time.Time
		if err := rows.Scan(&s.user, &s.address, &s.start, &stop, &s.in, &s.out); err != nil {
			t.Fatal(err)
		}
		s.start = s.start.UTC()
		if stop != nil {
			s.stop = stop.UTC()
		}
		got = append(got, s)
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	want := slices.Clone(accounted)
	for i := range want {
		want[i].startLost = false
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(session{})); diff != "" {
		t.Errorf("radacct (-sent +stored):\n%s", diff)
	}
}

// newRADIUSWorld makes an access provider: the demo's keys and registry, and a
// RADIUS server for whatever happened.
func newRADIUSWorld(t *testing.T) *world {
	t.Helper()
	dsn := pgtest.Start(t).Create(t, "radius")
	r := startRADIUS(t, dsn)
	r.account(t, accounted)
	for _, user := range []string{alice, bob, carol, "Alice@isp.example"} {
		if _, err := r.db.Exec(t.Context(), "insert into radcheck (username, attribute, op, value) values ($1, 'Cleartext-Password', ':=', 'hunter2')", user); err != nil {
			t.Fatal(err)
		}
	}
	w := newWorld(t)
	c, err := catalog.Parse(workspace.CatalogFile, must(os.ReadFile("../testdata/radius/catalog.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	w.config.Catalog = c
	w.config.Store = func(ctx context.Context, name catalog.StoreName) (source.Store, error) {
		if name != "radius" {
			return nil, fmt.Errorf("no store %q", name)
		}
		return postgres.Open(ctx, dsn)
	}
	return w
}

// subpoena asks what access providers are asked most: who held this address at
// that moment, and what else did they do? More is asked for than a subpoena may compel.
func (w *world) subpoena(t *testing.T) export.Request {
	t.Helper()
	moment, err := order.ParseInstant("2026-03-10T16:04:05+01:00")
	if err != nil {
		t.Fatal(err)
	}
	s, err := order.New(order.Order{
		Format: order.Format, ID: "GJ-2026-118", Nonce: []byte("0123456789abcdef"),
		Provider: demo.Provider, Authority: demo.Court, Agency: demo.Agency, Jurisdiction: "us",
		Process: "subpoena", Purpose: order.Investigate, LegalBasis: "18 U.S.C. 2703(c)(2)",
		IssuedAt: order.At(time.Now().Add(-time.Hour)), ExpiresAt: order.At(time.Now().Add(24 * time.Hour)),
		Targets: []order.Target{{Type: "ip-address", Value: shared, At: moment}},
		Mandate: []order.Item{
			{Dataset: "sessions",
				Fields: []order.Field{"address", "bytes-in", "bytes-out", "calling-station", "nas-port", "start", "stop", "username"},
				From:   order.At(march), To: order.At(april)},
			{Dataset: "subscriber", Fields: []order.Field{"password", "username"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"court", "reviewer-1", "reviewer-2"} {
		k, err := sign.LoadSigner(must(os.ReadFile(filepath.Join(w.dir, "keys", key+".pem"))),
			func() ([]byte, error) { return []byte("demo"), nil })
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Sign(k); err != nil {
			t.Fatal(err)
		}
	}
	return export.Request{Order: s.Marshal()}
}

// Exactly that subscriber's sessions leave, and nothing that a subpoena can't compel.
func TestRADIUSSubpoena(t *testing.T) {
	w := newRADIUSWorld(t)
	request := w.subpoena(t)
	w.told(t, request)
	receipt, err := export.Run(t.Context(), w.config, request)
	if err != nil {
		t.Fatal(err)
	}
	verified, bag := w.open(t, receipt.Folder)

	for name, want := range map[string][]string{
		"sessions":   marchOf(alice),
		"subscriber": {`{"username":"` + alice + `"}`},
	} {
		if diff := cmp.Diff(want, records(t, bag, name)); diff != "" {
			t.Errorf("%s (-sent +exported):\n%s", name, diff)
		}
	}

	type withheld struct {
		Dataset, Field, Ground string
	}
	var got []withheld
	for _, d := range verified.Statement().Predicate.Datasets {
		if d.Outcome != manifest.Complete {
			t.Errorf("%s: %s, want %s", d.Name, d.Outcome, manifest.Complete)
		}
		for _, w := range d.Withheld {
			got = append(got, withheld{d.Name, w.Name, w.Ground})
		}
	}
	// What travels in the clear names nobody.
	for _, secret := range []string{alice, shared, "hunter2"} {
		if strings.Contains(fmt.Sprintf("%+v", verified.Statement()), secret) {
			t.Errorf("the statement holds %q", secret)
		}
	}
	want := []withheld{
		{"sessions", "bytes-in", string(policy.NotPermitted)},
		{"sessions", "bytes-out", string(policy.NotPermitted)},
		{"sessions", "calling-station", string(policy.NotPermitted)},
		{"subscriber", "password", string(policy.IsSecret)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("withheld (-want +got):\n%s", diff)
	}
}

// marchOf returns, from the packets that were sent, the records of a
// subscriber's sessions that overlap March 2026, as a subpoena shows them.
func marchOf(user string) (all []string) {
	sessions := slices.Clone(accounted)
	slices.SortFunc(sessions, func(a, b session) int { return a.start.Compare(b.start) })
	for _, s := range sessions {
		if s.user != user || !s.start.Before(april) || !s.stop.IsZero() && !s.stop.After(march) {
			continue
		}
		stop := "null"
		if !s.stop.IsZero() {
			stop = `"` + s.stop.Format(time.RFC3339) + `"`
		}
		all = append(all, fmt.Sprintf(`{"address":%q,"nas-port":%q,"start":%q,"stop":%s,"username":%q}`,
			s.address, s.nasPort(), s.start.Format(time.RFC3339), stop, s.user))
	}
	return all
}

// records returns the lines of a dataset in an opened bag.
func records(t *testing.T, bag, dataset string) (all []string) {
	t.Helper()
	parts, err := filepath.Glob(filepath.Join(bag, "data", dataset, "part-*.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts {
		b, err := os.ReadFile(part)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")...)
	}
	return all
}
