package ledger_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writeVectors makes testdata/proof: for each way to fail a proof that is good
// but for that.
func writeVectors(t *testing.T, dir string) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	f := newFixture(t)
	const index, size = 7, 12
	path := f.path(index, 0, size)
	text := f.text(size)
	checkpoint := f.sign(t, text, f.log)
	good := proofText("7", path, checkpoint)
	cosigned := proofText("7", path, f.sign(t, text, f.log, 0, 1))
	witnesses := []string{f.witnessKey(0), f.witnessKey(1)}

	replace := func(s, old, new string) string {
		if strings.Count(s, old) < 1 {
			t.Fatalf("no %q to replace", old)
		}
		return strings.Replace(s, old, new, 1)
	}
	lines := strings.SplitAfter(good, "\n")
	firstHash, sigLine := lines[2], lines[len(lines)-2]
	// The last digit of 32 bytes in base64 has two bits that must be zero.
	loose := firstHash[:42] + string(rune(firstHash[42]+1)) + firstHash[43:]

	for name, v := range map[string]vector{
		"good":                 {expect: "ok", comment: "entry 7 of 12", proof: []byte(good)},
		"good-first":           {expect: "ok", comment: "entry 0 of 12", entry: "statement 0", proof: []byte(proofText("0", f.path(0, 0, size), checkpoint))},
		"good-last":            {expect: "ok", comment: "entry 11 of 12", entry: "statement 11", proof: []byte(proofText("11", f.path(11, 0, size), checkpoint))},
		"good-only":            {expect: "ok", comment: "the only entry has no hashes", entry: "statement 0", proof: []byte(proofText("0", nil, f.sign(t, f.text(1), f.log)))},
		"good-cosigned":        {expect: "ok", comment: "both witnesses have cosigned", quorum: 2, witnesses: witnesses, proof: []byte(cosigned)},
		"good-one-of-two":      {expect: "ok", comment: "one has, and one is enough", quorum: 1, witnesses: witnesses, proof: []byte(proofText("7", path, f.sign(t, text, f.log, 1)))},
		"good-unknown-witness": {expect: "ok", comment: "signatures of unknown keys are ignored", proof: []byte(cosigned)},

		"empty":               {expect: "proof malformed", comment: "nothing", proof: nil},
		"header":              {expect: "proof malformed", comment: "another version", proof: []byte(replace(good, "@v1", "@v2"))},
		"header-missing":      {expect: "proof malformed", comment: "no first line", proof: []byte(strings.Join(lines[1:], ""))},
		"extra":               {expect: "proof malformed", comment: "the format's extra line is not used", proof: []byte(replace(good, "index", "extra YWJj\nindex"))},
		"crlf":                {expect: "proof malformed", comment: "lines end in CR LF", proof: []byte(strings.ReplaceAll(good, "\n", "\r\n"))},
		"cr-in-one-line":      {expect: "proof malformed", comment: "one line ends in CR LF", proof: []byte(replace(good, "index 7", "index 7\r"))},
		"unfinished":          {expect: "proof malformed", comment: "the last line has no end", proof: []byte(strings.TrimSuffix(good, "\n"))},
		"index-missing":       {expect: "proof malformed", comment: "no index", proof: []byte(replace(good, "index 7\n", ""))},
		"index-negative":      {expect: "proof malformed", comment: "index -7", proof: []byte(replace(good, "index 7", "index -7"))},
		"index-plus":          {expect: "proof malformed", comment: "index +7", proof: []byte(replace(good, "index 7", "index +7"))},
		"index-zeros":         {expect: "proof malformed", comment: "index 07", proof: []byte(replace(good, "index 7", "index 07"))},
		"index-huge":          {expect: "proof malformed", comment: "index 2^64", proof: []byte(replace(good, "index 7", "index 18446744073709551616"))},
		"hash-short":          {expect: "proof malformed", comment: "a hash of 31 bytes", proof: []byte(replace(good, firstHash, firstHash[:40]+"AA==\n"))},
		"hash-loose":          {expect: "proof malformed", comment: "base64 with spare bits set", proof: []byte(replace(good, firstHash, loose))},
		"hash-not-base64":     {expect: "proof malformed", comment: "a hash in another alphabet", proof: []byte(replace(good, firstHash, strings.Repeat("-", 43)+"=\n"))},
		"hashes-many":         {expect: "proof malformed", comment: "64 hashes", proof: []byte(replace(good, firstHash, strings.Repeat(firstHash, 64-len(path)+1)))},
		"index-beyond":        {expect: "not included", comment: "index 12 of 12", proof: []byte(replace(good, "index 7", "index 12"))},
		"index-most":          {expect: "not included", comment: "index 2^64-1", proof: []byte(replace(good, "index 7", "index 18446744073709551615"))},
		"index-other":         {expect: "not included", comment: "another entry's index", proof: []byte(replace(good, "index 7", "index 6"))},
		"hash-other":          {expect: "not included", comment: "another hash in the path", proof: []byte(replace(good, firstHash, lines[3]))},
		"hash-missing":        {expect: "not included", comment: "a hash too few", proof: []byte(replace(good, firstHash, ""))},
		"hash-surplus":        {expect: "not included", comment: "a hash too many", proof: []byte(replace(good, firstHash, firstHash+firstHash))},
		"entry-other":         {expect: "not included", comment: "another entry", entry: "statement 8", proof: []byte(good)},
		"entry-longer":        {expect: "not included", comment: "the entry and a space", entry: "statement 7 ", proof: []byte(good)},
		"entry-of-node":       {expect: "not included", comment: "a leaf is not an inner node: its path is one shorter", proof: []byte(proofText("3", path[1:], checkpoint))},
		"checkpoint-missing":  {expect: "checkpoint malformed", comment: "nothing after the path", proof: []byte(proofText("7", path, ""))},
		"checkpoint-unsigned": {expect: "checkpoint malformed", comment: "no signature lines", proof: []byte(proofText("7", path, text+"\n"))},
		"checkpoint-extended": {expect: "checkpoint malformed", comment: "a line after the root", proof: []byte(proofText("7", path, f.sign(t, text+"more\n", f.log)))},
		"checkpoint-zeros":    {expect: "checkpoint malformed", comment: "size 012", proof: []byte(proofText("7", path, f.sign(t, replace(text, "\n12\n", "\n012\n"), f.log)))},
		"checkpoint-no-root":  {expect: "checkpoint malformed", comment: "two lines", proof: []byte(proofText("7", path, f.sign(t, origin+"\n12\n", f.log)))},
		"checkpoint-short":    {expect: "checkpoint malformed", comment: "a root of 31 bytes", proof: []byte(proofText("7", path, f.sign(t, origin+"\n12\n"+strings.Repeat("A", 40)+"AA==\n", f.log)))},
		"checkpoint-huge":     {expect: "checkpoint malformed", comment: "size 2^40+1", proof: []byte(proofText("7", path, f.sign(t, replace(text, "\n12\n", "\n1099511627777\n"), f.log)))},
		"checkpoint-empty":    {expect: "checkpoint malformed", comment: "size 0 with a root", proof: []byte(proofText("7", path, f.sign(t, replace(text, "\n12\n", "\n0\n"), f.log)))},
		"checkpoint-trailing": {expect: "checkpoint malformed", comment: "an empty line at the end", proof: []byte(good + "\n")},
		"origin":              {expect: "another ledger", comment: "the same key signs for another origin", proof: []byte(proofText("7", path, f.sign(t, replace(text, origin, "ledger.example/other"), f.log)))},
		"stranger":            {expect: "not signed", comment: "another key of the same name", proof: []byte(proofText("7", path, f.sign(t, text, f.stranger)))},
		"size-changed":        {expect: "not signed", comment: "size 13", proof: []byte(replace(good, "\n12\n", "\n13\n"))},
		"signature-changed":   {expect: "not signed", comment: "one bit of the signature", proof: []byte(replace(good, sigLine[len(sigLine)-10:], flip(sigLine[len(sigLine)-10:])))},
		"cosigned-only":       {expect: "not signed", comment: "a witness's cosignature is not the ledger's signature", quorum: 1, witnesses: witnesses, proof: []byte(replace(cosigned, sigLine, ""))},
		"witness-missing":     {expect: "too few witnesses", comment: "none has cosigned", quorum: 1, witnesses: witnesses, proof: []byte(good)},
		"witness-one-of-two":  {expect: "too few witnesses", comment: "one has, two must", quorum: 2, witnesses: witnesses, proof: []byte(proofText("7", path, f.sign(t, text, f.log, 1)))},
		"witness-twice":       {expect: "too few witnesses", comment: "one has twice, two must", quorum: 2, witnesses: witnesses, proof: []byte(proofText("7", path, f.sign(t, text, f.log, 1, 1)))},
		"witness-wrong":       {expect: "too few witnesses", comment: "a cosignature of another checkpoint", quorum: 1, witnesses: witnesses, proof: []byte(proofText("7", path, checkpoint+cosignature(f.sign(t, f.text(11), f.log, 0))))},
	} {
		v.key = f.log.Public()
		if v.entry == "" {
			v.entry = "statement 7"
		}
		if err := os.WriteFile(filepath.Join(dir, name+".txt"), v.marshal(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// flip changes the first digit of some base64.
func flip(s string) string {
	if s[0] == 'A' {
		return "B" + s[1:]
	}
	return "A" + s[1:]
}

// cosignature returns the last line of a checkpoint.
func cosignature(checkpoint string) string {
	lines := strings.SplitAfter(checkpoint, "\n")
	return lines[len(lines)-2]
}
