package commit

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
)

// What it would cost to commit to each field instead of each record, so that
// chosen fields could be disclosed: docs/decisions/0008-whole-records.md has
// the figures, and why it is not done. Of a record with n fields, that is n
// salted hashes over the fields and one over those, instead of one.
func BenchmarkFieldsOrRecords(b *testing.B) {
	for _, kind := range []struct {
		name   string
		fields []int // bytes of each value
	}{
		{"sign-in", []int{20, 12, 4, 13, 5, 40}},
		{"wide", []int{20, 8, 8, 8, 12, 12, 16, 16, 20, 20, 24, 24, 30, 30, 6, 6, 6, 4, 4, 4}},
		{"message", []int{20, 24, 24, 60, 4000}},
	} {
		record := []byte("{")
		var members []int // where each ends
		for i, n := range kind.fields {
			record = fmt.Appendf(record, `"field_%02d":"%s",`, i, strings.Repeat("x", n))
			members = append(members, len(record)-1)
		}
		record[len(record)-1] = '}'
		record = append(record, '\n')
		const count = 4096
		records, ends := bytes.Repeat(record, count), make([]int, count)
		for i := range ends {
			ends[i] = (i + 1) * len(record)
		}
		s := salts(b, fixed, "sign-ins")
		b.Run("records/"+kind.name, func(b *testing.B) {
			b.SetBytes(int64(len(records)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Leaves(0, records, ends); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("fields/"+kind.name, func(b *testing.B) {
			b.SetBytes(int64(len(records)))
			b.ReportAllocs()
			n := len(kind.fields)
			salts := make([]byte, count*n*SaltBytes)
			hashes := make([]byte, count*sha256.Size)
			field, level := make([]byte, 0, len(record)+1+SaltBytes), make([]byte, 0, 1+n*sha256.Size)
			nodes := newHasher()
			for b.Loop() {
				s.fill(salts, 0)
				for i := range count {
					level = append(level[:0], 2)
					begin := 1
					for j, end := range members {
						salt := (i*n + j) * SaltBytes
						field = append(append(field[:0], leafPrefix), salts[salt:salt+SaltBytes]...)
						field = append(field, records[i*len(record)+begin:i*len(record)+end]...)
						h := sha256.Sum256(field)
						level = append(level, h[:]...)
						begin = end + 1
					}
					h := sha256.Sum256(level)
					copy(hashes[i*sha256.Size:], h[:])
				}
				nodes.fold(0, hashes)
			}
		})
	}
}
