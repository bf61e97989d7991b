package policy

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"writ/crypto/trust"
	"writ/export/catalog"
	"writ/export/internal/strictyaml"
	"writ/export/order"
)

// kinds of authorities that rules can name.
var kinds = []trust.Kind{trust.Court, trust.Judge, trust.Prosecutor, trust.Police, trust.SecurityService, trust.DesignatedAuthority}

// purposes that rules can name.
var purposes = []order.Purpose{order.Investigate, order.IdentifyUser}

// A reader reads NAME.yaml into terms. Its first error sticks.
type reader struct {
	*strictyaml.Map
	t    *terms
	file string
	top  strictyaml.Node
	ids  map[string]bool
}

// A line is one entry of a list of rules.
type line struct {
	*strictyaml.Map
	node strictyaml.Node
	scope
}

func (r *reader) constant(key, want string) {
	if n, ok := r.Need(key); ok {
		if got, err := n.Text(); err != nil || got != want {
			r.Fail(n.Errorf("want %q", want))
		}
	}
}

// lines reads the list at key: an id and a citation each, and what they are about.
func (r *reader) lines(key string, needed bool) []line {
	n, ok := r.Get(key)
	if !ok {
		if needed {
			r.Need(key)
		}
		return nil
	}
	items, err := n.List()
	r.Fail(err)
	var out []line
	for _, item := range items {
		if id := item.Map().Text("id"); id != "" {
			item = item.In("rule", id)
		}
		l := line{Map: item.Map(), node: item}
		l.ID, l.Cite, l.file = l.NeedText("id"), l.NeedText("cite"), r.file
		switch {
		case !validID(l.ID):
			l.Fail(l.node.Errorf("want an id of lower-case letters, digits, . and -, at most 64"))
		case r.ids[l.ID]:
			l.Fail(l.node.Errorf("is there twice"))
		}
		r.ids[l.ID] = true
		for _, p := range l.Texts("processes") {
			if _, ok := r.t.process(trust.Process(p)); !ok {
				l.Fail(l.node.Errorf("no process is called %q: there are %s", p, join(r.t.processNames())))
			}
			l.processes = append(l.processes, trust.Process(p))
		}
		for _, c := range l.Texts("classes") {
			if !slices.Contains(r.t.classNames(), Class(c)) {
				l.Fail(l.node.Errorf("no class is called %q: there are %s", c, join(r.t.classNames())))
			}
			l.classes = append(l.classes, Class(c))
		}
		l.when = condition(l.Text("when"))
		if l.when != "" && l.when != notified && l.when != cleared && l.when != secret {
			l.Fail(l.node.Errorf("when: want notified, cleared or secret; not %q", string(l.when)))
		}
		out = append(out, l)
	}
	return out
}

func validID(s string) bool {
	return len(s) <= 64 && wordForm().MatchString(strings.ReplaceAll(s, ".", "-"))
}

func (r *reader) readClasses() {
	n, ok := r.Need("classes")
	if !ok {
		return
	}
	items, err := n.List()
	r.Fail(err)
	for _, item := range items {
		m := item.Map()
		l := classLine{class: Class(m.NeedText("class")), purpose: order.Purpose(m.Text("purpose"))}
		if !validWord(string(l.class)) {
			m.Fail(item.Errorf("class: want a word of lower-case letters and digits"))
		}
		if l.purpose != "" && !slices.Contains(purposes, l.purpose) {
			m.Fail(item.Errorf("purpose: want one of %s; not %q", join(purposes), string(l.purpose)))
		}
		m.Need("categories")
		for _, c := range m.Texts("categories") {
			if !catalog.Category(c).Valid() || catalog.Category(c) == catalog.Secret {
				m.Fail(item.Errorf("no category that can be granted is called %q", c))
			}
			l.categories = append(l.categories, catalog.Category(c))
		}
		r.t.classes = append(r.t.classes, l)
		r.Fail(m.Done())
	}
}

func (r *reader) readProcesses() {
	n, ok := r.Need("processes")
	if !ok {
		return
	}
	entries, err := n.Entries()
	r.Fail(err)
	for _, e := range entries {
		at := e.Value.In("process", e.Key)
		l := line{Map: at.Map(), node: at}
		p := process{
			rule:             rule{Rule{ID: string(r.t.name) + "." + e.Key, Cite: l.NeedText("cite")}, r.file},
			name:             trust.Process(e.Key),
			releases:         true,
			voluntary:        l.Bool("voluntary"),
			nationalSecurity: l.Bool("national_security"),
			preserve:         l.duration("preserve"),
			renew:            l.duration("renew"),
		}
		if _, ok := l.Get("releases"); ok {
			p.releases = l.Bool("releases")
		}
		if !validWord(e.Key) {
			l.Fail(at.Errorf("want a name of lower-case letters, digits and -, at most 64"))
		}
		for _, i := range l.Texts("includes") {
			// Only what stands above: so the ladder has no circle.
			if _, ok := r.t.process(trust.Process(i)); !ok {
				l.Fail(at.Errorf("includes %q, which is not a process above it", i))
			}
			p.includes = append(p.includes, trust.Process(i))
		}
		switch {
		case preserves(p.name) && p.releases:
			l.Fail(at.Errorf("preserving releases nothing: it needs releases: false"))
		case p.releases != (p.preserve == 0):
			l.Fail(at.Errorf("a process that releases nothing, and no other, says how long it preserves"))
		case !p.releases && (len(p.includes) > 0 || p.voluntary):
			l.Fail(at.Errorf("a process that releases nothing includes none and is not voluntary"))
		}
		r.ids[p.ID] = true
		r.t.processes = append(r.t.processes, p)
		r.Fail(l.Done())
	}
}

// complete refuses terms that leave a question open: what has no answer would
// be decided by accident.
func (r *reader) complete() {
	for _, c := range catalog.Leaves() {
		for _, p := range purposes {
			if c != catalog.Secret && r.t.class(c, p) == "" {
				r.Fail(r.top.Errorf("classes: none for category %q", c))
			}
		}
	}
	for _, p := range r.t.processes {
		for _, c := range append(r.t.classNames(), "") {
			a := &ask{process: p.name}
			for _, part := range []struct {
				key   string
				found bool
			}{
				{"clocks", first(r.t.clocks, func(l clockLine) scope { return l.scope }, a, c) != nil},
				{"notice", first(r.t.notices, func(l noticeLine) scope { return l.scope }, a, c) != nil},
				{"ceilings", first(r.t.ceilings, func(l ceilingLine) scope { return l.scope }, a, c) != nil},
				{"enterprise", first(r.t.enterprise, func(l enterpriseLine) scope { return l.scope }, a, c) != nil},
			} {
				if !part.found {
					r.Fail(r.top.Errorf("%s: no line for process %q: end the list with one that has no processes, classes or when", part.key, p.name))
				}
			}
		}
	}
}

// first returns the first line that is about data of class c, asked for by a.
func first[T any](lines []T, of func(T) scope, a *ask, c Class) *T {
	for i := range lines {
		if of(lines[i]).covers(a, c) {
			return &lines[i]
		}
	}
	return nil
}

func (t *terms) classNames() []Class {
	var out []Class
	for _, l := range t.classes {
		if !slices.Contains(out, l.class) {
			out = append(out, l.class)
		}
	}
	return out
}

func (t *terms) processNames() []trust.Process {
	var out []trust.Process
	for _, p := range t.processes {
		out = append(out, p.name)
	}
	return out
}

// duration reads 8h or 90d: hours, or days of 24 hours.
func (l line) duration(key string) time.Duration {
	n, ok := l.Get(key)
	if !ok {
		return 0
	}
	d, ok := parseDuration(l.Text(key))
	if !ok {
		l.Fail(n.Errorf("want hours or days, such as 8h or 90d"))
	}
	return d
}

func parseDuration(s string) (time.Duration, bool) {
	if len(s) < 2 {
		return 0, false
	}
	unit := map[byte]time.Duration{'h': time.Hour, 'd': 24 * time.Hour}[s[len(s)-1]]
	v, ok := count(s[:len(s)-1], 36_500)
	return time.Duration(v) * unit, ok && unit > 0
}

// count reads 1 to most in plain digits.
func count(s string, most int64) (int64, bool) {
	v, err := strconv.ParseInt(s, 10, 64)
	return v, err == nil && v >= 1 && v <= most && strconv.FormatInt(v, 10) == s
}

// bound reads a number that must be there.
func (l line) bound(key string, most int64) int64 {
	l.Need(key)
	v := l.Int(key)
	if v < 1 || v > most {
		l.Fail(l.node.Errorf("%s: want 1 to %d: no bound is not a bound", key, most))
	}
	return v
}

// What no ceiling is above.
const (
	maxAccounts = 100_000
	maxRecords  = 1_000_000_000_000
	maxTargets  = order.MaxTargets
	maxBagBytes = 1 << 50
	maxRate     = 1_000_000_000
	maxDays     = 36_500
)

func (l line) ceilings() Ceilings {
	c := Ceilings{
		Targets:  int(l.bound("targets", maxTargets)),
		Accounts: int(l.bound("accounts", maxAccounts)),
		Records:  l.bound("records", maxRecords),
	}
	if n, ok := l.Need("bytes"); ok {
		text := l.Text("bytes")
		digits, isGiB := strings.CutSuffix(text, "GiB")
		digits, isMiB := strings.CutSuffix(digits, "MiB")
		v, ok := count(digits, 1<<20)
		if !ok || isGiB == isMiB {
			l.Fail(n.Errorf("want a size such as 500MiB or 10GiB"))
		}
		c.Bytes = v << 20
		if isGiB {
			c.Bytes = v << 30
		}
	}
	l.Need("window")
	c.Window = l.duration("window")
	c.WindowDays = int(c.Window / (24 * time.Hour))
	if c.WindowDays < 1 && c.Window != 0 {
		l.Fail(l.node.Errorf("window: want at least a day"))
	}
	c.Windows = l.windows(c.Window)
	return c
}
