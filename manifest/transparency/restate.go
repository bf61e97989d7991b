package transparency

import "fmt"

// A Change is a figure that an earlier report printed otherwise.
type Change struct {
	Period  string `json:"period"`
	Group   string `json:"group"`
	Country string `json:"country"`
	Figure  string `json:"figure"`
	Was     string `json:"was"` // empty: withheld, or not there
	Is      string `json:"is"`
}

// A Restatement says what became of an earlier report's figures.
type Restatement struct {
	Checkpoint Checkpoint `json:"checkpoint"` // of the earlier report
	Changes    []Change   `json:"changes"`
}

// Compare returns the figures of the half-years that both reports cover, or that
// only the earlier one covers, which are not the same. It refuses reports of
// which the later can't have grown from the earlier: of another ledger or an
// older checkpoint of it; and reports that put national-security process of one
// period into different bands, since two bands say more than the law allows.
func Compare(previous, current *Report) ([]Change, error) {
	was, is := previous.Checkpoint, current.Checkpoint
	switch {
	case previous.Provider != current.Provider || was.Origin != is.Origin:
		return nil, fmt.Errorf("%w: it is of %s, ledger %s", ErrIncomparable, previous.Provider, was.Origin)
	case was.Size > is.Size:
		return nil, fmt.Errorf("%w: it was computed from %d entries of the ledger, and this one from %d", ErrIncomparable, was.Size, is.Size)
	case was.Size == is.Size && was.Root != is.Root:
		return nil, fmt.Errorf("%w: the same ledger of %d entries has another root", ErrIncomparable, was.Size)
	}
	a, b := previous.NationalSecurity, current.NationalSecurity
	if a != nil && b != nil && a.Structure != b.Structure && overlap(a, b) {
		return nil, fmt.Errorf("%w: national-security process of a period that was published in bands of %s would appear in bands of %s too", ErrIncomparable, a.Structure, b.Structure)
	}
	covered := make(map[string]bool)
	for _, p := range previous.Periods {
		covered[p.Period.String()] = true
	}
	if a != nil {
		for _, p := range a.Periods {
			covered[p.Period] = true
		}
	}
	values := make(map[line]string) // of the current report
	for _, l := range current.lines() {
		values[l.key()] = l.value
	}
	changes := []Change{}
	seen := make(map[line]bool)
	for _, l := range previous.lines() {
		seen[l.key()] = true
		if l.group == nationalSecurity && l.value == "" {
			continue // its day had not come
		}
		if now := values[l.key()]; now != l.value {
			changes = append(changes, Change{l.period, l.group, l.country, l.figure, l.value, now})
		}
	}
	for _, l := range current.lines() {
		if covered[l.period] && !seen[l.key()] && l.value != "" {
			changes = append(changes, Change{l.period, l.group, l.country, l.figure, "", l.value})
		}
	}
	return changes, nil
}

func overlap(a, b *NationalSecurityReport) bool {
	for _, p := range a.Periods {
		for _, q := range b.Periods {
			if p.Period[:4] == q.Period[:4] {
				return true
			}
		}
	}
	return false
}

// Restate makes r say which figures of an earlier report changed.
func (r *Report) Restate(previous *Report) error {
	changes, err := Compare(previous, r)
	if err != nil {
		return err
	}
	r.Restatement = &Restatement{previous.Checkpoint, changes}
	return nil
}
