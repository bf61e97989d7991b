package demo

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
	"unicode"

	_ "embed"

	"github.com/ncruces/go-sqlite3"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// The size of the provider. Its data lies in 2025, whenever the demo is made.
const (
	Seed        = 20250101
	accounts    = 3000
	loginsEach  = 24 // on average, as the next two
	mailsEach   = 16
	paymentsPer = 12 // of paid plans
)

var (
	firstDay = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	lastDay  = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
)

//go:embed schema.sql
var schema string

//go:embed indexes.sql
var indexes string

// Database makes the provider's SQLite database at path: always the same one.
func Database(path string) (err error) {
	db, err := sqlite3.OpenFlags("file:"+path, sqlite3.OPEN_READWRITE|sqlite3.OPEN_CREATE|sqlite3.OPEN_URI)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	// Nobody misses a half-made demo: it is made anew.
	if err := db.Exec("PRAGMA journal_mode=wal; PRAGMA synchronous=off; BEGIN;" + schema); err != nil {
		return err
	}
	m := maker{db: db, random: rand.New(rand.NewPCG(Seed, 1))}
	m.provider()
	if m.err != nil {
		return m.err
	}
	return db.Exec(indexes + "COMMIT; ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)")
}

// A maker fills the database; the first error stops it.
type maker struct {
	db     *sqlite3.Conn
	random *rand.Rand
	insert map[string]*sqlite3.Stmt
	err    error
}

func (m *maker) provider() {
	m.row("tenants", "harbour", "Harbour Logistics Ltd")
	m.row("tenants", "lyceum", "City Lyceum")
	for id := 1; id <= accounts; id++ {
		m.account(id)
	}
	for _, role := range []string{"abuse", "postmaster"} {
		m.row("addresses", role+"@example.com", 1)
	}
	for _, s := range m.insert {
		m.err = errors.Join(m.err, s.Close())
	}
}

// A person is one whom the demo's orders name; all others are made up at random.
type person struct {
	name, address, tenant string
}

// The people whom the demo's orders name, by account.
var named = map[int]person{
	1042: {name: "Mirela Kowalska", address: "mirela.kowalska@example.com"},
	2077: {name: "Tomás van den Berg", address: "t.vandenberg@example.com", tenant: "harbour"},
}

func (m *maker) account(id int) {
	p, known := named[id]
	if !known {
		p.name = m.pick(givenNames) + " " + m.pick(familyNames)
		p.address = fmt.Sprintf("%s%d@example.com", localPart(p.name), id)
		if m.random.IntN(20) == 0 {
			p.tenant = []string{"harbour", "lyceum"}[m.random.IntN(2)]
		}
	}
	plan := m.pick(plans)
	if known {
		plan = "plus"
	}
	created := m.between(firstDay.AddDate(-8, 0, 0), firstDay)
	var closed any
	if !known && m.random.IntN(25) == 0 {
		closed = m.between(firstDay, lastDay).Unix()
	}
	m.row("accounts", id, orNull(p.tenant), p.name,
		fmt.Sprintf("%s %d, %s", m.pick(streets), 1+m.random.IntN(180), m.pick(cities)),
		m.between(firstDay.AddDate(-80, 0, 0), firstDay.AddDate(-16, 0, 0)).Format(time.DateOnly),
		fmt.Sprintf("+1555%07d", id), fmt.Sprintf("%s@elsewhere.example", localPart(p.name)),
		created.Unix(), closed, plan, fmt.Sprintf("$argon2id$v=19$m=65536,t=3,p=4$%016x$%016x", m.random.Uint64(), m.random.Uint64()))
	m.row("addresses", p.address, id)
	if m.random.IntN(4) == 0 {
		m.row("addresses", fmt.Sprintf("hello.%d@example.com", id), id)
	}
	busy := 1
	if known {
		busy = 30
	}
	m.logins(id, busy*loginsEach)
	m.messages(id, p.address, busy*mailsEach)
	if plan != "free" {
		m.payments(id, plan)
	}
}

func (m *maker) logins(account, n int) {
	// Most people have a home address that changes a few times a year, and one or two devices.
	home, devices := m.ip(), []string{m.device(), m.device()}
	for _, at := range m.times(n) {
		if m.random.IntN(12) == 0 {
			home = m.ip()
		}
		ip := home
		if m.random.IntN(5) == 0 {
			ip = m.ip()
		}
		succeeded := 1
		var duration any = 30 + m.random.IntN(7200)
		if m.random.IntN(15) == 0 {
			succeeded, duration = 0, nil
		}
		m.row("logins", nil, account, at.Unix(), duration, ip, 1024+m.random.IntN(64000), m.pick(devices), m.pick(userAgents), succeeded)
	}
}

func (m *maker) messages(account int, address string, n int) {
	for _, at := range m.times(n) {
		from, to, folder := m.pick(elsewhere), address, "INBOX"
		if m.random.IntN(3) == 0 {
			from, to, folder = address, fmt.Sprintf("%s@elsewhere.example", localPart(m.pick(givenNames)+" "+m.pick(familyNames))), "Sent"
		}
		zone, _ := time.Parse("Z07:00", m.pick(timeZones))
		body := "Hello,\n\n"
		for range 2 + m.random.IntN(8) {
			body += m.pick(sentences) + " "
		}
		m.row("messages", nil, account, at.Unix(), at.In(zone.Location()).Format(time.RFC3339), from, to, folder, m.pick(subjects), body+"\n")
	}
}

func (m *maker) payments(account int, plan string) {
	method, number, amount := "card", fmt.Sprintf("4000 00** **** %04d", m.random.IntN(10000)), "4.99"
	if m.random.IntN(3) == 0 {
		method, number = "direct-debit", fmt.Sprintf("DE%02d 5001 0517 %04d %04d %02d", m.random.IntN(100), m.random.IntN(10000), m.random.IntN(10000), m.random.IntN(100))
	}
	if plan == "family" {
		amount = "11.50"
	}
	day := m.random.IntN(28)
	for month := range paymentsPer {
		m.row("payments", nil, account, firstDay.AddDate(0, month, day).Add(8*time.Hour).Unix(), method, number, amount, "EUR")
	}
}

// row inserts one row.
func (m *maker) row(table string, values ...any) {
	if m.err != nil {
		return
	}
	s, ok := m.insert[table]
	if !ok {
		marks := strings.TrimSuffix(strings.Repeat("?,", len(values)), ",")
		if s, _, m.err = m.db.Prepare("INSERT INTO " + sqlite3.QuoteIdentifier(table) + " VALUES (" + marks + ")"); m.err != nil {
			return
		}
		if m.insert == nil {
			m.insert = make(map[string]*sqlite3.Stmt)
		}
		m.insert[table] = s
	}
	for i, v := range values {
		switch v := v.(type) {
		case nil:
			m.err = errors.Join(m.err, s.BindNull(i+1))
		case int:
			m.err = errors.Join(m.err, s.BindInt64(i+1, int64(v)))
		case int64:
			m.err = errors.Join(m.err, s.BindInt64(i+1, v))
		case string:
			m.err = errors.Join(m.err, s.BindText(i+1, v))
		default:
			m.err = fmt.Errorf("table %s: a value of type %T", table, v)
		}
	}
	if m.err == nil {
		m.err = s.Exec()
	}
}

// times returns about n times of the year, in order.
func (m *maker) times(n int) []time.Time {
	step := lastDay.Sub(firstDay) / time.Duration(max(1, n/2+m.random.IntN(n)))
	var times []time.Time
	for at := firstDay.Add(time.Duration(m.random.Int64N(int64(step)))); at.Before(lastDay); at = at.Add(step/2 + time.Duration(m.random.Int64N(int64(step)))) {
		times = append(times, at.Truncate(time.Second))
	}
	return times
}

func (m *maker) between(from, to time.Time) time.Time {
	return from.Add(time.Duration(m.random.Int64N(int64(to.Sub(from))))).Truncate(time.Second)
}

// ip returns an address from the ranges that are reserved for documentation.
func (m *maker) ip() string {
	if m.random.IntN(4) == 0 {
		return fmt.Sprintf("2001:db8:%x:%x::%x", 1+m.random.IntN(0xffff), 1+m.random.IntN(0xffff), 1+m.random.IntN(0xffff))
	}
	return fmt.Sprintf("%s.%d", []string{"192.0.2", "198.51.100", "203.0.113"}[m.random.IntN(3)], 1+m.random.IntN(254))
}

func (m *maker) device() string { return fmt.Sprintf("dev-%012x", m.random.Uint64()>>16) }

func (m *maker) pick(from []string) string { return from[m.random.IntN(len(from))] }

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// localPart turns a name into the local part of an address.
func localPart(name string) string {
	plain, _, _ := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn))), name)
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r
		case r == ' ':
			return '.'
		}
		return -1
	}, strings.ToLower(plain))
}
