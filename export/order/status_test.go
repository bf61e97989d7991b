package order_test

import (
	"strings"
	"testing"

	"writ/crypto/sign"
	"writ/export/order"
)

func TestStatusSaysWhyASignatureDoesNotCount(t *testing.T) {
	c := verifyCase{process: "subpoena", signers: "anna anna-second-key carla dora emil court-no-phone mallory bernd"}
	c.tamper = func(e *sign.Envelope) { e.Signatures[len(e.Signatures)-1].Sig[0] ^= 1 }
	s, err := order.Parse(c.envelope(t))
	if err != nil {
		t.Fatal(err)
	}
	r := order.Status(s, against(t), received)
	want := []struct {
		id, why string
		counts  bool
	}{
		{"anna", "", true},
		{"anna", "counts once only", false},
		{"carla", "carla is not valid yet", false},
		{"dora", "dora is revoked", false},
		{"emil", "the key is revoked", false},
		{"court-no-phone", "another authority's", false},
		{"", "nobody registered has this key", false},
		{"bernd", "does not verify", false},
	}
	if len(r.Signatures) != len(want) {
		t.Fatalf("%d signatures, want %d", len(r.Signatures), len(want))
	}
	for i, w := range want {
		if g := r.Signatures[i]; g.ID != w.id || g.Counts != w.counts || !strings.Contains(g.Why, w.why) || w.counts != (g.Why == "") {
			t.Errorf("signature %d: %+v, want %+v", i, g, w)
		}
	}
	// The sentence says whom to ask: only who counts now and has not signed.
	if words := r.Need.Words(); len(words) != 1 || !strings.Contains(words[0], "1 more reviewer (run: writ order approve; registered are bernd) or the signature of authority court") {
		t.Errorf("needs %q", words)
	}
}

func TestStatusMakesEveryCheck(t *testing.T) {
	o := plain(t, "emergency")
	o.Provider, o.Authority, o.Agency, o.Process = "post.example", "nobody", "nobody", "emergency"
	o.Emergency.CallBack = nil
	s, err := order.New(o)
	if err != nil {
		t.Fatal(err)
	}
	a := against(t)
	a.NearTo = "another"
	r := order.Status(s, a, ends)
	for _, c := range r.Checks {
		if passes := c.Name == "test" || c.Name == "first-export"; (c.Err == nil) != passes {
			t.Errorf("check %s: %v", c.Name, c.Err)
		}
	}
	if len(r.Checks) != 10 || r.Err != r.Checks[0].Err {
		t.Errorf("%d checks, the first error is %v", len(r.Checks), r.Err)
	}
}
