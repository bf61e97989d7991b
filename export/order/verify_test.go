package order_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/export/order"
)

// A case is one order held against the registry of the tests. Each is also a
// file in testdata/vectors, by its name.
type verifyCase struct {
	name    string // in words that make a file name
	process trust.Process
	edit    func(*order.Order)
	signers string // names of keys
	tamper  func(*sign.Envelope)
	at      time.Time // zero means received

	exportedAs, supplement string
	testing                bool

	want error
}

func by(authority string) func(*order.Order) {
	return func(o *order.Order) { o.Authority = authority }
}

func to(agency string) func(*order.Order) {
	return func(o *order.Order) { o.Agency = agency }
}

func calling(change func(*order.CallBack)) func(*order.Order) {
	return func(o *order.Order) { change(o.Emergency.CallBack) }
}

var (
	issued = time.Date(2026, 3, 9, 17, 0, 0, 0, time.UTC)
	ends   = time.Date(2026, 4, 9, 17, 0, 0, 0, time.UTC)
)

var verifyCases = []verifyCase{
	// Who must have signed.
	{name: "authority alone suffices", process: "subpoena", signers: "court"},
	{name: "authority by its second key", process: "subpoena", signers: "court-second-key"},
	{name: "two reviewers instead of the authority", process: "subpoena", signers: "anna bernd"},
	{name: "authority and a reviewer", process: "subpoena", signers: "court anna"},
	{name: "paper authority with two reviewers", process: "subpoena", edit: by("court-paper"), signers: "anna bernd"},
	{name: "nobody signed", process: "subpoena", want: order.ErrUnsigned},
	{name: "one reviewer is too few", process: "subpoena", signers: "anna", want: order.ErrUnsigned},
	{name: "one person with two keys counts once", process: "subpoena", signers: "anna anna-second-key", want: order.ErrUnsigned},
	{name: "two keys of one and one of another", process: "subpoena", signers: "anna anna-second-key bernd"},
	{name: "stranger", process: "subpoena", signers: "mallory", want: order.ErrUnsigned},
	{name: "stranger beside a reviewer", process: "subpoena", signers: "mallory anna", want: order.ErrUnsigned},
	{name: "root key is no authority", process: "subpoena", signers: "root", want: order.ErrUnsigned},
	{name: "another authority of the same jurisdiction", process: "subpoena", signers: "court-no-phone", want: order.ErrUnsigned},
	{name: "another authority is no reviewer", process: "nsl", signers: "anna court-no-phone", want: order.ErrUnsigned},
	{name: "reviewers alone where the authority is required", process: "search-warrant", signers: "anna bernd", want: order.ErrUnsigned},
	{name: "authority alone where a reviewer is required too", process: "search-warrant", signers: "court", want: order.ErrUnsigned},
	{name: "authority by two keys is no reviewer", process: "search-warrant", signers: "court court-second-key", want: order.ErrUnsigned},
	{name: "authority and one reviewer as required", process: "search-warrant", signers: "anna court"},
	{name: "paper only is counted by reviewers", process: "nsl", signers: "anna bernd"},
	{name: "authority where it does not count", process: "nsl", signers: "court anna", want: order.ErrUnsigned},
	{name: "suffices with no reviewers is not for nobody", process: "court-order-2703d", want: order.ErrUnsigned},
	{name: "suffices with no reviewers is not for reviewers", process: "court-order-2703d", signers: "anna bernd", want: order.ErrUnsigned},
	{name: "suffices with no reviewers takes the authority", process: "court-order-2703d", signers: "court"},
	{name: "reviewer not registered yet", process: "subpoena", signers: "anna carla", want: order.ErrUnsigned},
	{name: "reviewer revoked before receipt", process: "subpoena", signers: "anna dora", want: order.ErrUnsigned},
	{name: "reviewer's key revoked before receipt", process: "subpoena", signers: "anna emil", want: order.ErrUnsigned},
	{name: "authority's key expired before receipt", process: "subpoena", edit: by("court-late"), signers: "court-late-key", want: order.ErrUnsigned},
	{name: "payload changed after it was signed", process: "subpoena", signers: "court", tamper: func(e *sign.Envelope) {
		e.Payload = []byte(strings.Replace(string(e.Payload), "j.doe", "j.roe", 1))
	}, want: order.ErrUnsigned},
	{name: "signature made for another purpose", process: "subpoena", tamper: func(e *sign.Envelope) {
		other := sign.Envelope{Purpose: sign.ForStatement, Payload: e.Payload}
		if err := other.Sign(key(nobody{}, "court")); err != nil {
			panic(err)
		}
		e.Signatures = other.Signatures
	}, want: order.ErrUnsigned},
	{name: "signature under another's key id", process: "subpoena", signers: "mallory", tamper: func(e *sign.Envelope) {
		e.Signatures[0].KeyID = key(nobody{}, "court").Public().ID()
	}, want: order.ErrUnsigned},
	{name: "signature without a key id", process: "subpoena", signers: "court", tamper: func(e *sign.Envelope) {
		e.Signatures[0].KeyID = ""
	}},
	{name: "no threshold for the process", process: "wiretap", signers: "court anna bernd", want: order.ErrNoThreshold},
	{name: "threshold of another jurisdiction", process: "production", signers: "court anna bernd", want: order.ErrNoThreshold},

	// For whom, by whom, to whom.
	{name: "another provider", process: "subpoena", edit: func(o *order.Order) { o.Provider = "post.example" }, signers: "court", want: order.ErrOtherProvider},
	{name: "provider in another case", process: "subpoena", edit: func(o *order.Order) { o.Provider = "Mail.example" }, signers: "court", want: order.ErrOtherProvider},
	{name: "authority not registered", process: "subpoena", edit: by("court-of-nowhere"), signers: "anna bernd", want: order.ErrAuthority},
	{name: "authority no longer valid", process: "subpoena", edit: by("court-closed"), signers: "court-closed anna bernd", want: order.ErrAuthority},
	{name: "authority revoked", process: "subpoena", edit: by("court-revoked"), signers: "court-revoked anna bernd", want: order.ErrAuthority},
	{name: "authority of another jurisdiction", process: "subpoena", edit: by("court-eu"), signers: "court-eu anna bernd", want: order.ErrAuthority},
	{name: "jurisdiction that is not the authority's", process: "production", edit: func(o *order.Order) { o.Jurisdiction = "eu" }, signers: "court", want: order.ErrAuthority},
	{name: "another jurisdiction", process: "production", edit: func(o *order.Order) { o.Jurisdiction, o.Authority = "eu", "court-eu" }, signers: "court-eu"},
	{name: "agency not registered", process: "subpoena", edit: to("agency-of-nowhere"), signers: "court", want: order.ErrAgency},
	{name: "agency no longer valid", process: "subpoena", edit: to("agency-closed"), signers: "court", want: order.ErrAgency},
	{name: "authority's id is not an agency's", process: "subpoena", edit: to("court"), signers: "court", want: order.ErrAgency},
	{name: "agency without a valid recipient", process: "subpoena", edit: to("agency-expired-key"), signers: "court", want: order.ErrRecipient},
	{name: "agency with two recipients", process: "subpoena", edit: to("agency-two-keys"), signers: "court", want: order.ErrRecipient},

	// Emergencies.
	{name: "emergency with two reviewers", process: "emergency", signers: "anna bernd"},
	{name: "emergency with the authority and two reviewers", process: "emergency", signers: "court anna bernd"},
	{name: "emergency with one reviewer whatever the registry says", process: "emergency", signers: "anna", want: order.ErrUnsigned},
	{name: "emergency by the authority alone", process: "emergency", signers: "court", want: order.ErrUnsigned},
	{name: "emergency by the authority and one reviewer", process: "emergency", signers: "court anna", want: order.ErrUnsigned},
	{name: "emergency by one reviewer with two keys", process: "emergency", signers: "anna anna-second-key", want: order.ErrUnsigned},
	{name: "emergency without a call-back", process: "emergency", edit: func(o *order.Order) { o.Emergency.CallBack = nil }, signers: "anna bernd", want: order.ErrEmergency},
	{name: "emergency called back on the caller's number", process: "emergency", edit: calling(func(b *order.CallBack) { b.Number = "+1 202 555 0199" }), signers: "anna bernd", want: order.ErrEmergency},
	{name: "emergency called back on another's number", process: "emergency", edit: calling(func(b *order.CallBack) { b.Number = "+1 202 555 0111" }), signers: "anna bernd", want: order.ErrEmergency},
	{name: "emergency called back in the future", process: "emergency", edit: calling(func(b *order.CallBack) { b.At = order.At(received.Add(1)) }), signers: "anna bernd", want: order.ErrEmergency},
	{name: "emergency called back at receipt", process: "emergency", edit: calling(func(b *order.CallBack) { b.At = order.At(received) }), signers: "anna bernd"},
	{name: "emergency called back on the number as others write it", process: "emergency", edit: calling(func(b *order.CallBack) { b.Number = "+1 (202) 555-01.00" }), signers: "anna bernd"},
	{name: "emergency called back on the number without its plus", process: "emergency", edit: calling(func(b *order.CallBack) { b.Number = "1 202 555 0100" }), signers: "anna bernd", want: order.ErrEmergency},
	{name: "emergency called back on the number with something behind", process: "emergency", edit: calling(func(b *order.CallBack) { b.Number = "+1 202 555 0100 ext. 7" }), signers: "anna bernd", want: order.ErrEmergency},
	{name: "emergency called back on the number in other digits", process: "emergency", edit: calling(func(b *order.CallBack) { b.Number = "+1 202 555 01\u0660\u0660" }), signers: "anna bernd", want: order.ErrEmergency},
	{name: "emergency called back in the future, in another zone", process: "emergency", edit: calling(func(b *order.CallBack) {
		b.At = order.At(received.Add(time.Minute).In(time.FixedZone("", -12*60*60)))
	}), signers: "anna bernd", want: order.ErrEmergency},
	{name: "emergency once more", process: "emergency", signers: "anna bernd", exportedAs: "x-1", supplement: "the store was down"},
	{name: "emergency once more, by one reviewer", process: "emergency", signers: "anna anna-second-key", exportedAs: "x-1", supplement: "the store was down", want: order.ErrUnsigned},
	{name: "emergency once more, without a call-back", process: "emergency", edit: func(o *order.Order) { o.Emergency.CallBack = nil }, signers: "anna bernd", exportedAs: "x-1", supplement: "the store was down", want: order.ErrEmergency},
	{name: "emergency of an authority without a phone", process: "emergency", edit: by("court-no-phone"), signers: "anna bernd", want: order.ErrEmergency},

	// When.
	{name: "in force when it is issued", process: "subpoena", signers: "court", at: issued},
	{name: "before it is issued", process: "subpoena", signers: "court", at: issued.Add(-1), want: order.ErrNotYetInForce},
	{name: "last instant", process: "subpoena", signers: "court", at: ends.Add(-1)},
	{name: "end is exclusive", process: "subpoena", signers: "court", at: ends, want: order.ErrExpired},
	{name: "not before is inclusive", process: "subpoena", edit: func(o *order.Order) { o.NotBefore = order.At(received) }, signers: "court"},
	{name: "before not before", process: "subpoena", edit: func(o *order.Order) { o.NotBefore = order.At(received) }, signers: "court", at: received.Add(-1), want: order.ErrNotYetInForce},

	// Tests, and once more.
	{name: "test order in a live workspace", process: "subpoena", edit: func(o *order.Order) { o.Test = true }, signers: "court", want: order.ErrTest},
	{name: "test order in a test workspace", process: "subpoena", edit: func(o *order.Order) { o.Test = true }, signers: "court", testing: true},
	{name: "real order in a test workspace", process: "subpoena", signers: "court", testing: true, want: order.ErrTest},
	{name: "exported before", process: "subpoena", signers: "court", exportedAs: "x-1", want: order.ErrExportedBefore},
	{name: "exported before and a blank supplement", process: "subpoena", signers: "court", exportedAs: "x-1", supplement: " ", want: order.ErrExportedBefore},
	{name: "exported before and supplemented", process: "subpoena", signers: "court", exportedAs: "x-1", supplement: "the store was down"},
	{name: "supplement of an order that is expired", process: "subpoena", signers: "court", at: ends, exportedAs: "x-1", supplement: "the store was down", want: order.ErrExpired},
	{name: "supplement of nothing", process: "subpoena", signers: "court", supplement: "just in case"},
}

// nobody is a testing.TB for keys that are made where there is no test.
type nobody struct{ testing.TB }

func (nobody) Helper()           {}
func (nobody) Fatal(args ...any) { panic(args) }

// envelope returns the case's order, signed and tampered with.
func (c verifyCase) envelope(t testing.TB) []byte {
	o := plain(t, c.process)
	if c.edit != nil {
		c.edit(&o)
	}
	s, err := order.New(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields(c.signers) {
		if err := s.Sign(key(t, name)); err != nil {
			t.Fatal(err)
		}
	}
	if c.tamper == nil {
		return s.Marshal()
	}
	e, err := sign.ParseEnvelope(s.Marshal(), sign.ForOrder)
	if err != nil {
		t.Fatal(err)
	}
	c.tamper(e)
	return e.Marshal()
}

func (c verifyCase) when() time.Time {
	if c.at.IsZero() {
		return received
	}
	return c.at
}

// against is what the tests hold orders against.
func against(t testing.TB) order.Against {
	t.Helper()
	r, err := trust.Open(registry(t))
	if err != nil {
		t.Fatal(err)
	}
	return order.Against{Registry: r, ExportedAs: func(digest.Digest) string { return "" }}
}

func TestVerify(t *testing.T) {
	base := against(t)
	for _, tt := range verifyCases {
		t.Run(tt.name, func(t *testing.T) {
			s, err := order.Parse(tt.envelope(t))
			if err != nil {
				t.Fatal(err)
			}
			a := base
			a.Supplement, a.UnsafeTesting = tt.supplement, tt.testing
			a.ExportedAs = func(d digest.Digest) string {
				if d != s.Digest() {
					t.Errorf("asked for the export of %s, not of %s", d, s.Digest())
				}
				return tt.exportedAs
			}
			v, err := order.Verify(s, a, tt.when())
			if !errors.Is(err, tt.want) {
				t.Fatalf("Verify = %v, want %v", err, tt.want)
			}
			if (v == nil) != (tt.want != nil) {
				t.Errorf("Verify = %v beside the error %v", v, err)
			}
			if err != nil && !errors.Is(err, order.ErrRejected) {
				t.Errorf("%v does not wrap ErrRejected", err)
			}
			if err != nil && strings.Contains(err.Error(), "@") {
				t.Errorf("%v names the target", err)
			}
			// Status decides nothing, but it must say the same.
			r := order.Status(s, a, tt.when())
			if !errors.Is(r.Err, tt.want) || tt.want != nil && r.Err.Error() != err.Error() {
				t.Errorf("Status says %v, Verify %v", r.Err, err)
			}
			if (len(r.Need.Words()) > 0) != errors.Is(find(r, "signatures"), order.ErrUnsigned) {
				t.Errorf("missing %q, signatures: %v", r.Need.Words(), find(r, "signatures"))
			}
		})
	}
}

func find(r order.Report, name string) error {
	for _, c := range r.Checks {
		if c.Name == name {
			return c.Err
		}
	}
	return errors.New("there is no such check")
}

// Every reason must be reachable, and by a case here.
func TestEveryReasonHasACase(t *testing.T) {
	reasons := []error{order.ErrOtherProvider, order.ErrAuthority, order.ErrAgency, order.ErrRecipient,
		order.ErrNoThreshold, order.ErrUnsigned, order.ErrNotYetInForce, order.ErrExpired, order.ErrTest,
		order.ErrEmergency, order.ErrExportedBefore, nil}
	for _, r := range reasons {
		if !slices.ContainsFunc(verifyCases, func(c verifyCase) bool { return c.want == r }) {
			t.Errorf("no case for %v", r)
		}
	}
	if n := len(verifyCases); n < 40 {
		t.Errorf("%d cases", n)
	}
}

func TestVerified(t *testing.T) {
	c := verifyCase{process: "emergency", signers: "bernd anna-second-key court"}
	b := c.envelope(t)
	s, err := order.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	a := against(t)
	a.ExportedAs, a.Supplement = func(digest.Digest) string { return "x-1" }, "the store was down"
	berlin := time.FixedZone("", 3600)
	v, err := order.Verify(s, a, received.In(berlin))
	if err != nil {
		t.Fatal(err)
	}
	want := []order.Signature{
		{Role: order.AsAuthority, ID: "court", KeyID: key(t, "court").Public().ID()},
		{Role: order.AsReviewer, ID: "anna", KeyID: key(t, "anna-second-key").Public().ID()},
		{Role: order.AsReviewer, ID: "bernd", KeyID: key(t, "bernd").Public().ID()},
	}
	if got := v.Signatures(); !slices.Equal(got, want) {
		t.Errorf("Signatures = %v, want %v", got, want)
	}
	if v.ReceivedAt() != received || v.Digest() != s.Digest() || v.Supplement() != a.Supplement {
		t.Errorf("received %v, digest %v, supplement %q", v.ReceivedAt(), v.Digest(), v.Supplement())
	}
	if v.Recipient().String() != age2 || v.Agency().ID != "agency" || v.Authority().Phone == "" {
		t.Errorf("recipient %v, agency %v, authority %v", v.Recipient(), v.Agency(), v.Authority())
	}
	if string(v.Envelope()) != string(b) || !reflect.DeepEqual(v.Order(), s.Order()) {
		t.Error("it is not the order that was verified")
	}
	// What the getters return is the caller's own.
	v.Envelope()[0], v.Signatures()[0].ID, v.Order().Targets[0].Value = 'x', "mallory", "mallory"
	v.Authority().Keys[0], v.Agency().Recipients[0] = trust.Key{}, trust.Recipient{}
	if v.Envelope()[0] == 'x' || v.Signatures()[0].ID == "mallory" || v.Order().Targets[0].Value == "mallory" ||
		v.Authority().Keys[0].From.IsZero() || v.Agency().Recipients[0].Recipient == "" {
		t.Error("a getter hands out its own memory")
	}
	// Signing on changes nothing that was verified.
	if err := s.Sign(key(t, "mallory")); err != nil || string(v.Envelope()) != string(b) {
		t.Errorf("the verified envelope changed (%v)", err)
	}
}

// The mistakes of a caller are neither rejections nor acceptances.
func TestVerifyNeedsAll(t *testing.T) {
	s, err := order.Parse(verifyCase{process: "subpoena", signers: "court"}.envelope(t))
	if err != nil {
		t.Fatal(err)
	}
	full := against(t)
	noRegistry, noExports := full, full
	noRegistry.Registry, noExports.ExportedAs = nil, nil
	for _, tt := range []struct {
		name     string
		s        *order.Signed
		a        order.Against
		at       time.Time
		rejected bool
	}{
		{"no order", nil, full, received, true},
		{"empty order", &order.Signed{}, full, received, true},
		{"no registry", s, noRegistry, received, false},
		{"no way to ask for exports", s, noExports, received, false},
		{"no time", s, full, time.Time{}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v, err := order.Verify(tt.s, tt.a, tt.at)
			if v != nil || err == nil || errors.Is(err, order.ErrRejected) != tt.rejected {
				t.Errorf("Verify = %v, %v", v, err)
			}
			if r := order.Status(tt.s, tt.a, tt.at); r.Err == nil || len(r.Checks) != 0 {
				t.Errorf("Status = %+v", r)
			}
		})
	}
}
