package audit

import (
	"encoding/binary"
	"os"
)

// An index is a hash table on disk, with open addressing: slots of a key and of
// a number plus one. A key may have several numbers, and none is ever taken out.
type index struct {
	file        *os.File
	slots, used int64
}

const (
	slotBytes   = 16
	minSlots    = 1 << 16
	slotsAtOnce = 16 // read together
)

func newIndex(slots int64) (*index, error) {
	f, err := private()
	if err != nil {
		return nil, err
	}
	if err := f.Truncate(slots * slotBytes); err != nil {
		discard(f)
		return nil, err
	}
	return &index{file: f, slots: slots}, nil
}

// each calls do with the numbers of a key, and returns where its next one goes.
func (x *index) each(k key, do func(n int64) error) (free int64, err error) {
	var b [slotsAtOnce * slotBytes]byte
	for at := int64(k) & (x.slots - 1); ; {
		some := min(slotsAtOnce, x.slots-at)
		if _, err := x.file.ReadAt(b[:some*slotBytes], at*slotBytes); err != nil {
			return 0, err
		}
		for i := range some {
			slot := b[i*slotBytes:]
			n := int64(binary.BigEndian.Uint64(slot[8:]))
			if n == 0 {
				return at + i, nil
			}
			if do != nil && key(binary.BigEndian.Uint64(slot)) == k {
				if err := do(n - 1); err != nil {
					return 0, err
				}
			}
		}
		at = (at + some) & (x.slots - 1)
	}
}

func (x *index) insert(k key, n int64) error {
	if 2*x.used >= x.slots {
		if err := x.grow(); err != nil {
			return err
		}
	}
	free, err := x.each(k, nil)
	if err != nil {
		return err
	}
	var slot [slotBytes]byte
	binary.BigEndian.PutUint64(slot[:], uint64(k))
	binary.BigEndian.PutUint64(slot[8:], uint64(n)+1)
	x.used++
	_, err = x.file.WriteAt(slot[:], free*slotBytes)
	return err
}

// grow makes a larger table of the same.
func (x *index) grow() error {
	larger, err := newIndex(4 * x.slots)
	if err != nil {
		return err
	}
	b := make([]byte, minSlots)
	for at := int64(0); at < x.slots*slotBytes; at += int64(len(b)) {
		if _, err := x.file.ReadAt(b, at); err != nil {
			discard(larger.file)
			return err
		}
		for slot := b; len(slot) > 0; slot = slot[slotBytes:] {
			n := binary.BigEndian.Uint64(slot[8:])
			if n == 0 {
				continue
			}
			if err := larger.insert(key(binary.BigEndian.Uint64(slot)), int64(n-1)); err != nil {
				discard(larger.file)
				return err
			}
		}
	}
	discard(x.file)
	*x = *larger
	return nil
}
