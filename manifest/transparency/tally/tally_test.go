package tally_test

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"writ/crypto/digest"
	"writ/manifest"
	"writ/manifest/act"
	"writ/manifest/ledger"
	"writ/manifest/transparency"
	"writ/manifest/transparency/tally"
)

const policies = "us search-warrant\nus subpoena\nus preservation\nus emergency\nus nsl national\nus fisa-order national\nuk warrant\nuk state-warrant national\neu production\n"

// What can be planned, and what can come of it.
var (
	pullMail   = set{name: "mail", category: "content", outcome: act.Pull, accounts: 1}
	pullLogins = set{name: "logins", category: "session.time", outcome: act.Pull, accounts: 1}
	mail       = set{name: "mail", category: "content.body", outcome: manifest.Complete, accounts: 1, records: 7}
	noMail     = set{name: "mail", category: "content", outcome: manifest.NoneFound, accounts: 1}
	logins     = set{name: "logins", category: "session.time", outcome: manifest.Complete, accounts: 1, records: 3}
	refused    = set{name: "mail", category: "content", outcome: manifest.Refused, ground: "not-permitted"}
	held       = set{name: "mail", category: "content", outcome: manifest.Held}
	gone       = set{name: "mail", category: "content", outcome: manifest.Unavailable}
	nobody     = set{name: "mail", category: "content", outcome: manifest.NoneFound}
	elsewhere  = set{name: "mail", category: "content", outcome: manifest.Redirected, redirected: 2}
)

// stories are what can become of an order: what is said, and the case that it is.
var stories = []struct {
	name string
	edit func(*request)
	acts func(request) []act.Act
	want transparency.Case // but for order, receipt, and what every request has
}{
	{
		name: "content was disclosed",
		acts: func(r request) []act.Act {
			return []act.Act{r.received(), r.decided(pullMail), r.exported(90, mail)}
		},
		want: transparency.Case{Outcome: transparency.Content, Accounts: 1, DeliveredAt: minute(90)},
	}, {
		name: "records were disclosed, and content refused",
		acts: func(r request) []act.Act {
			return []act.Act{r.received(), r.decided(pullLogins, refused), r.exported(60, logins, refused)}
		},
		want: transparency.Case{Outcome: transparency.NonContent, Accounts: 1, DeliveredAt: minute(60)},
	}, {
		name: "some fields were refused",
		edit: func(r *request) { r.secrecy = "until" },
		acts: func(r request) []act.Act {
			return []act.Act{r.received(), r.decided(with(pullLogins, "secret")), r.exported(60, with(logins, "secret"))}
		},
		want: transparency.Case{Outcome: transparency.NonContent, Accounts: 1, DeliveredAt: minute(60), Narrowed: true, NonDisclosure: true},
	}, {
		name: "what the law calls content is content, whatever its category",
		acts: func(r request) []act.Act {
			contacts := set{name: "contacts", category: "contacts", class: "content", outcome: act.Pull, accounts: 1}
			return []act.Act{r.received(), r.decided(contacts), r.exported(5, set{name: "contacts", category: "contacts", outcome: manifest.Complete, accounts: 1, records: 1})}
		},
		want: transparency.Case{Outcome: transparency.Content, Accounts: 1, DeliveredAt: minute(5)},
	}, {
		name: "content was sought and there is none, but records",
		acts: func(r request) []act.Act {
			return []act.Act{r.received(), r.decided(pullLogins, pullMail), r.exported(60, logins, noMail)}
		},
		want: transparency.Case{Outcome: transparency.NonContent, Accounts: 1, DeliveredAt: minute(60)},
	}, {
		name: "there is no such account",
		acts: func(r request) []act.Act {
			return []act.Act{r.received(), r.decided(nobody), r.exported(20, nobody)}
		},
		want: transparency.Case{Outcome: transparency.NoData, DeliveredAt: minute(20)},
	}, {
		name: "the account is empty",
		acts: func(r request) []act.Act {
			return []act.Act{r.received(), r.decided(pullMail), r.exported(20, noMail)}
		},
		want: transparency.Case{Outcome: transparency.NoData, Accounts: 1, DeliveredAt: minute(20)},
	}, {
		name: "nothing was found yet, and a dataset is held",
		acts: func(r request) []act.Act {
			none := set{name: "logins", category: "session.time", outcome: manifest.NoneFound, accounts: 1}
			return []act.Act{r.received(), r.decided(pullLogins, held), r.exported(20, none, held)}
		},
		want: transparency.Case{Outcome: transparency.Pending, Accounts: 1, DeliveredAt: minute(20)},
	}, {
		name: "refused",
		acts: func(r request) []act.Act { return []act.Act{r.received(), r.decided(refused)} },
		want: transparency.Case{Outcome: transparency.Rejected},
	}, {
		name: "rejected in planning",
		acts: func(r request) []act.Act { return []act.Act{r.received(), r.unplanned(act.OverCeiling)} },
		want: transparency.Case{Outcome: transparency.Rejected},
	}, {
		name: "turned away by verification, whose country nobody knows but by its law",
		acts: func(r request) []act.Act { return []act.Act{r.rejected(act.Unsigned), r.rejected(act.Expired)} },
		want: transparency.Case{Outcome: transparency.Rejected, Country: "US"},
	}, {
		name: "turned away, and its law is many countries'",
		edit: func(r *request) { r.jurisdiction, r.process = "eu", "production" },
		acts: func(r request) []act.Act { return []act.Act{r.rejected(act.Authority)} },
		want: transparency.Case{Outcome: transparency.Rejected, Country: tally.Nowhere, Jurisdiction: "eu", Process: "production"},
	}, {
		name: "turned away, and it made a word up",
		edit: func(r *request) { r.process = "ransom.note" },
		acts: func(r request) []act.Act { return []act.Act{r.rejected(act.NoThreshold)} },
		want: transparency.Case{Outcome: transparency.Rejected, Country: "US", Process: tally.Unrecognised},
	}, {
		name: "turned away first, then signed by enough",
		acts: func(r request) []act.Act {
			first := r
			first.at = r.at.Add(-time.Hour)
			return []act.Act{first.rejected(act.Unsigned), r.received(), r.decided(pullMail), r.exported(90, mail)}
		},
		want: transparency.Case{Outcome: transparency.Content, Accounts: 1, DeliveredAt: minute(90)},
	}, {
		name: "answered, and sent in once more",
		acts: func(r request) []act.Act {
			return []act.Act{r.received(), r.decided(pullMail), r.exported(90, mail), r.rejected(act.Expired)}
		},
		want: transparency.Case{Outcome: transparency.Content, Accounts: 1, DeliveredAt: minute(90)},
	}, {
		name: "a supplement is the same request",
		acts: func(r request) []act.Act {
			return []act.Act{r.received(), r.decided(pullLogins), r.exported(30, logins), r.decided(pullMail), r.exported(500, mail)}
		},
		want: transparency.Case{Outcome: transparency.Content, Accounts: 1, DeliveredAt: minute(30)},
	}, {
		name: "a supplement that finds nothing takes nothing back",
		acts: func(r request) []act.Act {
			return []act.Act{r.received(), r.decided(pullMail), r.exported(30, mail), r.decided(nobody), r.exported(500, nobody), r.unplanned(act.OverCeiling)}
		},
		want: transparency.Case{Outcome: transparency.Content, Accounts: 1, DeliveredAt: minute(30)},
	}, {
		name: "received, no more",
		acts: func(r request) []act.Act { return []act.Act{r.received()} },
		want: transparency.Case{Outcome: transparency.Pending},
	}, {
		name: "held",
		edit: func(r *request) { r.country, r.jurisdiction, r.process = "DE", "eu", "production" },
		acts: func(r request) []act.Act { return []act.Act{r.received(), r.decided(held)} },
		want: transparency.Case{Outcome: transparency.Pending, Country: "DE", Jurisdiction: "eu", Process: "production"},
	}, {
		name: "held, then released and delivered",
		acts: func(r request) []act.Act {
			freed := act.Released{Head: head(r.at.AddDate(0, 0, 10)), Order: r.digest(), ReleasedAt: r.at.AddDate(0, 0, 10), Because: act.HoldLapsed, Datasets: []string{"mail"}}
			return []act.Act{r.received(), r.decided(held), freed, r.decided(pullMail), r.exported(15000, mail)}
		},
		want: transparency.Case{Outcome: transparency.Content, Accounts: 1, DeliveredAt: minute(15000)},
	}, {
		name: "the store can't be read",
		acts: func(r request) []act.Act { return []act.Act{r.received(), r.decided(gone)} },
		want: transparency.Case{Outcome: transparency.Pending},
	}, {
		name: "referred to the customer",
		acts: func(r request) []act.Act { return []act.Act{r.received(), r.decided(elsewhere)} },
		want: transparency.Case{Outcome: transparency.Redirected, Accounts: 2, Enterprise: true},
	}, {
		name: "under the customer's contract",
		edit: func(r *request) { r.ground = "contract" },
		acts: func(r request) []act.Act { return []act.Act{r.received(), r.decided(pullMail), r.exported(40, mail)} },
		want: transparency.Case{Outcome: transparency.Content, Accounts: 1, DeliveredAt: minute(40), Enterprise: true, Consent: true},
	}, {
		name: "one account is a customer's, one a consumer's",
		acts: func(r request) []act.Act {
			plan, out := pullMail, mail
			plan.redirected, out.redirected, out.outcome = 1, 1, manifest.Partial
			return []act.Act{r.received(), r.decided(plan), r.exported(40, out)}
		},
		want: transparency.Case{Outcome: transparency.Content, Accounts: 2, DeliveredAt: minute(40), Narrowed: true},
	}, {
		name: "an emergency",
		edit: func(r *request) { r.emergency, r.process = true, "emergency" },
		acts: func(r request) []act.Act { return []act.Act{r.received(), r.decided(pullMail), r.exported(20, mail)} },
		want: transparency.Case{Outcome: transparency.Content, Accounts: 1, DeliveredAt: minute(20), Emergency: true, Process: "emergency"},
	}, {
		name: "preserved",
		edit: func(r *request) { r.process = "preservation" },
		acts: func(r request) []act.Act { return []act.Act{r.received(), r.kept()} },
		want: transparency.Case{Outcome: transparency.Preserved, Process: "preservation", Preservation: true},
	}, {
		name: "a preservation turned away",
		edit: func(r *request) { r.process = "preservation" },
		acts: func(r request) []act.Act { return []act.Act{r.rejected(act.Unsigned)} },
		want: transparency.Case{Outcome: transparency.Rejected, Country: "US", Process: "preservation", Preservation: true},
	}, {
		name: "a letter",
		edit: func(r *request) { r.process = "nsl" },
		acts: func(r request) []act.Act {
			return []act.Act{r.received(), r.decided(pullLogins), r.exported(60, logins)}
		},
		want: transparency.Case{Outcome: transparency.NonContent, Accounts: 1, DeliveredAt: minute(60), Process: "nsl", NationalSecurity: transparency.Letter},
	}, {
		name: "another national-security process, for content",
		edit: func(r *request) { r.process = "fisa-order" },
		acts: func(r request) []act.Act { return []act.Act{r.received(), r.decided(refused)} },
		want: transparency.Case{Outcome: transparency.Rejected, Process: "fisa-order", NationalSecurity: transparency.ContentOrder},
	}, {
		name: "the same, not for content",
		edit: func(r *request) { r.process = "fisa-order" },
		acts: func(r request) []act.Act {
			return []act.Act{r.received(), r.decided(pullLogins), r.exported(60, logins)}
		},
		want: transparency.Case{Outcome: transparency.NonContent, Accounts: 1, DeliveredAt: minute(60), Process: "fisa-order", NationalSecurity: transparency.NonContentOrder},
	}, {
		name: "the same, turned away unread",
		edit: func(r *request) { r.process = "fisa-order" },
		acts: func(r request) []act.Act { return []act.Act{r.rejected(act.Unsigned)} },
		want: transparency.Case{Outcome: transparency.Rejected, Country: "US", Process: "fisa-order", NationalSecurity: transparency.ContentOrder},
	}, {
		name: "another country's",
		edit: func(r *request) { r.country, r.jurisdiction, r.process = "GB", "uk", "state-warrant" },
		acts: func(r request) []act.Act { return []act.Act{r.received(), r.decided(pullMail), r.exported(60, mail)} },
		want: transparency.Case{
			Outcome: transparency.Content, Accounts: 1, DeliveredAt: minute(60),
			Country: "GB", Jurisdiction: "uk", Process: "state-warrant", NationalSecurity: transparency.Foreign,
		},
	}, {
		name: "exported without a receipt",
		acts: func(r request) []act.Act { return []act.Act{r.exported(60, mail)} },
		want: transparency.Case{Outcome: transparency.Content, Accounts: 1, DeliveredAt: minute(60), Country: "US"},
	},
}

// minute is a time after the receipt: the zero time is the receipt's.
func minute(n int) time.Time { return time.Time{}.Add(time.Duration(n) * time.Minute) }

func with(s set, ground string) set { s.ground = ground; return s }

// order is the n-th request, with what every one has unless a story says otherwise.
func order(n int, edit func(*request)) request {
	r := request{n: n, at: spring.Add(time.Duration(n) * time.Hour), country: "CA", jurisdiction: "us", process: "search-warrant", targets: 1 + n%3}
	if edit != nil {
		edit(&r)
	}
	return r
}

// wanted is the case of a story as told of r.
func wanted(c transparency.Case, r request) transparency.Case {
	c.Order, c.ReceivedAt, c.Identifiers = r.digest(), r.at, r.targets
	if !c.DeliveredAt.IsZero() {
		c.DeliveredAt = r.at.Add(c.DeliveredAt.Sub(time.Time{}))
	}
	if c.Country == "" {
		c.Country = r.country
	}
	if c.Jurisdiction == "" {
		c.Jurisdiction = r.jurisdiction
	}
	if c.Process == "" {
		c.Process = r.process
	}
	return c
}

func TestStories(t *testing.T) {
	w := newWorld(t)
	w.configure(t, policies)
	want := make(map[digest.Digest]transparency.Case)
	names := make(map[digest.Digest]string)
	// Everybody's first statement, then everybody's second: the ledger has no order's whole story in a row.
	var told [][]act.Act
	for n, s := range stories {
		r := order(n, s.edit)
		told = append(told, s.acts(r))
		want[r.digest()], names[r.digest()] = wanted(s.want, r), s.name
	}
	for left := true; left; {
		left = false
		var round []act.Act
		for i, acts := range told {
			if len(acts) > 0 {
				round, told[i], left = append(round, acts[0]), acts[1:], true
			}
		}
		w.tell(t, round...)
	}
	got, err := tally.Read(t.Context(), w.config)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Cases) != len(want) || got.Tests != 0 || got.Strays != 0 {
		t.Errorf("%d cases, %d tests, %d strays, want %d cases", len(got.Cases), got.Tests, got.Strays, len(want))
	}
	for _, c := range got.Cases {
		if diff := cmp.Diff(want[c.Order], c); diff != "" {
			t.Errorf("%s: %s", names[c.Order], diff)
		}
	}
	// Every one is a case that a report can be computed of.
	o := transparency.Options{Provider: "Example Mail", Checkpoint: got.Checkpoint, Now: spring.AddDate(1, 0, 0), Threshold: 1}
	if _, err := transparency.Compute(got.Cases, o); err != nil {
		t.Error(err)
	}
}

func TestNotCounted(t *testing.T) {
	w := newWorld(t)
	test := order(1, func(r *request) { r.test = true })
	stray := order(3, nil)
	w.tell(t,
		test.received(), test.decided(pullMail), test.exported(5, mail),
		order(2, nil).rejected(act.TestOrder),
		stray.decided(pullMail), act.Notified{Head: head(spring), Order: order(4, nil).digest(), NotifiedAt: spring, How: "email"},
	)
	got, err := tally.Read(t.Context(), w.config)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Cases) != 0 || got.Tests != 2 || got.Strays != 2 {
		t.Errorf("%d cases, %d tests, %d strays; want 0, 2 and 2", len(got.Cases), got.Tests, got.Strays)
	}
}

// A letter is one in a ledger that never had a policy, too.
func TestLetterWithoutPolicy(t *testing.T) {
	w := newWorld(t)
	w.tell(t, order(1, func(r *request) { r.process = "nsl" }).rejected(act.Unsigned))
	got, err := tally.Read(t.Context(), w.config)
	if err != nil || len(got.Cases) != 1 || got.Cases[0].NationalSecurity != transparency.Letter {
		t.Errorf("%+v, %v; want a letter", got, err)
	}
}

// The first entries are what they always were.
func TestSize(t *testing.T) {
	w := newWorld(t)
	w.configure(t, policies)
	w.tell(t, order(1, nil).received())
	before, err := tally.Read(t.Context(), w.config)
	if err != nil {
		t.Fatal(err)
	}
	var more []act.Act
	for n := range 40 {
		more = append(more, order(n, nil).received(), order(n, nil).decided(pullMail))
	}
	w.tell(t, more...)
	w.config.Size = 2
	after, err := tally.Read(t.Context(), w.config)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Error(diff)
	}
}

func TestRefuses(t *testing.T) {
	good := func(t *testing.T) *world {
		w := newWorld(t)
		w.configure(t, policies)
		w.tell(t, order(1, nil).received())
		return w
	}
	for _, tt := range []struct {
		name  string
		spoil func(*testing.T, *world)
		want  error
	}{
		{"nothing wrong", func(*testing.T, *world) {}, nil},
		{"no provider", func(_ *testing.T, w *world) { w.config.Provider = nil }, tally.ErrConfig},
		{"nobody reads the policies", func(_ *testing.T, w *world) { w.config.Processes = nil }, tally.ErrConfig},
		{"more entries than there are", func(_ *testing.T, w *world) { w.config.Size = 3 }, tally.ErrSize},
		{"less than none", func(_ *testing.T, w *world) { w.config.Size = -1 }, tally.ErrSize},
		{"an entry that is no statement", func(t *testing.T, w *world) { w.put(t, []byte("{}")) }, act.ErrFormat},
		{"somebody else's statement", func(t *testing.T, w *world) {
			b, err := act.Sign(order(2, nil).received(), newSigner(t, 2))
			if err != nil {
				t.Fatal(err)
			}
			w.put(t, b)
			var more []act.Act // it stops early, and leaves nobody waiting
			for n := range 400 {
				more = append(more, order(10+n, nil).received())
			}
			w.tell(t, more...)
		}, act.ErrSigner},
		{"a policy whose text is not there", func(t *testing.T, w *world) {
			w.tell(t, configured(digest.Of([]byte("lost")), 4))
		}, ledger.ErrNotFound},
		{"a policy that can't be read", func(_ *testing.T, w *world) {
			w.config.Processes = func([]byte) (map[tally.Process]bool, error) { return nil, errPolicy }
		}, errPolicy},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := good(t)
			tt.spoil(t, w)
			got, err := tally.Read(t.Context(), w.config)
			if !errors.Is(err, tt.want) || (err == nil) != (got != nil) {
				t.Errorf("%v, %v; want %v", got, err, tt.want)
			}
		})
	}
}

var errPolicy = errors.New("not a policy")

// The report on a ledger is what somebody counts by hand in what was done.
func TestReportIsACount(t *testing.T) {
	w := newWorld(t)
	w.configure(t, policies)
	type key struct{ group, country, what string }
	count := make(map[key]int)
	var acts []act.Act
	places := []string{"CA", "FR", "BR"}
	for n := range 400 {
		s := stories[n*n%len(stories)]
		r := order(n, func(r *request) { r.country = places[n%len(places)] })
		if s.edit != nil {
			s.edit(&r)
		}
		r.at = time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Hour)
		acts = append(acts, s.acts(r)...)
		c := wanted(s.want, r)
		if c.NationalSecurity != "" {
			continue
		}
		group, outcome := transparency.Orders, string(c.Outcome)
		if c.Enterprise {
			group = transparency.Enterprise
		}
		if c.Preservation {
			group = transparency.Preservation
		}
		if c.Consent {
			outcome = transparency.WithConsent
		}
		for _, country := range []string{c.Country, transparency.All} {
			count[key{group, country, "requests"}]++
			count[key{group, country, "identifiers"}] += c.Identifiers
			count[key{group, country, "accounts"}] += c.Accounts
			count[key{group, country, outcome}]++
		}
	}
	for chunk := range slices.Chunk(acts, 300) {
		w.tell(t, chunk...)
	}
	got, err := tally.Read(t.Context(), w.config)
	if err != nil {
		t.Fatal(err)
	}
	if want := uint64(len(acts) + 1); got.Checkpoint.Size != want {
		t.Errorf("%d entries, want %d", got.Checkpoint.Size, want)
	}
	half := transparency.HalfYear{Year: 2025, Half: 2}
	report, err := transparency.Compute(got.Cases, transparency.Options{
		Provider: "Example Mail", Checkpoint: got.Checkpoint, Now: spring, From: half, To: half, Threshold: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	printed := make(map[key]int)
	for _, g := range report.Periods[0].Groups {
		for _, row := range append(g.Countries, g.All) {
			put := func(what string, f transparency.Figure) {
				if n, ok := f.Value(); ok && n > 0 {
					printed[key{g.Group, row.Country, what}] = n
				}
			}
			put("requests", row.Requests)
			put("identifiers", row.Identifiers)
			put("accounts", row.Accounts)
			for _, o := range row.Outcomes {
				put(o.Name, o.Requests)
			}
		}
	}
	maps.DeleteFunc(count, func(_ key, n int) bool { return n == 0 })
	if diff := cmp.Diff(count, printed); diff != "" {
		t.Error(diff)
	}
}
