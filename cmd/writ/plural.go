package main

import (
	"fmt"
	"strings"
)

// plural is so many things in words: 1 record, 2 records, 0 entries.
func plural[N int | int64 | uint64](n N, thing string) string {
	if n != 1 {
		if stem, ok := strings.CutSuffix(thing, "y"); ok {
			thing = stem + "ie"
		}
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}
