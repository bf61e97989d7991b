// Package ledger keeps an append-only log of signed statements that nobody,
// its keeper included, can quietly rewrite, and proves to others what stands
// in it.
//
// A ledger is a transparency log as c2sp.org/tlog-tiles has it: a folder (or
// its copy behind a URL) of entries, of the tiles of a Merkle tree over them
// (RFC 6962), and of a checkpoint, a note signed by the ledger's own key that
// commits to all of it. A [Proof] (c2sp.org/tlog-proof) shows to anyone who
// pins that key, offline, that an entry stands in the ledger; a [Policy] of
// witnesses (c2sp.org/tlog-witness) makes it impossible to show two people two
// different ledgers.
//
// What the package promises:
//
//   - [Log.Append] returns a proof only when the entry is durable, integrated
//     and covered by a published checkpoint that the witnesses have cosigned.
//     The same bytes are one entry, however often they are appended.
//   - Whatever a [View] yields has been hashed up to its checkpoint's root;
//     whoever serves the tiles is not believed.
//   - Everything that is fetched has a size limit, everything that waits a
//     deadline.
//
// Reading and checking build everywhere. Appending needs the locks of a POSIX
// file system on a local disk; elsewhere [Open] and [Init] say so.
package ledger

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Limits. Larger is refused, whoever says it.
const (
	MaxEntryBytes      = 1<<16 - 1 // of an entry; the format has 16 bits for it
	MaxCheckpointBytes = 64 << 10
	MaxProofBytes      = 128 << 10
	MaxTextBytes       = 16 << 20 // of a text kept beside the log
	MaxWitnesses       = 32

	maxSize        = 1 << 40 // entries of a ledger
	tileHeight     = 8
	tileWidth      = 1 << tileHeight
	maxBundleBytes = tileWidth * (2 + MaxEntryBytes)
)

// What can be wrong. Each wraps ErrLedger.
var (
	ErrLedger = errors.New("ledger")

	ErrKey         = fmt.Errorf("%w: not a usable key", ErrLedger)
	ErrPolicy      = fmt.Errorf("%w: not a usable witness policy", ErrLedger)
	ErrEntrySize   = fmt.Errorf("%w: an entry has 1 to %d bytes", ErrLedger, MaxEntryBytes)
	ErrNotFound    = fmt.Errorf("%w: no such entry", ErrLedger)
	ErrRange       = fmt.Errorf("%w: index is not in the ledger", ErrLedger)
	ErrMissing     = fmt.Errorf("%w: there is none", ErrLedger)
	ErrExists      = fmt.Errorf("%w: there is one already", ErrLedger)
	ErrOpen        = fmt.Errorf("%w: open already in this process", ErrLedger)
	ErrClosed      = fmt.Errorf("%w: closed", ErrLedger)
	ErrUnsupported = fmt.Errorf("%w: appending needs a POSIX system", ErrLedger)
	ErrFetch       = fmt.Errorf("%w: cannot be read", ErrLedger)

	// ErrDeadline says that the work was not done in time. Whether the entry
	// is in the ledger is not known: append it again to find out.
	ErrDeadline = fmt.Errorf("%w: deadline passed", ErrLedger)
	// ErrUnwitnessed says that the entry is in the tree, but that the
	// witnesses have not cosigned it in time: append it again later.
	ErrUnwitnessed = fmt.Errorf("%w: witnesses have not cosigned", ErrDeadline)
)

// Why a checkpoint, a ledger or a proof is not believed. Each wraps
// ErrUntrusted, which wraps ErrLedger.
var (
	ErrUntrusted = fmt.Errorf("%w: does not verify", ErrLedger)

	ErrCheckpoint = fmt.Errorf("%w: checkpoint is malformed", ErrUntrusted)
	ErrSignature  = fmt.Errorf("%w: checkpoint is not signed by the pinned key", ErrUntrusted)
	ErrOrigin     = fmt.Errorf("%w: checkpoint is of another ledger", ErrUntrusted)
	ErrWitness    = fmt.Errorf("%w: too few witnesses have cosigned", ErrUntrusted)
	ErrCorrupt    = fmt.Errorf("%w: content does not hash to the checkpoint", ErrUntrusted)
	ErrRolledBack = fmt.Errorf("%w: entries that were there are gone", ErrUntrusted)
	ErrForked     = fmt.Errorf("%w: history was rewritten", ErrUntrusted)
	ErrProof      = fmt.Errorf("%w: proof is malformed", ErrUntrusted)
	ErrInclusion  = fmt.Errorf("%w: proof is not for this entry in this ledger", ErrUntrusted)
)

// A Hash is a node of the tree, or its root. It prints as base64.
type Hash = tlog.Hash

// Leaf returns the hash by which an entry stands in the tree (RFC 6962,
// section 2.1).
func Leaf(entry []byte) Hash { return tlog.RecordHash(entry) }

// emptyRoot is the root of a tree without entries: "The hash of an empty list
// is the hash of an empty string" (RFC 6962, section 2.1).
var emptyRoot = Hash(sha256.Sum256(nil))

func checkEntry(entry []byte) error {
	if len(entry) == 0 || len(entry) > MaxEntryBytes {
		return fmt.Errorf("%w, this one has %d", ErrEntrySize, len(entry))
	}
	return nil
}
