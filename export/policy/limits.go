package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"writ/export/catalog"
)

// of names what the ceiling is for, where it is not for all data.
func (w WindowCeiling) of() string {
	if w.Category == "" {
		return ""
	}
	return " for " + string(w.Category)
}

// String says the bounds in words.
func (l Ceilings) String() string {
	text := fmt.Sprintf("%d targets, %d accounts, %d records a dataset, %d MiB, window of %d days", l.Targets, l.Accounts, l.Records, l.Bytes>>20, l.WindowDays)
	for _, w := range l.Windows {
		text += fmt.Sprintf(", %d%s", w.Days, w.of())
	}
	return text
}

// windows reads the windows by category, none longer than most.
func (l line) windows(most time.Duration) []WindowCeiling {
	n, ok := l.Get("windows")
	if !ok {
		return nil
	}
	entries, err := n.Entries()
	if l.Fail(err); err == nil && len(entries) == 0 {
		l.Fail(n.Errorf("windows: empty: leave the key out instead"))
	}
	var out []WindowCeiling
	for _, e := range entries {
		w := WindowCeiling{Category: catalog.Category(e.Key)}
		text, err := e.Value.Text()
		l.Fail(err)
		w.Window, ok = parseDuration(text)
		w.Days = int(w.Window / day)
		switch {
		case !w.Category.Valid() || w.Category == catalog.Secret:
			l.Fail(e.Value.Errorf("windows: no category that can be granted is called %q", e.Key))
		case !ok || w.Window%day != 0:
			l.Fail(e.Value.Errorf("windows: %s: want days, such as 90d", e.Key))
		case w.Window > most:
			l.Fail(e.Value.Errorf("windows: %s: longer than the line's own window", e.Key))
		}
		out = append(out, w)
	}
	slices.SortFunc(out, func(a, b WindowCeiling) int { return strings.Compare(string(a.Category), string(b.Category)) })
	return out
}
