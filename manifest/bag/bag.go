// Package bag is the part of BagIt 1.0 (RFC 8493) that a delivery uses: what its
// files are called, and its lists of files with their SHA-256.
//
// A path that a bag may hold is clean on every system that may open it: it
// stays below the bag's folder, on Windows too. The package does no I/O.
package bag

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"writ/crypto/digest"
)

// The files of a bag that are not payload.
const (
	Declaration = "bagit.txt"
	Info        = "bag-info.txt"
	Manifest    = "manifest-sha256.txt"
	TagManifest = "tagmanifest-sha256.txt"
)

// The files of a payload that every delivery has.
const (
	Data        = "data/"
	Order       = Data + "order.dsse.json"
	Commitments = Data + "commitments.json"
	Certificate = Data + "certificate.txt"
	schema      = Data + "schema/"
	approvals   = Data + "approvals/"
)

// DeclarationText is the whole of bagit.txt: RFC 8493, section 2.1.1.
const DeclarationText = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"

// MaxListBytes bounds a list of files before it is parsed.
const MaxListBytes = 256 << 20

// MaxPathBytes bounds a path; one name in it has at most 200 bytes.
const MaxPathBytes = 1024

// Why something is not part of a bag. Each wraps ErrBag.
var (
	ErrBag  = errors.New("bag unusable")
	ErrPath = fmt.Errorf("%w: path not allowed", ErrBag)
	ErrList = fmt.Errorf("%w: list of files malformed", ErrBag)
)

// Part returns the path of a dataset's part i.
func Part(dataset string, i int) string {
	return fmt.Sprintf("%s%s/part-%05d.ndjson", Data, dataset, i)
}

// Files returns the folder of the files that belong to a dataset's records, with a final slash.
func Files(dataset string) string { return Data + dataset + "/files/" }

// Schema returns the path of the JSON Schema of a dataset's records.
func Schema(dataset string) string { return schema + dataset + ".json" }

// Approval returns the path of an approval that lifted a ceiling, by the digest
// of its envelope.
func Approval(d digest.Digest) string { return approvals + d.Hex() + ".dsse.json" }

// Windows takes these for devices, with any extension.
var device = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)`) })

// CheckPath asks whether a bag may hold path: slash-separated names, none of
// which is empty, hidden, too long, or means something else on some system.
func CheckPath(path string) error {
	if len(path) == 0 || len(path) > MaxPathBytes || !utf8.ValidString(path) {
		return fmt.Errorf("%w: it is empty, too long or not UTF-8", ErrPath)
	}
	for name := range strings.SplitSeq(path, "/") {
		switch {
		case name == "", len(name) > 200:
			return fmt.Errorf("%w: a name in it is empty or longer than 200 bytes", ErrPath)
		case name[0] == '.', strings.HasSuffix(name, "."), name[0] == ' ', strings.HasSuffix(name, " "):
			return fmt.Errorf("%w: a name in it begins or ends with a dot or a space", ErrPath)
		case strings.ContainsAny(name, `\:*?"<>|`), strings.ContainsFunc(name, unprintable):
			return fmt.Errorf("%w: a name in it holds a character that not every system can write", ErrPath)
		case device().MatchString(name):
			return fmt.Errorf("%w: a name in it is a device on Windows", ErrPath)
		}
	}
	return nil
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

// Paths are the paths of one bag. The zero Paths is empty.
type Paths struct{ files, folders map[string]bool }

// Add adds a path that a bag may hold beside those already there: it is no
// other's folder, and no system takes it for another one.
func (p *Paths) Add(path string) error {
	if err := CheckPath(path); err != nil {
		return err
	}
	if p.files == nil {
		p.files, p.folders = map[string]bool{}, map[string]bool{}
	}
	path = strings.ToLower(path) // to some systems, case makes no difference
	if p.files[path] || p.folders[path] {
		return fmt.Errorf("%w: it is there already", ErrPath)
	}
	for i, c := range path {
		if c != '/' {
			continue
		}
		if p.files[path[:i]] {
			return fmt.Errorf("%w: its folder is a file", ErrPath)
		}
		p.folders[path[:i]] = true
	}
	p.files[path] = true
	return nil
}

// An Entry is one file of a list.
type Entry struct {
	Path   string
	SHA256 digest.Digest
}

// RFC 8493, section 2.1.3: "If a filepath includes a Line Feed (LF), a Carriage
// Return (CR), a Carriage-Return Line Feed (CRLF), or a percent sign (%), those
// characters (and only those) MUST be percent-encoded".
var (
	encoder = strings.NewReplacer("%", "%25", "\n", "%0A", "\r", "%0D")
	decoder = strings.NewReplacer("%25", "%", "%0A", "\n", "%0D", "\r")
)

// Marshal returns a list of files, sorted by path, as sha256sum writes it.
func Marshal(entries []Entry) []byte {
	entries = slices.Clone(entries)
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Path, b.Path) })
	var b bytes.Buffer
	for _, e := range entries {
		b.WriteString(e.SHA256.Hex() + "  " + encoder.Replace(e.Path) + "\n")
	}
	return b.Bytes()
}

// Parse reads what [Marshal] writes: sorted, each path allowed and once.
func Parse(b []byte) ([]Entry, error) {
	if len(b) > MaxListBytes {
		return nil, fmt.Errorf("%w: %d bytes, the limit is %d", ErrList, len(b), MaxListBytes)
	}
	var entries []Entry
	for line := range bytes.Lines(b) {
		n := len(entries) + 1
		hex, path, ok := strings.Cut(string(line), "  ")
		path, ended := strings.CutSuffix(path, "\n")
		if !ok || !ended || encoder.Replace(decoder.Replace(path)) != path {
			return nil, fmt.Errorf("%w: line %d is not a SHA-256, two spaces and a path", ErrList, n)
		}
		d, err := digest.Parse("sha256:" + hex)
		if err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrList, n, err)
		}
		e := Entry{Path: decoder.Replace(path), SHA256: d}
		if err := CheckPath(e.Path); err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrList, n, err)
		}
		if n > 1 && entries[n-2].Path >= e.Path {
			return nil, fmt.Errorf("%w: line %d is not sorted by path, each once", ErrList, n)
		}
		entries = append(entries, e)
	}
	return entries, nil
}
