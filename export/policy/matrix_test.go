package policy

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"writ/export/catalog"
	"writ/export/order"
)

var update = flag.Bool("update", false, "rewrite golden files")

func golden(t *testing.T, name string, got string) {
	t.Helper()
	file := "testdata/" + name
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got); read the change, then go test -update:\n%s", file, diff)
	}
}

// The whole answer of the defaults to ordinary orders, one line a process and
// category: read every change of it as a change of what the provider hands out.
func TestMatrix(t *testing.T) {
	p, c := defaultPolicy(t), everything(t)
	for _, name := range p.Jurisdictions() {
		t.Run(string(name), func(t *testing.T) {
			var b strings.Builder
			for _, process := range p.jurisdictions[name].processNames() {
				for _, purpose := range purposes {
					if purpose == order.IdentifyUser && name != "eu" {
						continue
					}
					fmt.Fprintf(&b, "%s, to %s\n", process, purpose)
					for _, category := range catalog.Leaves() {
						a := plain(name, process, category)
						a.purpose, a.certificate = purpose, true
						v := p.decide(a, c).datasets[0].Verdicts[0]
						what := "GRANT"
						if v.Effect != Grant {
							what = string(v.Ground)
						}
						fmt.Fprintf(&b, "  %-16s %-11s %-17s %s\n", category, v.Class, what, v.Rule.ID)
					}
				}
			}
			golden(t, "matrix-"+string(name)+".txt", b.String())
		})
	}
}
