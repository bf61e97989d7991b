package main

import (
	"fmt"
	"io"

	"writ/export/order"
)

// writeDoubts names the targets to look at twice, by their place and never by
// their value: whoever reads a log must not learn it.
func writeDoubts(w io.Writer, o order.Order) {
	for _, d := range o.Doubts() {
		fmt.Fprintf(w, "look twice     target %d: %s; compare it with the paper, letter by letter\n", d.Target+1, d.Kind.Why())
	}
}

// A doubtView is a doubt for machines.
type doubtView struct {
	Target int             `json:"target"` // place in the order's targets, from 0
	Kind   order.DoubtKind `json:"kind"`
	Why    string          `json:"why"`
}

func viewDoubts(o order.Order) []doubtView {
	views := []doubtView{}
	for _, d := range o.Doubts() {
		views = append(views, doubtView{d.Target, d.Kind, d.Kind.Why()})
	}
	return views
}
