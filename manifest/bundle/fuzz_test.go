package bundle

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"writ/crypto/digest"
	"writ/manifest"
	"writ/manifest/bag"
	"writ/manifest/frame"
)

// FuzzUnpack gives the unpacker any tar at all, as from a provider that signs
// anything. Whatever happens, nothing is written outside of the folder; and a
// tar that is accepted holds exactly the files that were signed for.
func FuzzUnpack(f *testing.F) {
	seeds, err := filepath.Glob("testdata/tar/*.tar")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds (%v)", err)
	}
	for _, name := range seeds {
		f.Add(read(f, name))
	}
	v, err := manifest.Parse(read(f, "testdata/delivery/"+exportID+manifest.CiphertextSuffix+manifest.ManifestSuffix))
	if err != nil {
		f.Fatal(err)
	}
	signed, err := manifest.Verify(v, provider(f))
	if err != nil {
		f.Fatal(err)
	}
	s := signed.Statement()
	frames, err := frame.NewEncoder(frame.Records, 1)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		parent := t.TempDir()
		inside := filepath.Join(parent, "inside")
		if err := os.Mkdir(inside, 0o700); err != nil {
			t.Fatal(err)
		}
		root, err := os.OpenRoot(inside)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		u := newUnpacker(s, root, Options{Workers: 1})
		content, err := frame.NewReader(t.Context(), bytes.NewReader(frames.Append(nil, b)), 1)
		if err != nil {
			t.Fatal(err)
		}
		defer content.Close()
		err = u.all(t.Context(), content)
		if left, err := os.ReadDir(parent); err != nil || len(left) != 1 {
			t.Fatalf("%d entries beside the folder, %v", len(left), err)
		}
		if err != nil {
			if named := named(err); !errors.Is(named, ErrVerify) {
				t.Fatalf("not a finding: %v", named)
			}
			return
		}
		list := read(t, filepath.Join(inside, exportID, bag.TagManifest))
		if digest.Of(list) != s.Predicate.Bag.TagManifest {
			t.Fatal("accepted another bag")
		}
		n := 0
		err = fs.WalkDir(root.FS(), ".", func(path string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				n++
				if !strings.HasPrefix(path, exportID+"/") || !e.Type().IsRegular() {
					t.Fatalf("%s was written", path)
				}
			}
			return err
		})
		if want := s.Predicate.Bag.PayloadFiles + 4; err != nil || n != want {
			t.Fatalf("%d files, want %d (%v)", n, want, err)
		}
	})
}
