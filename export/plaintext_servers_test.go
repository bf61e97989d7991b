//go:build servers

package export_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What strace shows of a process: the files that it opens and what it writes.
var (
	opens  = regexp.MustCompile(`\bopen(?:at)?\((?:[^"]*, )?"([^"]*)", ([A-Z_|]+)`)
	writes = regexp.MustCompile(`\bp?writev?(?:64|2)?\((\d+)<([^>]*)>, (.*)`)
)

// While it runs, an export writes plaintext to no file, not even to one that it
// removes again: every call by which it could is looked at.
func TestAnExportWritesNoPlaintext(t *testing.T) {
	w := marked(t)
	home, trace := t.TempDir(), filepath.Join(t.TempDir(), "trace")
	c := w.exporting(home, "strace", "-f", "-y", "-s", "200000", "-o", trace, "-e",
		"trace=open,openat,openat2,creat,memfd_create,write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg,socket,execve,rename,renameat,renameat2,link,linkat,copy_file_range,sendfile,splice")
	if said, err := c.CombinedOutput(); err != nil || len(said) != 0 {
		t.Fatalf("strace, which make packages installs: %v: %s", err, said)
	}
	f, err := os.Open(trace)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ciphertext, lines, started := 0, 0, 0
	for s := bufio.NewReaderSize(f, 1<<20); ; {
		line, err := s.ReadString('\n')
		if err != nil {
			break
		}
		lines++
		if m := shows([]byte(line)); m != "" {
			t.Errorf("a call shows %s: %s", m, shortened(line))
		}
		call := strings.TrimLeft(line, "0123456789 ")
		switch {
		case strings.HasPrefix(call, "execve("):
			started++
		case strings.HasPrefix(call, "open"):
			o := opens.FindStringSubmatch(line)
			if o == nil {
				t.Errorf("not understood: %s", shortened(line))
			} else if strings.Contains(o[2], "O_WRONLY") || strings.Contains(o[2], "O_RDWR") || strings.Contains(o[2], "O_CREAT") || strings.Contains(o[2], "O_TMPFILE") {
				if name := strings.TrimPrefix(o[1], w.dir+"/"); !ours(name) && o[1] != os.DevNull {
					t.Errorf("%s was opened to be written", o[1])
				}
			}
		case strings.Contains(line, "write"):
			o := writes.FindStringSubmatch(line)
			switch {
			case o == nil:
			case strings.HasSuffix(o[2], ".age"):
				ciphertext++
				fallthrough
			default:
				// The first bytes of a zstd frame: compressed, a mark would not be seen.
				if strings.Contains(o[3][:min(len(o[3]), 40)], `(\265/\375`) {
					t.Errorf("a zstd frame was written to %s", o[2])
				}
			}
		case strings.HasPrefix(call, "memfd_create("), strings.HasPrefix(call, "socket("), strings.HasPrefix(call, "send"), strings.HasPrefix(call, "copy_file_range("), strings.HasPrefix(call, "splice("):
			t.Errorf("a way for data to leave: %s", shortened(line))
		}
	}
	if ciphertext == 0 || started != 1 {
		t.Errorf("%d calls seen, %d of them wrote ciphertext; %d programs started, want 1", lines, ciphertext, started)
	}
}

func shortened(line string) string { return fmt.Sprintf("%.200s", line) }
