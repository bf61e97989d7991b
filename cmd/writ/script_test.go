package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"writ/export/demo"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"writ": main})
}

// TestScripts runs each behaviour of the command line as a user would.
func TestScripts(t *testing.T) {
	const dir = "testdata/script"
	if scripts, err := filepath.Glob(dir + "/*.txtar"); err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts in %s (%v)", dir, err)
	}
	template := sync.OnceValues(func() (string, error) {
		dir := filepath.Join(t.TempDir(), "ws")
		return dir, demo.Make(dir, time.Now())
	})
	testscript.Run(t, testscript.Params{
		Dir: dir,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exit": exit,
			// workspace DIR: the demo's workspace, as writ demo --prepare makes it.
			"workspace": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) != 1 {
					ts.Fatalf("usage: workspace DIR")
				}
				made, err := template()
				ts.Check(err)
				ts.Check(os.CopyFS(ts.MkAbs(args[0]), os.DirFS(made)))
			},
		},
	})
}

// exit runs a command and asserts its exit code: exit N COMMAND ARG...
func exit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exit N command [arg ...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		failed, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = failed.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// The documented exit codes are those that exitCode gives.
func TestExitCodesAreTheDocumentedOnes(t *testing.T) {
	for _, e := range exits {
		if got := exitCode(errors.Join(errors.New("context"), e.family)); got != e.code {
			t.Errorf("%v: exit code %d, want %d", e.family, got, e.code)
		}
	}
	if exitCode(nil) != 0 || exitCode(context.Canceled) != 1 {
		t.Error("nil must be 0, and an error of no family 1")
	}
}
