package policy

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ArchiveFormat is the format version of an archive.
const ArchiveFormat = "writ.policy-archive/v1"

// MaxArchiveBytes bounds an archive.
const MaxArchiveBytes = 16 << 20

// archiveJSON is a policy's files in one text: canonical JSON (RFC 8785) and a
// final newline.
type archiveJSON struct {
	Files  map[string]string `json:"files"`
	Format string            `json:"format"`
}

// Archive returns all files of the policy as one text, whose SHA-256 is the
// policy's digest. Notes are not in it.
func (p *Policy) Archive() []byte { return bytes.Clone(p.archive) }

// LoadArchive reads what [Policy.Archive] returned: whoever has the text and
// its digest has the rules that were in force.
func LoadArchive(b []byte) (*Policy, error) {
	if len(b) > MaxArchiveBytes {
		return nil, fmt.Errorf("%w: archive of %d bytes, the limit is %d", ErrPolicy, len(b), MaxArchiveBytes)
	}
	var in archiveJSON
	if err := json.Unmarshal(b, &in, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("%w: not an archive: %w", ErrPolicy, err)
	}
	if in.Format != ArchiveFormat {
		return nil, fmt.Errorf("%w: archive's format is not %s", ErrPolicy, ArchiveFormat)
	}
	files := make(map[string][]byte, len(in.Files))
	for name, text := range in.Files {
		if len(text) > MaxBytes {
			return nil, unusable(name, "larger than %d bytes", MaxBytes)
		}
		files[name] = []byte(text)
	}
	p, err := load(files)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(p.archive, b) {
		return nil, fmt.Errorf("%w: the archive is not canonical JSON with one final newline", ErrPolicy)
	}
	return p, nil
}

// archive writes the files. Text that is not UTF-8 has no form in JSON.
func archive(files map[string][]byte) ([]byte, error) {
	out := archiveJSON{Files: make(map[string]string, len(files)), Format: ArchiveFormat}
	for name, text := range files {
		out.Files[name] = string(text)
	}
	b, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("%w: a file is not text in UTF-8", ErrPolicy)
	}
	v := jsontext.Value(b)
	if err := v.Canonicalize(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPolicy, err)
	}
	if v = append(v, '\n'); len(v) > MaxArchiveBytes {
		return nil, fmt.Errorf("%w: %d bytes in all, the limit is %d", ErrPolicy, len(v), MaxArchiveBytes)
	}
	return v, nil
}
