package trust

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// MaxWitnesses bounds the witnesses of a ledger.
const MaxWitnesses = 32

// maxWitnessKey has room for a post-quantum key.
const maxWitnessKey = 4096

// Witnesses are those who cosign the checkpoints of the provider's ledger, and
// how many of them must have. The package knows only the form of their keys:
// what cosigns is package ledger's.
type Witnesses struct {
	Threshold int       `json:"threshold"` // 1 to all of them
	List      []Witness `json:"list"`
}

// A Witness cosigns checkpoints.
type Witness struct {
	// Key is a note verifier key (c2sp.org/signed-note), name+id+base64. The
	// name is the witness's.
	Key string `json:"key"`
	// URL is where it takes checkpoints. Only who appends needs it, so the
	// provider file has none.
	URL string `json:"url,omitzero"`
}

// Name returns the name in the witness's key.
func (w Witness) Name() string {
	name, _, _ := strings.Cut(w.Key, "+")
	return name
}

// clone returns a copy that shares nothing with w, nil of nil.
func (w *Witnesses) clone() *Witnesses {
	if w == nil {
		return nil
	}
	return &Witnesses{Threshold: w.Threshold, List: slices.Clone(w.List)}
}

var (
	originForm  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[!-*,-~]+$`) }) // printable ASCII without space and +
	witnessForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[!-*,-~]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]+={0,2}$`) })
	urlForm     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^https?://[!-~]+$`) })
)

// Bounds in bytes. They are not in the expressions, where they would make every
// start of the program slower by milliseconds.
const (
	maxOrigin = 200 // and the name of a witness
	maxURL    = 507
)

func (w *Witnesses) check() error {
	if w == nil {
		return nil
	}
	if n := len(w.List); w.Threshold < 1 || w.Threshold > n || n > MaxWitnesses {
		return fmt.Errorf("witnesses: threshold %d of %d, want 1 to all of at most %d", w.Threshold, n, MaxWitnesses)
	}
	seen, places := map[string]bool{}, map[string]bool{}
	for i, one := range w.List {
		switch {
		case len(one.Key) > maxWitnessKey || len(one.Name()) > maxOrigin || !witnessForm().MatchString(one.Key):
			return fmt.Errorf("witness %d: want a note verifier key, name+id+base64", i+1)
		// One who counts twice would be two of the threshold.
		case seen[one.Name()]:
			return fmt.Errorf("witness %s: there are two", one.Name())
		case one.URL != "" && (len(one.URL) > maxURL || !urlForm().MatchString(one.URL)):
			return fmt.Errorf("witness %s: want an address http(s)://host/prefix", one.Name())
		case one.URL != "" && places[one.URL]:
			return fmt.Errorf("witness %s: another one has its address", one.Name())
		}
		seen[one.Name()], places[one.URL] = true, true
	}
	return nil
}

// checkOrigin accepts the name of a ledger: see package ledger.
func checkOrigin(use Use, origin string) error {
	switch {
	case use != UseLedger && origin != "":
		return fmt.Errorf("origin: only a key with use %s has one", UseLedger)
	case use == UseLedger && (len(origin) > maxOrigin || !originForm().MatchString(origin)):
		return fmt.Errorf("origin %q: a ledger's is 1 to 200 printable characters of ASCII, without spaces and +, such as example.com/ledger", origin)
	}
	return nil
}
