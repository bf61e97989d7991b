package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The session that the README records is one that the commands give: "…" stands
// for what differs each time, and a line that is only "…" for any lines.
func TestTheREADMEsSession(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, session, ok := strings.Cut(string(readme), "```console\n")
	session, _, closed := strings.Cut(session, "```")
	if !ok || !closed {
		t.Fatal("README.md has no console session")
	}
	t.Chdir(t.TempDir())
	steps := strings.Split(session, "$ ")[1:]
	if len(steps) < 3 {
		t.Fatalf("%d commands in the session", len(steps))
	}
	for _, step := range steps {
		line, want, _ := strings.Cut(step, "\n")
		args := words(strings.ReplaceAll(line, "play/out/…-2", supplement()))
		var out, said bytes.Buffer
		if code := run(context.Background(), args, strings.NewReader(""), &out, &said); code != 0 {
			t.Fatalf("%s: exit code %d: %s", line, code, said.String())
		}
		if !pattern(want).MatchString(out.String()) {
			t.Errorf("%s prints\n%s\nwhich is not what the README records:\n%s", line, out.String(), want)
		}
	}
}

// supplement is the folder of the order that was answered twice, once there is one.
func supplement() string {
	found, _ := filepath.Glob("play/out/*-2")
	if len(found) == 0 {
		return "none"
	}
	return found[0]
}

// words splits a command line at spaces outside double quotes.
func words(line string) []string {
	var out []string
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 {
			out = append(out, part)
		} else {
			out = append(out, strings.Fields(part)...)
		}
	}
	return out
}

func pattern(recorded string) *regexp.Regexp {
	var p strings.Builder
	p.WriteString(`\A`)
	for _, line := range strings.SplitAfter(recorded, "\n") {
		if strings.TrimSpace(line) == "…" {
			p.WriteString(`(.*\n)*`)
			continue
		}
		p.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*"))
	}
	p.WriteString(`\z`)
	return regexp.MustCompile(p.String())
}
