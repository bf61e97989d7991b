package trust

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"writ/crypto/digest"
	"writ/crypto/seal"
	"writ/crypto/sign"
)

func TestOpenNeedsTheRootsThreshold(t *testing.T) {
	good := document(t)
	other := &sign.Envelope{Purpose: sign.ForOrder, Payload: marshal(t, good)}
	for _, n := range []string{"root 1", "root 2"} {
		if err := other.Sign(signer(t, n)); err != nil {
			t.Fatal(err)
		}
	}
	broken := document(t)
	broken.Version = 0
	anonymous := strings.NewReplacer(`"keyid": "`+string(signer(t, "root 1").Public().ID())+`",`, "").
		Replace(string(signed(t, good, "root 1")))
	twice := strings.Replace(anonymous, "[\n", "[\n"+anonymous[strings.Index(anonymous, "[\n")+2:strings.Index(anonymous, "\n  ]")]+",\n", 1)
	withMin := func(v int) Root { r := root(t); r.MinVersion = v; return r }
	withThreshold := func(n int) Root { r := root(t); r.Threshold = n; return r }
	withTwice := root(t)
	withTwice.Keys[1] = withTwice.Keys[0]
	for _, tt := range []struct {
		name     string
		envelope []byte
		root     Root
		want     error
	}{
		{"two of three", signed(t, good, "root 1", "root 3"), root(t), nil},
		{"all three", signed(t, good, "root 1", "root 2", "root 3"), root(t), nil},
		{"one", signed(t, good, "root 1"), root(t), ErrThreshold},
		{"one, twice", signed(t, good, "root 1", "root 1"), root(t), ErrThreshold},
		{"one, twice without its name", []byte(twice), root(t), ErrThreshold},
		{"one and a stranger", signed(t, good, "root 1", "court"), root(t), ErrThreshold},
		{"nobody", signed(t, good), root(t), ErrThreshold},
		{"nobody, and broken", signed(t, broken), root(t), ErrThreshold},
		{"broken", signed(t, broken, "root 1", "root 2"), root(t), ErrFormat},
		{"signed as an order", other.Marshal(), root(t), ErrFormat},
		{"not an envelope", marshal(t, good), root(t), ErrFormat},
		{"the version pinned", signed(t, good, "root 1", "root 2"), withMin(3), nil},
		{"older than pinned", signed(t, good, "root 1", "root 2"), withMin(4), ErrRollback},
		{"the zero root", signed(t, good, "root 1", "root 2"), Root{}, ErrRegistry},
		{"a threshold of zero", signed(t, good), withThreshold(0), ErrRegistry},
		{"a threshold beyond the keys", signed(t, good, "root 1", "root 2", "root 3"), withThreshold(4), ErrRegistry},
		{"a root with one key twice", signed(t, good, "root 1"), withTwice, ErrRegistry},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := Open(tt.envelope, tt.root)
			if !errors.Is(err, tt.want) || !errors.Is(err, nil) && !errors.Is(err, ErrRegistry) {
				t.Fatalf("Open = %v, want %v", err, tt.want)
			}
			if (r == nil) != (err != nil) {
				t.Errorf("registry %v with error %v", r, err)
			}
		})
	}
}

func TestDigestIsOfTheSignedBytes(t *testing.T) {
	if got, want := open(t).Digest(), digest.Of(marshal(t, document(t))); got != want {
		t.Errorf("Digest = %s, want %s", got, want)
	}
}

func TestDocumentIsACopy(t *testing.T) {
	r := open(t)
	d := r.Document()
	if diff := cmp.Diff(*document(t), d, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("Document differs from what was signed:\n%s", diff)
	}
	d.Thresholds[0].Reviewers = 0
	d.Authorities[0].Keys[0] = Key{}
	d.Reviewers[0].Keys[0] = Key{}
	d.Engineers[0].Keys[0] = Key{}
	d.Agencies[0].Recipients[0] = Recipient{}
	d.ProviderKeys[0] = ProviderKey{}
	d.Witnesses.Threshold = 0
	d.Witnesses.List[0] = Witness{}
	r.Witnesses().List[0] = Witness{}
	p := r.Publish()
	p.Witnesses.List[0] = Witness{}
	a, err := r.Authority("court", day("2026-02-01"))
	if err != nil {
		t.Fatal(err)
	}
	a.Keys[0] = Key{}
	if diff := cmp.Diff(*document(t), r.Document(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("a caller changed the registry:\n%s", diff)
	}
}

// The ledger's key is found by its time, and its witnesses are published
// without their addresses.
func TestLedger(t *testing.T) {
	d := document(t)
	d.ProviderKeys[2].Until = day("2026-06-01")
	d.ProviderKeys = append(d.ProviderKeys, ProviderKey{Use: UseLedger, Origin: "mail.example/new",
		Key: Key{PublicKey: signer(t, "new ledger").Public(), Validity: from("2026-05-01")}})
	r, err := Open(signed(t, d, "root 1", "root 2"), root(t))
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]string{
		"2025-12-31": "", "2026-01-01": " mail.example/ledger", "2026-05-01": " mail.example/ledger mail.example/new", "2026-06-01": " mail.example/new",
	} {
		got := ""
		for _, k := range r.LedgerKeys(day(at)) {
			got += " " + k.Origin
		}
		if got != want {
			t.Errorf("on %s: ledgers%s, want%s", at, got, want)
		}
	}
	p := r.Publish()
	if !p.HasLedger() || (&Provider{Keys: p.Keys[:2]}).HasLedger() {
		t.Error("HasLedger does not say whether there is a ledger's key")
	}
	want := &Witnesses{Threshold: 1, List: []Witness{{Key: witness0}, {Key: witness1}}}
	if diff := cmp.Diff(want, p.Witnesses); diff != "" {
		t.Errorf("published witnesses:\n%s", diff)
	}
	if r.Witnesses().List[0].URL == "" {
		t.Error("publishing takes the addresses out of the registry")
	}
}

func TestValidityAt(t *testing.T) {
	const ns = time.Nanosecond
	v := Validity{From: day("2026-01-01"), Until: day("2026-06-01"), RevokedAt: day("2026-03-01")}
	for _, tt := range []struct {
		name string
		v    Validity
		at   time.Time
		want error
	}{
		{"open at both ends", Validity{}, day("2026-01-01"), nil},
		{"no time", Validity{}, time.Time{}, ErrNotYet},
		{"before", v, v.From.Add(-ns), ErrNotYet},
		{"first instant", v, v.From, nil},
		{"last instant before the revocation", v, v.RevokedAt.Add(-ns), nil},
		{"revocation", v, v.RevokedAt, ErrRevoked},
		{"revoked and over", v, v.Until, ErrRevoked},
		{"last instant", until("2026-06-01"), day("2026-06-01").Add(-ns), nil},
		{"the end is exclusive", until("2026-06-01"), day("2026-06-01"), ErrExpired},
		{"revoked from the start", Validity{From: v.From, RevokedAt: v.From}, v.From, ErrRevoked},
	} {
		if err := tt.v.At(tt.at); !errors.Is(err, tt.want) {
			t.Errorf("%s: At = %v, want %v", tt.name, err, tt.want)
		}
		// What has not begun will count; all else is as it is.
		later := tt.want
		if later == ErrNotYet && !tt.at.IsZero() {
			later = nil
		}
		if err := tt.v.AtOrAfter(tt.at); !errors.Is(err, later) {
			t.Errorf("%s: AtOrAfter = %v, want %v", tt.name, err, later)
		}
	}
	never := Validity{From: v.From, RevokedAt: v.From}
	if err := never.AtOrAfter(v.From.Add(-ns)); !errors.Is(err, ErrRevoked) {
		t.Errorf("what was revoked from the start: AtOrAfter = %v", err)
	}
}

func TestLookups(t *testing.T) {
	r := open(t)
	ids := func(keys []Key) (names []string) {
		for _, n := range []string{"court", "court 2"} {
			if slices.ContainsFunc(keys, func(k Key) bool { return k.PublicKey.Equal(signer(t, n).Public()) }) {
				names = append(names, n)
			}
		}
		return names
	}
	for _, tt := range []struct {
		id   string
		at   string
		keys []string
		want error
	}{
		{"court", "2026-02-01", []string{"court"}, nil},
		{"court", "2026-05-15", []string{"court", "court 2"}, nil},
		{"court", "2026-07-01", []string{"court 2"}, nil},
		{"court", "2025-12-31", nil, ErrNotYet},
		{"paper", "2026-02-01", nil, nil},
		{"Court", "2026-02-01", nil, ErrUnknown},
		{"", "2026-02-01", nil, ErrUnknown},
	} {
		a, err := r.Authority(tt.id, day(tt.at))
		if !errors.Is(err, tt.want) || !slices.Equal(ids(a.Keys), tt.keys) {
			t.Errorf("Authority(%q, %s) = keys %v, %v; want %v, %v", tt.id, tt.at, ids(a.Keys), err, tt.keys, tt.want)
		}
	}
	for _, tt := range []struct {
		id, at, recipient string
		want              error
	}{
		{"agency", "2026-02-28", age1, nil},
		{"agency", "2026-03-01", age2, nil},
		{"agency", "2025-01-01", "", ErrNotYet},
		{"lapsed", "2026-02-01", "", ErrUnknown},
		{"undecided", "2026-02-01", "", ErrRegistry},
		{"nobody", "2026-02-01", "", ErrUnknown},
	} {
		got, err := r.Recipient(tt.id, day(tt.at))
		if !errors.Is(err, tt.want) || got.String() != tt.recipient {
			t.Errorf("Recipient(%q, %s) = %s, %v; want %s, %v", tt.id, tt.at, got, err, tt.recipient, tt.want)
		}
	}
	for at, want := range map[string]int{"2026-03-31": 2, "2026-04-01": 1, "2025-01-01": 0} {
		if got := r.Reviewers(day(at)); len(got) != want {
			t.Errorf("%d reviewers on %s, want %d", len(got), at, want)
		}
	}
	if h, err := r.Threshold("us", "search-warrant"); err != nil || h.Authority != Required {
		t.Errorf("Threshold = %v, %v", h, err)
	}
	if _, err := r.Threshold("eu", "search-warrant"); !errors.Is(err, ErrUnknown) {
		t.Errorf("a threshold of another jurisdiction counts: %v", err)
	}
}

func TestEngineer(t *testing.T) {
	r := open(t)
	for _, tt := range []struct {
		name, key, at, id string
		want              error
	}{
		{"with the old key", "kim", "2026-05-31", "kim", nil},
		{"with the old key, too late", "kim", "2026-06-01", "", ErrExpired},
		{"with the new key", "kim 2", "2026-06-01", "kim", nil},
		{"too early", "kim 2", "2026-04-30", "", ErrNotYet},
		{"one who reviews as well", "anna, engineer", "2026-03-31", "anna", nil},
		{"revoked", "anna, engineer", "2026-04-01", "", ErrRevoked},
		{"with a reviewer's key", "anna", "2026-03-31", "", ErrUnknown},
		{"with a court's key", "court", "2026-03-31", "", ErrUnknown},
	} {
		key := signer(t, tt.key).Public()
		id, public, err := r.Engineer(key.ID(), day(tt.at))
		if id != tt.id || !errors.Is(err, tt.want) || err == nil && public.ID() != key.ID() {
			t.Errorf("%s: Engineer = %q, %v; want %q, %v", tt.name, id, err, tt.id, tt.want)
		}
	}
}

func TestProviderKeys(t *testing.T) {
	r := open(t)
	p := r.Publish()
	for _, tt := range []struct {
		name, key string
		use       Use
		at        string
		want      error
	}{
		{"in use", "manifest", UseManifest, "2026-02-01", nil},
		{"for another use", "manifest", UseLedger, "2026-02-01", ErrUnknown},
		{"before its revocation", "old manifest", UseManifest, "2026-01-31", nil},
		{"revoked", "old manifest", UseManifest, "2026-02-01", ErrRevoked},
		{"too early", "ledger", UseLedger, "2025-02-01", ErrNotYet},
		{"a stranger's", "court", UseManifest, "2026-02-01", ErrUnknown},
	} {
		id := signer(t, tt.key).Public().ID()
		if k, err := r.ProviderKey(tt.use, id, day(tt.at)); !errors.Is(err, tt.want) || err == nil && k.PublicKey.ID() != id {
			t.Errorf("%s: ProviderKey = %v, want %v", tt.name, err, tt.want)
		}
		k, err := p.Key(tt.use, id)
		if err == nil {
			err = k.At(day(tt.at))
		}
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: the provider file says %v, want %v", tt.name, err, tt.want)
		}
	}
	if _, err := (&Provider{Keys: []ProviderKey{{Use: UseManifest}}}).Key(UseManifest, ""); !errors.Is(err, ErrUnknown) {
		t.Errorf("the zero key is found: %v", err)
	}
}

func TestZeroRegistryKnowsNobody(t *testing.T) {
	var r Registry
	at := day("2026-02-01")
	_, authority := r.Authority("", at)
	_, agency := r.Agency("", at)
	_, threshold := r.Threshold("", "")
	_, key := r.ProviderKey("", "", at)
	_, recipient := r.Recipient("", at)
	_, _, engineer := r.Engineer("", at)
	for _, err := range []error{authority, agency, threshold, key, recipient, engineer} {
		if !errors.Is(err, ErrUnknown) {
			t.Errorf("the zero registry answers: %v", err)
		}
	}
	if r.Reviewers(at) != nil {
		t.Error("the zero registry has reviewers")
	}
}

func TestSSHRecipientNeedsLeave(t *testing.T) {
	d := document(t)
	d.Agencies[2].Recipients = []Recipient{{Recipient: ssh1}}
	if _, err := ParseDocument(marshal(t, d)); !errors.Is(err, ErrFormat) || !errors.Is(err, seal.ErrKind) {
		t.Errorf("ParseDocument = %v, want %v", err, seal.ErrKind)
	}
	d.AllowKinds = []seal.Kind{seal.SSH}
	r, err := Open(signed(t, d, "root 1", "root 2"), root(t))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.Recipient("lapsed", day("2026-05-01")); err != nil || got.Kind() != seal.SSH {
		t.Errorf("Recipient = %s, %v", got, err)
	}
}
