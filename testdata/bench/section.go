package main

import "context"

// A section measures some rows of the table.
type section struct {
	name, title string
	run         func(*harness, context.Context, *result) error
}

// sections are all, in the order in which they run.
var sections []section

func init() {
	sections = []section{
		{"export", "Export", (*harness).export},
		{"open", "Open and verify", (*harness).open},
		{"ledger", "Ledger and audit", (*harness).ledger},
		{"plan", "Plan", (*harness).plan},
		{"files", "Files", (*harness).files},
		{"growth", "Round trips of more and more rows", (*harness).growth},
		{"stages", "Stages", (*harness).stages},
	}
}

func names() []string {
	var all []string
	for _, s := range sections {
		all = append(all, s.name)
	}
	return all
}

// A result is what a section measured.
type result struct {
	section
	rows   []row
	tables []comparison
	growth []dimension
	stages []stage
	failed error
}

// A comparison is commands that were run in turn.
type comparison struct {
	title    string
	commands []*command
}
